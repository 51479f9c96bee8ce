"""Write policies: how a value that the sources say is written over what the CRM holds.

``if_source_changed`` needs nothing here: a change set is the difference to what was last written. ``never``
and ``if_empty`` leave a row's value as it was last written, ``if_newer`` does where the record that wins was
not changed at its source since the one that won last; ``always`` takes what a person wrote for what was last
written, so that it differs. A new row is written whole whatever the policy. Consent is append-only, and its
view the most restrictive: that is the one policy it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.tables import TABLES, key_of, owner_of
from pipelines.changes.differences import only
from pipelines.changes.said import DETAILS, GOVERNED, Policies
from pipelines.database.columns import engine, quoted, sorted_by_key
from pipelines.database.read import fetch, matching

_LEADS: Final = ("full_name", "name")
"""Fields whose winner is that of their parts too."""
Winners = dict[tuple[str, str], str]
"""Record that won, by customer and field."""


@dataclass(frozen=True, slots=True)
class Dates:
    """When the source says that records were changed last, ISO text."""

    now: Mapping[str, str]
    before: Mapping[str, str]
    """As the last load wrote it."""


def edited(golden: Mapping[str, pa.Table], policies: Policies, connection: sa.Connection) -> pa.ChunkedArray:
    """Customers of rows that hold something else than they shall, where the policy is ``always``."""
    found: list[pa.Array] = [pa.array([], pa.string())]
    for table in GOVERNED:
        columns = [column for column, policy in policies.of(table).items() if policy == "always"]
        if columns:
            wanted = [TABLES[table].columns[name] for name in (key_of(table), *columns)]
            standing = fetch(connection, sa.select(*wanted))
            differs = " OR ".join(f"s.{quoted(c)} IS DISTINCT FROM g.{quoted(c)}" for c in columns)
            with engine(g=golden[table], s=standing) as con:
                query = (
                    f"SELECT DISTINCT g.{quoted(owner_of(table))} AS id FROM g "
                    f"JOIN s USING ({quoted(key_of(table))}) WHERE {differs}"
                )
                found += con.sql(query).to_arrow_table()["id"].chunks
    return pa.chunked_array(found, pa.string())


@dataclass(frozen=True, slots=True)
class Governed:
    """Rows before and after, once the policies have been asked, and what is held back."""

    old: dict[str, pa.Table]
    new: dict[str, pa.Table]
    held: frozenset[tuple[str, str]]
    """Customer and field of values that stay because no newer record says otherwise."""


def governed(
    old: Mapping[str, pa.Table],
    new: Mapping[str, pa.Table],
    policies: Policies,
    *,
    newer: frozenset[tuple[str, str]],
    connection: sa.Connection,
) -> Governed:
    """The rows under the policies; `newer` are customers and fields whose winning record is a newer one."""
    before, after, held = dict(old), dict(new), set[tuple[str, str]]()
    for table in GOVERNED:
        asked = policies.of(table)
        if asked and len(old[table]) and len(new[table]):
            query = sa.select(*(TABLES[table].columns[n] for n in (key_of(table), *asked)))
            shared = only(new[table], key_of(table), old[table][key_of(table)])
            key = TABLES[table].columns[key_of(table)]
            standing = matching(connection, query, key, shared[key_of(table)])
            for column, policy in asked.items():
                if policy == "always":
                    before[table] = _replaced(table, column, before[table], standing)
                else:
                    keeps = _keeps(table, (column, policy), before[table], after[table], standing, newer)
                    after[table] = _replaced(table, column, after[table], keeps)
                    held |= {(one, f"{table}.{column}") for one in _owners(table, after[table], keeps)}
    return Governed(before, after, frozenset(held) if held else frozenset())


def _replaced(table: str, column: str, rows: pa.Table, by: pa.Table) -> pa.Table:
    """The rows with the column of `by` where that has a row of their key."""
    key = key_of(table)
    place = pc.index_in(rows[key], by[key].combine_chunks())
    value = pc.if_else(place.is_valid(), by[column].take(place), rows[column])
    return sorted_by_key(table, rows.set_column(rows.column_names.index(column), column, value))


def _keeps(
    table: str,
    asked: tuple[str, str],
    old: pa.Table,
    new: pa.Table,
    standing: pa.Table,
    newer: frozenset[tuple[str, str]],
) -> pa.Table:
    """Key and last written value of the rows whose value stays so; `asked` is a column and its policy."""
    (column, policy), key, owner = asked, key_of(table), owner_of(table)
    with engine(old=old, new=new, standing=standing) as con:
        rows = con.sql(
            f"SELECT old.{quoted(key)}, old.{quoted(column)}, old.{quoted(owner)} AS whose, "
            f"s.{quoted(column)} IS NULL AS empty FROM old JOIN new USING ({quoted(key)}) "
            f"JOIN standing s USING ({quoted(key)}) "
            f"WHERE old.{quoted(column)} IS DISTINCT FROM new.{quoted(column)} ORDER BY 1"
        ).to_arrow_table()
    match policy:
        case "if_empty":
            stays = pc.invert(rows["empty"])
        case "if_newer":
            names = [(one, f"{table}.{column}") in newer for one in rows["whose"].to_pylist()]
            stays = pc.invert(pa.chunked_array([pa.array(names, pa.bool_())]))
        case _:
            stays = pa.chunked_array([pa.array([True] * len(rows), pa.bool_())])
    return rows.filter(stays).select([key, column])


def _owners(table: str, rows: pa.Table, keeps: pa.Table) -> Iterator[str]:
    yield from only(rows, key_of(table), keeps[key_of(table)])[owner_of(table)].to_pylist()


# --- who won, and when its record was changed ---
def newer_fields(
    profiles: pa.Table, winners: pa.Table, policies: Policies, dates: Dates
) -> frozenset[tuple[str, str]]:
    """Customers and fields whose winning record was changed later than the one that won last."""
    wanted = [f"{t}.{c}" for t in DETAILS for c, policy in policies.of(t).items() if policy == "if_newer"]
    if not wanted:
        return frozenset()
    last, now = _last_winners(profiles), _winners(only(winners, "customer_id", profiles["customer_id"]))
    return frozenset(
        (one, name)
        for one in profiles["customer_id"].to_pylist()
        for name in wanted
        if dates.now.get(_winner(now, one, name), "") > dates.before.get(_winner(last, one, name), "")
    )


def _winner(winners: Winners, customer: str, name: str) -> str:
    table = name.partition(".")[0]
    names = (name, *(f"{table}.{lead}" for lead in _LEADS))
    return next((winners[customer, one] for one in names if (customer, one) in winners), "")


def _winners(rows: pa.Table) -> Winners:
    columns = (rows[name].to_pylist() for name in ("customer_id", "field", "record_id"))
    return {(one, name): record for one, name, record in zip(*columns, strict=True)}


def _last_winners(profiles: pa.Table) -> Winners:
    found: Winners = {}
    for one, text in zip(profiles["customer_id"].to_pylist(), profiles["winners"].to_pylist(), strict=True):
        for name, said in json.loads(text or "{}").items():
            found[one, name] = said["record_id"]
    return found


def kept_winners(profiles: pa.Table, winners: pa.Table, held: frozenset[tuple[str, str]]) -> pa.Table:
    """The winners, with the former ones of values that are held back: what stands is still theirs."""
    if not held:
        return winners
    texts = dict(zip(profiles["customer_id"].to_pylist(), profiles["winners"].to_pylist(), strict=True))
    former = []
    for one, name in sorted(held):
        said = json.loads(texts.get(one) or "{}")
        if name in said:
            former.append({"customer_id": one, "field": name, **said[name]})
    keys = pc.binary_join_element_wise(winners["customer_id"], winners["field"], "\x1f")
    gone = pa.array([f"{row['customer_id']}\x1f{row['field']}" for row in former], pa.string())
    left = winners.filter(pc.invert(pc.is_in(keys, gone)))
    order = [("customer_id", "ascending"), ("field", "ascending")]
    return pa.concat_tables([left, pa.Table.from_pylist(former, schema=winners.schema)]).sort_by(order)
