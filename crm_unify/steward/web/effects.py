"""What merging all records of a canvas would change in the CRM: who survives, what moves, which cells."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from crm_unify.run.consequences import founder
from crm_unify.run.decisions import read_decisions
from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.schema.crm import activity, opportunity, sales_order, support_case
from crm_unify.schema.tables import TABLES
from crm_unify.steward.ledger_view import LedgerView
from crm_unify.steward.report.evidence import DETAILS
from crm_unify.steward.web.canvas import Subject
from crm_unify.steward.web.preview import preferred
from crm_unify.steward.web.site import Site
from crm_unify.steward.web.veil import Veil

MOVES = {
    "orders": sales_order,
    "cases": support_case,
    "opportunities": opportunity,
    "activities": activity,
}
"""What follows a customer."""


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that would say something else."""

    customer: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What a merge of everything on the canvas would do."""

    survives: str | None
    """The customer whose id stays; None where there is but one."""
    moves: tuple[tuple[str, int], ...]
    """What is re-pointed to it, with its number."""
    changes: tuple[Change, ...]


def effects(site: Site, connection: sa.Connection, found: Subject, veil: Veil) -> Effects:
    """Work it out from what the database holds; nothing is written."""
    customers = sorted({one for one in found.customers if one.startswith("C-")})
    if len(customers) < 2:
        return Effects(None, (), ())
    survives = founder(connection, customers)
    goes = [one for one in customers if one != survives]
    moves = []
    for name, table in MOVES.items():
        query = sa.select(sa.func.count()).where(table.c.customer_id.in_(goes))
        moves.append((name, connection.scalar(query) or 0))
    changes = _changes(site, connection, found, survives, veil)
    return Effects(survives, tuple((name, n) for name, n in moves if n), changes)


def _changes(
    site: Site, connection: sa.Connection, found: Subject, survives: str, veil: Veil
) -> tuple[Change, ...]:
    """Cells of the survivor that would be other ones."""
    view = LedgerView(connection)
    records = view.records(mig_source_record.c.record_id.in_(found.records))
    best = preferred(site.project, records, read_decisions(connection, about=found.records))
    kind = records[0].kind
    table = TABLES[kind]
    row = connection.execute(sa.select(table).where(table.c.customer_id == survives)).mappings().first()
    changed = []
    for name, label in DETAILS[kind].items():
        before = "" if row is None or row[name] is None else str(row[name])
        after = best[label].text if label in best else ""
        if before != after:
            shown = [veil.value(f"{kind}.{name}", text) or "" for text in (before, after)]
            changed.append(Change(survives, label, shown[0], shown[1]))
    return tuple(changed)
