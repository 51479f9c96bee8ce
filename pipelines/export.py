"""The CRM as CSV files, one a table: byte for byte the same for the same content, on every database.

UTF-8, LF, columns in the order of the schema, rows sorted by key in code point order, no load stamps. NULL
is the empty field; empty text, which a person may have entered, counts as NULL. Times are ISO text in UTC,
flags ``true`` and ``false``, money whole minor units. Fields are quoted where CSV needs it.

The files are for systems, so values are exact: text that begins with ``=``, ``+``, ``-`` or ``@`` is
written as it is. A spreadsheet would take it for a formula; import such columns as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Progress, Silent
from crm_unify.schema.tables import CRM_TABLES, TABLES, arrow_schema, key_of
from crm_unify.schema.target import reachable
from crm_unify.schema.views import customer_xref
from pipelines.database.columns import engine as duckdb_engine
from pipelines.database.columns import quoted, texts
from pipelines.database.read import fetch
from pipelines.finished import put_in_place

XREF_KEY: Final = ("system", "entity", "key", "part")
"""What the rows of ``customer_xref`` are sorted by; no two rows are equal in it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that was written."""

    table: str
    path: Path
    rows: int


def export(engine: sa.Engine, out: Path, *, progress: Progress | None = None) -> tuple[Exported, ...]:
    """Write every CRM table and the view ``customer_xref`` into the folder `out`, which may be new.

    A file appears under its name only when it is complete. Raises Unreachable when the database does not
    answer, UsageError when the folder cannot be written.
    """
    _make_folder(out)
    files = []
    with reachable(engine), engine.connect() as connection:
        queries = {name: sa.select(*_columns(name)) for name in CRM_TABLES}
        queries["customer_xref"] = sa.select(customer_xref)
        with (progress or Silent()).stage("export", len(queries)) as stage:
            for name, query in queries.items():
                rows = fetch(connection, query)
                key = XREF_KEY if name == "customer_xref" else (key_of(name),)
                write_csv(rows, out / f"{name}.csv", key=key)
                files.append(Exported(name, out / f"{name}.csv", len(rows)))
                stage.advance()
    return tuple(files)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "name a folder that can be written with --out"
        raise UsageError(
            "the export folder cannot be made", str(out), why=str(error), remedy=remedy
        ) from error


def _columns(table: str) -> list[sa.Column[Any]]:
    return [TABLES[table].columns[name] for name in arrow_schema(table).names]


def write_csv(rows: pa.Table, path: Path, *, key: Sequence[str]) -> None:
    """Write rows in the order of their key, under another name first."""
    exact = pa.table(
        [texts(c) if pa.types.is_string(c.type) else c for c in rows.columns], names=rows.column_names
    )
    unfinished = path.with_suffix(".csv.part")
    order = ", ".join(map(quoted, key))
    target = str(unfinished).replace("'", "''")
    with duckdb_engine(rows=exact) as con:
        con.execute(
            f"COPY (SELECT * FROM rows ORDER BY {order}) TO '{target}' "
            "(FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '')"
        )
    put_in_place(unfinished, path)
