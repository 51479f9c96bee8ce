"""Profiles: everything last written for a customer as one JSON text, and a hash of it.

``{table: {row id: {column: value}}}`` with sorted keys and without NULLs; the key column and the column
that names the customer are left out, because the place in the profile says them. The hash covers the rows of
the profile and the winners; it is made of the rows themselves, without the text. Two profiles are compared
by hash, and only those that differ are folded into text or taken apart again.

Customers are folded in ranges of ids, so that memory holds the profiles of one range at a time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.schema.tables import PROFILE_TABLES, arrow_schema, key_of, owner_of
from pipelines.database.columns import engine, gathered, object_sql, quoted, sort

RANGE: Final = 100_000
"""Customers whose profiles are in memory at once."""
PROFILES: Final = arrow_schema("mig_profile")


def profile_hashes(golden: Mapping[str, pa.Table], winners: pa.Table) -> pa.Table:
    """``customer_id, hash`` of every customer, sorted by id.

    The hash is the exclusive or of the MD5 of each row, so it needs neither an order of rows nor their fold
    into JSON, which took most of the time of a run without news. No two rows are equal (each holds its table
    and key), so none cancels another out.
    """
    tables = {name: (golden[name], owner_of(name)) for name in PROFILE_TABLES}
    tables["winner"] = (winners, "customer_id")
    parts = [
        f"SELECT {quoted(owner)} AS customer_id, md5_number({_row_sql(name, rows.schema)}) AS part "
        f"FROM {name}_rows"
        for name, (rows, owner) in sorted(tables.items())
    ]
    with engine(**{f"{name}_rows": rows for name, (rows, _) in tables.items()}) as con:
        return con.sql(
            "SELECT customer_id, lpad(lower(hex(bit_xor(part))), 32, '0') AS hash "
            f"FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL ORDER BY customer_id"
        ).to_arrow_table()


def _row_sql(table: str, schema: pa.Schema) -> str:
    """DuckDB expression: a row as text that no other row has: values behind their lengths, NULL left out."""
    texts = [quoted(field.name) + ("" if pa.types.is_string(field.type) else "::VARCHAR") for field in schema]
    values = ", ".join(f"strlen({text}), ':', {text}, ','" for text in texts)
    return f"concat('{table},', {values})"  # concat leaves NULL out


def profile_rows(golden: Mapping[str, pa.Table], winners: pa.Table, *, file: Path | None = None) -> pa.Table:
    """Rows of ``mig_profile`` for every customer, sorted by id; kept in `file` when there is one."""
    return gathered(_ranges(golden, winners), PROFILES, file)


def _ranges(golden: Mapping[str, pa.Table], winners: pa.Table) -> Iterator[pa.Table]:
    """Profiles, range by range. `golden` is canonical, its customers are those that get a profile."""
    customers = golden["customer"]["id"]
    hashed = profile_hashes(golden, winners)
    members = {f'"{name}":': _by_owner(name, golden[name]) for name in sorted(PROFILE_TABLES)}
    won = _in_order(winners, ["customer_id", "field"])
    for start in range(0, len(customers), RANGE):
        ids = customers.slice(start, RANGE).combine_chunks()
        texts = {
            label: _of_customers(_between(rows, owner, ids), owner, member, ids)
            for label, (rows, owner, member) in members.items()
        }
        own = _of_customers(_between(won, "customer_id", ids), "customer_id", _winner_sql(winners), ids)
        found = hashed["hash"].take(pc.index_in(ids, hashed["customer_id"].combine_chunks()))
        yield pa.table([ids, _folded(texts), own, found], schema=PROFILES)


def _by_owner(table: str, rows: pa.Table) -> tuple[pa.Table, str, str]:
    """Rows sorted by owner and key, the owner's column, and the expression of a member of the profile."""
    key, owner = key_of(table), owner_of(table)
    fields = [field for field in arrow_schema(table) if field.name not in (key, owner)]
    member = f"'\"' || {quoted(key)} || '\":' || {object_sql(fields)}"
    return (rows if key == owner else sort(rows, [owner, key])), owner, member


def _winner_sql(winners: pa.Table) -> str:
    fields = [field for field in winners.schema if field.name not in ("customer_id", "field")]
    return f"to_json(field)::VARCHAR || ':' || {object_sql(fields)}"


def _in_order(rows: pa.Table, by: Sequence[str]) -> pa.Table:
    """Rows sorted by these columns; not copied when they are already."""
    pair = pc.binary_join_element_wise(*(rows[name] for name in by), chr(0))
    in_order = len(rows) < 2 or pc.all(pc.less_equal(pair[:-1], pair[1:])).as_py()
    return rows if in_order else sort(rows, by)


def _between(rows: pa.Table, owner: str, ids: pa.Array) -> pa.Table:
    """The rows of these customers out of rows sorted by owner."""
    owners = rows[owner]
    first = bisect_left(range(len(owners)), ids[0].as_py(), key=lambda i: owners[i].as_py())
    last = bisect_right(range(len(owners)), ids[-1].as_py(), key=lambda i: owners[i].as_py())
    return rows.slice(first, last - first)


def _of_customers(rows: pa.Table, owner: str, member: str, ids: pa.Array) -> pa.Array:
    """Members joined into one JSON object for each customer, NULL for a customer without any."""
    if len(rows) == 0:
        return pa.nulls(len(ids), pa.string())
    with engine(rows=rows) as con:
        members = con.sql(f"SELECT {member} AS member FROM rows").to_arrow_table()["member"].combine_chunks()
    owners = rows[owner].combine_chunks()
    changed = pc.not_equal(owners[1:], owners[:-1]).to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.r_[True, changed])
    offsets = pa.array(np.r_[starts, len(owners)].astype(np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, members), ",")
    objects = pc.binary_join_element_wise("{", joined, "}", "")
    return objects.take(pc.index_in(ids, owners.take(pa.array(starts))))


def _folded(texts: Mapping[str, pa.Array]) -> pa.Array:
    """The objects of all tables as one; a table without rows is left out.

    Nulls are filled by hand: Arrow's own skipping of them loses rows in which all are null (pyarrow 26).
    """
    named = [
        pc.fill_null(pc.binary_join_element_wise(",", name, text, ""), "") for name, text in texts.items()
    ]
    inside = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*named, ""), 1)
    return pc.binary_join_element_wise("{", inside, "}", "")


def unfolded(profiles: pa.Table) -> dict[str, pa.Table]:
    """The rows of every table that stand in these profiles, canonical, in no order."""
    if len(profiles) == 0:
        return {name: arrow_schema(name).empty_table() for name in PROFILE_TABLES}
    with engine(profiles=profiles) as con:
        return {
            name: con.sql(_unfold_sql(name))
            .to_arrow_table()
            .select(arrow_schema(name).names)
            .cast(arrow_schema(name))
            for name in PROFILE_TABLES
        }


def _unfold_sql(table: str) -> str:
    key, owner = key_of(table), owner_of(table)
    fields = [field for field in arrow_schema(table) if field.name not in (key, owner)]
    shape = ", ".join(f'"{field.name}": "{_json_type(field)}"' for field in fields)
    values = ", ".join(f"r.{quoted(field.name)} AS {quoted(field.name)}" for field in fields)
    named = (
        f"customer_id AS {quoted(owner)}"
        if key == owner
        else (f"id AS {quoted(key)}, customer_id AS {quoted(owner)}")
    )
    return f"""
        SELECT {named}, {values} FROM (
            SELECT customer_id, e.key AS id, from_json(e.value, '{{{shape}}}') AS r FROM (
                SELECT customer_id, unnest(map_entries(
                    from_json(profile, '{{"{table}": "MAP(VARCHAR, JSON)"}}').{quoted(table)})) AS e
                FROM profiles
            )
        )"""


def _json_type(field: pa.Field) -> str:
    if pa.types.is_boolean(field.type):
        return "BOOLEAN"
    return "BIGINT" if pa.types.is_integer(field.type) else "VARCHAR"
