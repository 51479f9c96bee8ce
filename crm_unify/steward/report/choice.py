"""A dozen merged customers that tell most about the matching, chosen by fixed rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_source_record, mig_xref
from crm_unify.schema.crm import address, consent, person
from crm_unify.steward.customer import customer
from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.evidence import columns, of_customer
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.matches import MILLIBITS
from crm_unify.steward.report.reasons import reasons
from crm_unify.steward.report.who import Merged, Weakest
from pipelines.database.read import fetch
from pipelines.ledger import deleted_customers

DOZEN: Final = 12
BREADTH: Final = [("systems", "descending"), ("records", "descending"), ("id", "ascending")]
SIZE: Final = [("records", "descending"), ("systems", "descending"), ("id", "ascending")]
"""Orders of merged customers."""
Candidates = Callable[[Leavings, pa.Table], list[str]]
"""What the run left and the merged customers in, ids of customers out."""


def merged_customers(left: Leavings) -> tuple[Merged, ...]:
    """Telling customers of two records or more, each with the reason it is shown for."""
    return tuple(_merged(customer_id, reason, left) for customer_id, reason in choose(left).items())


def choose(left: Leavings) -> dict[str, str]:
    """Customer ids and why each is shown; what is left of the dozen is filled with the widest known."""
    merged, chosen = _of_several_records(left), dict[str, str]()
    for reason, number, candidates in CRITERIA:
        fresh = [one for one in candidates(left, merged) if one not in chosen]
        chosen |= dict.fromkeys(fresh[: min(number, DOZEN - len(chosen))], reason)
    return chosen


# --- where candidates come from ---
_record, _xref = mig_source_record.c, mig_xref.c


def _of_several_records(left: Leavings) -> pa.Table:
    """Customers of two records or more: ``id, kind, records, systems``, those with most systems first."""
    query = (
        sa.select(
            _xref.customer_id.label("id"),
            sa.func.min(_record.kind).label("kind"),
            sa.func.count().label("records"),
            sa.func.count(sa.distinct(_record.system)).label("systems"),
        )
        .join_from(mig_xref, mig_source_record, _record.record_id == _xref.record_id)
        .where(_xref.customer_id.not_in(deleted_customers()), _record.state != "deleted")
        .group_by(_xref.customer_id)
        .having(sa.func.count() > 1)
    )
    return fetch(left.connection, query).sort_by(BREADTH)


def _first(merged: pa.Table, *where: pa.ChunkedArray) -> list[str]:
    """The first merged customers in order under all conditions."""
    for condition in where:
        merged = merged.filter(condition)
    ids: list[str] = merged["id"].slice(0, 2 * DOZEN).to_pylist()
    return ids


def _among(left: Leavings, merged: pa.Table, query: sa.Select[tuple[str]]) -> list[str]:
    """The first merged customers that a query names."""
    ids = fetch(left.connection, query)
    return _first(merged, pc.is_in(merged["id"], ids.column(0).combine_chunks()))


def _persons(_: Leavings, merged: pa.Table) -> list[str]:
    return _first(merged, pc.equal(merged["kind"], "person"))


def _organisations(_: Leavings, merged: pa.Table) -> list[str]:
    return _first(merged, pc.equal(merged["kind"], "organisation"))


def _renamed(left: Leavings, merged: pa.Table) -> list[str]:
    """Persons with a name at birth that differs from the present family name."""
    changed = person.c.birth_name != person.c.family_name
    return _among(left, merged, sa.select(person.c.customer_id).where(changed))


def _moved(left: Leavings, merged: pa.Table) -> list[str]:
    """Persons with addresses under several postcodes."""
    towns = sa.func.count(sa.distinct(address.c.postal_code))
    persons = merged.filter(pc.equal(merged["kind"], "person"))
    return _among(
        left, persons, sa.select(address.c.customer_id).group_by(address.c.customer_id).having(towns > 1)
    )


def _objecting(left: Leavings, merged: pa.Table) -> list[str]:
    """Customers with an objection beside another answer."""
    return _among(left, merged, contradicted())


def contradicted() -> sa.Select[tuple[str]]:
    """Customers with an objection and another answer on one channel."""
    owner = sa.func.coalesce(_xref.customer_id, consent.c.customer_id).label("customer_id")
    out = sa.func.sum(sa.case((consent.c.status == "opted_out", 1), else_=0))
    return (
        sa.select(owner)
        .select_from(consent.outerjoin(mig_xref, _xref.record_id == consent.c.carrier_record_id))
        .group_by(sa.func.coalesce(_xref.customer_id, consent.c.customer_id), consent.c.channel)
        .having(out > 0, sa.func.count() > out)
    )


def _largest(_: Leavings, merged: pa.Table) -> list[str]:
    return _first(merged.sort_by(SIZE))


def _weakest(left: Leavings, _: pa.Table) -> list[str]:
    """Customers with the records that the least evidence ties to any other of their customer."""
    if left.pairs is None:
        return []
    ties = left.pairs.filter(pc.equal(left.pairs["band"], "merge"))
    ends = pa.concat_tables(
        pa.table({"record": ties[side], "millibits": ties["millibits"]}) for side in ("left", "right")
    )
    best = ends.group_by("record").aggregate([("millibits", "max")])
    order = [("millibits_max", "ascending"), ("record", "ascending")]
    thin = best.sort_by(order).slice(0, 2 * DOZEN)["record"].to_pylist()
    query = sa.select(_xref.record_id, _xref.customer_id).where(_xref.record_id.in_(thin))
    of = {row.record_id: row.customer_id for row in left.connection.execute(query)}
    return list(dict.fromkeys(of[record] for record in thin if record in of))


CRITERIA: Final[tuple[tuple[str, int, Candidates], ...]] = (
    ("a person whom the most source systems know", 2, _persons),
    ("an organisation that the most source systems know", 2, _organisations),
    ("a person with a name at birth beside the present one", 2, _renamed),
    ("one that is held together by the least evidence", 2, _weakest),
    ("a person with several addresses", 1, _moved),
    ("one whose objection outweighs another answer", 1, _objecting),
    ("one that is made of the most records", 1, _largest),
    ("one that several source systems know", DOZEN, lambda _, merged: _first(merged)),
)
"""Reason, number wanted and candidates in order of merit."""


# --- what is shown of one ---
def _merged(customer_id: str, reason: str, left: Leavings) -> Merged:
    found = customer(left.connection, customer_id)
    members = {record.record_id: record for record in found.records}
    return Merged(
        id=found.id,
        name=found.display_name or found.id,
        kind=found.kind,
        reason=reason,
        records=len(members),
        systems=len({record.system for record in found.records}),
        evidence=of_customer(found, left),
        weakest=_thinnest(members, left),
    )


def _thinnest(members: Mapping[str, KnownRecord], left: Leavings) -> Weakest | None:
    """The record whose best tie to another record of the customer is the weakest."""
    if left.pairs is None:
        return None
    ids = pa.array(list(members), pa.string())
    inside = pc.and_(pc.is_in(left.pairs["left"], ids), pc.is_in(left.pairs["right"], ids))
    ties = left.pairs.filter(inside).sort_by(
        [("millibits", "descending"), ("left", "ascending"), ("right", "ascending")]
    )
    best: dict[str, tuple[str, dict[str, Any]]] = {}
    for record, other, tie in _ends(ties):
        best.setdefault(record, (other, tie))
    if not best:
        return None
    record, (other, tie) = min(best.items(), key=lambda entry: (entry[1][1]["millibits"], entry[0]))
    shared, apart = ((), ()) if left.model is None else reasons(tie, left.model)
    ends = columns([members[record], members[other]], left)
    return Weakest(
        record=ends[0],
        to=ends[1],
        bits=tie["millibits"] / MILLIBITS,
        probability=tie["probability"],
        shared=shared,
        apart=apart,
    )


def _ends(ties: pa.Table) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for tie in ties.to_pylist():
        yield tie["left"], tie["right"], tie
        yield tie["right"], tie["left"], tie
