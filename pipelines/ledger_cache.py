"""The long tables of the ledger in a run folder of the workspace: no sync reads them from the database again.

A cache like everything there. It is believed while the database has seen the loads and erasures it was kept
after and none beside, and has as many rows; decisions, trained models and corrections leave these tables as
they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_profile, mig_source_record, mig_xref

LONG: Final = {"records": mig_source_record, "xref": mig_xref, "profiles": mig_profile}
"""The tables by their names in the ledger."""
_FILES: Final = "ledger_{}.arrow"
_AFTER: Final = b"after"
"""Where the schema of a file holds the state of the database it was kept in."""


def keep(tables: Mapping[str, pa.Table], state: str, folder: Path) -> None:
    """Put the tables, as they are in a database of this state, into a run folder: all of them or none.

    Raises OSError where there is no room.
    """
    after = json.dumps(_loads(state))
    _forget(folder)
    try:
        for name, table in tables.items():
            _write(table.replace_schema_metadata({_AFTER: after}), folder / _FILES.format(name))
    except OSError:
        _forget(folder)
        raise


def _forget(folder: Path) -> None:
    for name in LONG:  # a file may be shared with an earlier folder: nothing shared is written on
        (folder / _FILES.format(name)).unlink(missing_ok=True)


def _write(table: pa.Table, path: Path) -> None:
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)


def kept(folder: Path, state: str, connection: sa.Connection) -> dict[str, pa.Table] | None:
    """The tables out of the folder of the newest run; None where the database may hold something else."""
    paths = {name: folder / _FILES.format(name) for name in LONG}
    if not all(path.is_file() for path in paths.values()):
        return None
    found = {name: _read(path) for name, path in paths.items()}
    after = json.dumps(_loads(state)).encode()
    if any((table.schema.metadata or {}).get(_AFTER) != after for table in found.values()):
        return None
    stand = {name: connection.scalar(sa.select(sa.func.count()).select_from(t)) for name, t in LONG.items()}
    if any(len(table) != stand[name] for name, table in found.items()):
        return None
    return {name: table.replace_schema_metadata(None) for name, table in found.items()}


def _read(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _loads(state: str) -> list[str]:
    """Of the state of a database what these tables depend on: its loads and its erasures."""
    loads, *others = state.split("/")
    return [loads, *others[3:]]
