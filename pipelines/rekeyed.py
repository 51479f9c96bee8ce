"""Records whose row has another key than before, as the database remembers them and as they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.ids import crm_ids
from crm_unify.records import PARTIES
from crm_unify.schema.tables import arrow_schema
from pipelines.database.columns import engine, hashes, quoted
from pipelines.interpret.names import NAMES

PAIRED, APART, OPEN = "paired", "apart", "open"
REKEYED: Final = arrow_schema("mig_rekey")
PREFIX: Final = "RK"
FIRST_KEY: Final = "its first key"
LIVES_ON: Final = "the record of this key lives on under another one"
_BETWEEN: Final = chr(31)


def names_of(*rekeyed: pa.Table) -> pa.Table:
    """NAMES out of rows of ``mig_rekey``; of two rows of one id the later table counts."""
    found: dict[str, str] = {}
    for table in rekeyed:
        settled = table.filter(pc.not_equal(table["state"], OPEN))
        found |= dict(zip(settled["new_id"].to_pylist(), settled["record_id"].to_pylist(), strict=True))
    ids = sorted(found)
    columns = [pa.array(ids, pa.string()), pa.array([found[one] for one in ids], pa.string())]
    return pa.table(columns, schema=NAMES)


def key_ids(records: pa.Table) -> pa.ChunkedArray:
    """The record ids that the keys of these records make now."""
    start = pc.binary_join_element_wise(records["system"], ".", records["entity"], ":", records["key"], "")
    return pc.binary_join_element_wise(start, records["part"], "#")


def rekey_rows(records: pa.Table, record_ids: pa.ChunkedArray, *, state: str, how: pa.Array) -> pa.Table:
    """Rows of ``mig_rekey``: the keys of `records` stand for these record ids."""
    new_ids = key_ids(records)
    named = new_ids
    if state == OPEN:  # one key may be open towards several records
        named = pc.binary_join_element_wise(new_ids, record_ids, _BETWEEN)
    columns = {
        "id": crm_ids(PREFIX, pa.chunked_array(named.chunks, pa.string()).combine_chunks()),
        "new_id": new_ids,
        "record_id": record_ids,
        "state": pa.repeat(pa.scalar(state), len(records)),
        "how": how,
        **{name: records[name] for name in ("system", "entity", "key", "part")},
    }
    return pa.table([columns[name] for name in REKEYED.names], schema=REKEYED)


def candidates(records: pa.Table, key_columns: Mapping[str, Sequence[str]]) -> pa.Table:
    """Records as :data:`matching.rekey.CANDIDATES`; `key_columns` are those of the maps with a declared key.

    `records` are RECORDS, or rows of ``mig_source_record``.
    """
    keys = pa.table(
        {
            "map": pa.array(list(key_columns), pa.string()),
            "keys": pa.array([list(columns) for columns in key_columns.values()], pa.list_(pa.string())),
        }
    )
    told = records.select(["record_id", "map", "kind", "part", "key", "row_hash", "raw", "claims"])
    told = told.append_column("claims_hash", hashes(records["claims"]))
    with engine(told=told, keys=keys) as con:
        return con.sql(_CANDIDATES).to_arrow_table()


_OWN: Final = " ".join(f"WHEN '{kind}' THEN claims->>'$.{kind}'" for kind in PARTIES)
_CANDIDATES: Final = f"""
WITH rests AS (
    SELECT told.*, list_filter(map_entries(from_json(raw, '"MAP(VARCHAR, VARCHAR)"')),
                               lambda cell: NOT list_contains(keys.keys, cell.key)) AS cells
    FROM told LEFT JOIN keys USING ({quoted("map")})
)
SELECT record_id, {quoted("map")}, kind, part, key, row_hash, claims_hash,
       CASE WHEN len(cells) > 0 THEN concat(CASE kind {_OWN} ELSE '' END, to_json(cells)::VARCHAR) END AS rest
FROM rests ORDER BY record_id
"""
"""What a record says of itself and the cells of its row besides the key; NULL where the key is content."""


def apart_rows(records: pa.Table, known: pa.Table) -> pa.Table:
    """Rows of ``mig_rekey`` that part records of one id, where a row bears a key that another has given up.

    `records` are RECORDS of a snapshot, sorted by id, `known` those of the ledger. The row with the key that
    the record had last keeps the id.
    """
    ids = records["record_id"]  # sorted
    several = pc.unique(ids.slice(1).filter(pc.equal(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1))))
    if len(several) == 0:
        return REKEYED.empty_table()
    shared = records.filter(pc.is_in(records["record_id"], several))
    last = known.filter(pc.is_in(known["record_id"], several))
    keys = dict(zip(last["record_id"].to_pylist(), last["key"].to_pylist(), strict=True))
    taken = set(known["record_id"].to_pylist()) | set(records["record_id"].to_pylist())
    rows = (shared[name].to_pylist() for name in ("record_id", "key"))
    order = sorted(
        (record, key != keys.get(record), made, place)
        for place, (record, key, made) in enumerate(zip(*rows, key_ids(shared).to_pylist(), strict=True))
    )
    places, ids = [], []
    for (before, *_), (record, _, made, place) in pairwise(order):
        if record == before:
            places.append(place)
            ids.append(_free(made, taken))
            taken.add(ids[-1])
    rows_apart = shared.take(pa.array(places, pa.int64()))
    how = pa.repeat(pa.scalar(LIVES_ON), len(ids))
    return rekey_rows(rows_apart, pa.chunked_array([pa.array(ids, pa.string())]), state=APART, how=how)


def _free(made: str, taken: set[str]) -> str:
    """This id, or the first of its kind that no record has; an ordinal follows a second mark."""
    ordinal, found = 2, made
    while found in taken:
        found, ordinal = f"{made}#{ordinal}", ordinal + 1
    return found
