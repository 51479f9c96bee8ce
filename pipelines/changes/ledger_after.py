"""What the long tables of the ledger hold once a change set is written: worked out, not read again."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.schema.tables import key_of
from pipelines.changes.differences import touches, without
from pipelines.changes.interface import ChangeSet, TableChanges
from pipelines.database.columns import sorted_by_key
from pipelines.ledger import BETWEEN, COMPARED, Ledger
from pipelines.ledger_cache import LONG

_JOINED = "compared"


def ledger_after(ledger: Ledger, changes: ChangeSet) -> dict[str, pa.Table]:
    """The tables LONG of the ledger after the change set, which was computed against the ledger."""
    found = {}
    for name, target in LONG.items():
        before: pa.Table = getattr(ledger, name)
        part = changes.tables.get(target.name)
        found[name] = before if part is None else _after(before, part)
    return found


def _after(before: pa.Table, part: TableChanges) -> pa.Table:
    key = key_of(part.table)
    touched = pa.chunked_array([*part.updates[key].chunks, *part.deletes[key].chunks], pa.string())
    rest = without(before, key, touched)
    old = before.take(pc.index_in(part.updates[key], before[key].combine_chunks()))
    updated = _updated(_wide(old), part)
    fresh = [updated, part.creates.select(updated.column_names)]
    tables = [rest, *(_narrow(rows, before.schema) for rows in fresh)]
    return sorted_by_key(part.table, pa.concat_tables(tables))


def _updated(old: pa.Table, part: TableChanges) -> pa.Table:
    """The rows to update, in the order of the updates, with the columns in the masks as they are then."""
    key, columns = key_of(part.table), dict[str, pa.ChunkedArray]()
    for name in old.column_names:
        columns[name] = old[name]
        if name != key:
            changed = touches(part.updates, part.table, name)
            columns[name] = pc.if_else(changed, part.updates[f"new.{name}"], old[name])
    return pa.table(columns)


def _wide(rows: pa.Table) -> pa.Table:
    """Rows with the columns that the ledger holds as one text each by itself."""
    if _JOINED not in rows.column_names:
        return rows
    split = pc.split_pattern(rows[_JOINED], BETWEEN)
    columns = {name: rows[name] for name in rows.column_names if name != _JOINED}
    return pa.table(columns | {name: pc.list_element(split, at) for at, name in enumerate(COMPARED)})


def _narrow(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows as the ledger holds them."""
    if _JOINED in schema.names:
        texts = [pc.fill_null(rows[name], "") for name in COMPARED]
        rows = rows.append_column(_JOINED, pc.binary_join_element_wise(*texts, BETWEEN))
    return rows.select(schema.names).cast(schema)
