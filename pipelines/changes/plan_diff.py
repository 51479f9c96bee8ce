"""Two plans side by side: which changes only one of them has, and which both have with other values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from crm_unify.schema.tables import CRM_TABLES, TABLES, key_of
from pipelines.changes.interface import ChangeSet, TableChanges, value_fields
from pipelines.changes.plan import parts, set_sql
from pipelines.database.columns import engine, object_sql, quoted

SAMPLES: Final = 8
"""Changes shown one by one."""
DIFFERS: Final = {
    "project": "they are of two projects",
    "environment": "they are for two environments",
    "as_of": "they are of two days",
    "sources_hash": "the sources say something else",
    "rules_hash": "the rules are others",
}
"""What the heads of two plans may differ in."""


@dataclass(frozen=True, slots=True)
class TableDiff:
    """The changes of one table in two plans."""

    only_new: int
    """Changes that the new plan alone has."""
    only_old: int
    """Changes that the old plan alone has."""
    other: int
    """Rows that both change, in another way."""


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """What is different between a new plan and an old one."""

    head: tuple[str, ...]
    """What their circumstances differ in, in words."""
    tables: Mapping[str, TableDiff]
    """Tables in which they differ."""
    moves: tuple[str, ...]
    """Customers that only one of them merges, splits or retires, in words."""
    samples: tuple[str, ...]
    """Some changes of CRM tables that differ, in words."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        tables = {
            name: {"only_new": one.only_new, "only_old": one.only_old, "other": one.other}
            for name, one in self.tables.items()
        }
        return {
            "head": list(self.head),
            "tables": tables,
            "moves": list(self.moves),
            "samples": list(self.samples),
        }


def plan_diff(new: ChangeSet, old: ChangeSet) -> PlanDiff:
    """The new plan beside the old one; what stood in the CRM and why a change is made are not compared."""
    tables: dict[str, TableDiff] = {}
    samples: list[str] = []
    for name in (name for name in TABLES if name in new.tables or name in old.tables):
        found = _compared(name, new.tables.get(name), old.tables.get(name))
        counts = {side: found["side"].to_pylist().count(side) for side in ("new", "old", "other")}
        if len(found):
            tables[name] = TableDiff(counts["new"], counts["old"], counts["other"])
        if name in CRM_TABLES:
            samples += list(_told(name, found))[: SAMPLES - len(samples)]
    return PlanDiff(tuple(_head(new, old)), tables, tuple(_moves(new.moves, old.moves)), tuple(samples))


def _head(new: ChangeSet, old: ChangeSet) -> Iterator[str]:
    for name, said in DIFFERS.items():
        if getattr(new.facts, name) != getattr(old.facts, name):
            yield said
    if new.model_id != old.model_id:
        yield "another model scores"
    if new.base != old.base:
        yield "the CRM, its decisions or its models have changed in between"
    if new.target != old.target:
        yield "they are for two databases"


def _compared(table: str, new: TableChanges | None, old: TableChanges | None) -> pa.Table:
    """``id, side, new, old``: rows that differ, `side` one of new, old and other; the changes as text."""
    with engine(new=_said(table, new), old=_said(table, old)) as con:
        return con.sql(
            "SELECT id, CASE WHEN old.said IS NULL THEN 'new' WHEN new.said IS NULL THEN 'old' "
            "ELSE 'other' END AS side, new.said AS new, old.said AS old "
            "FROM new FULL JOIN old USING (id) WHERE new.said IS DISTINCT FROM old.said ORDER BY id"
        ).to_arrow_table()


def _said(table: str, changes: TableChanges | None) -> pa.Table:
    """``id, said``: every change as text."""
    rows = [pa.table({"id": pa.array([], pa.string()), "said": pa.array([], pa.string())})]
    for op, part in () if changes is None else parts(changes):
        match op:
            case "create":
                said = object_sql(value_fields(table))
            case "update":
                said = set_sql(table)
            case _:
                said = "''"
        with engine(rows=part) as con:
            query = f"SELECT {quoted(key_of(table))} AS id, '{op} ' || {said} AS said FROM rows"
            rows.append(con.sql(query).to_arrow_table().cast(rows[0].schema))
    return pa.concat_tables(rows)


def _told(table: str, found: pa.Table) -> Iterator[str]:
    for row in found.slice(0, SAMPLES).to_pylist():
        match row["side"]:
            case "new":
                yield f"only in the new plan: {table} {row['id']} {row['new']}"
            case "old":
                yield f"only in the old plan: {table} {row['id']} {row['old']}"
            case _:
                yield f"{table} {row['id']}: {row['new']}, before {row['old']}"


def _moves(new: pa.Table, old: pa.Table) -> Iterator[str]:
    told = [{_move(row) for row in moves.to_pylist()} for moves in (new, old)]
    yield from (f"only in the new plan: {move}" for move in sorted(told[0] - told[1]))
    yield from (f"only in the old plan: {move}" for move in sorted(told[1] - told[0]))


def _move(row: Mapping[str, Any]) -> str:
    others = ", ".join(row["others"])
    return f"{row['event']} {row['customer_id']}" + (f" -> {others}" if others else "")
