"""One customer with all the evidence: golden values and their reasons, records, consents, orders, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.schema.views import consent_current
from crm_unify.steward.ledger_view import KnownCustomer, KnownRecord, LedgerView
from crm_unify.wording import counted
from matching.survivorship import TOGETHER
from pipelines.corrections import Correction, live, read_corrections


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """One value of the golden profile and why it is there."""

    field: str
    """``kind.field``, or the table and key of a value that is kept beside others."""
    value: Any
    record_id: str | None
    """The record whose claim won."""
    decided_by: str | None
    rivals: tuple[tuple[str, Any], ...]
    """Record and value of every claim that says something else."""


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Everything the CRM and its memory hold of one customer."""

    id: str
    asked_for: str
    """The id that was asked for; another one when that customer was merged since."""
    kind: str
    display_name: str | None
    status: str
    owner: str | None
    """Who looks after it: the name of a user, else the key the source knows them by."""
    golden: tuple[GoldenValue, ...]
    kept: Mapping[str, tuple[Mapping[str, Any], ...]]
    """Contact points, addresses, identifiers, accounts: all rows by table."""
    consent: tuple[Mapping[str, Any], ...]
    """What holds now, by channel and value."""
    organisations: tuple[Mapping[str, Any], ...]
    """Its places in organisations, or the people who have one in it."""
    orders: tuple[Mapping[str, Any], ...]
    cases: tuple[Mapping[str, Any], ...]
    opportunities: tuple[Mapping[str, Any], ...]
    activities: tuple[Mapping[str, Any], ...]
    records: tuple[KnownRecord, ...]
    corrections: tuple[Correction, ...]
    """What people corrected in source rows, as far as nobody took it back."""

    def as_json(self) -> dict[str, Any]:
        """Plain values by name."""
        mine = {one.id: one for record in self.records for one in self.corrected(record)}
        corrections = [mine[number].as_json() for number in sorted(mine)]
        records = [asdict(record) for record in self.records]
        return dict(asdict(self), records=records, corrections=corrections)

    def corrected(self, record: KnownRecord) -> tuple[Correction, ...]:
        """What was corrected in the row of one record."""
        return tuple(one for one in self.corrections if _about(one, record))


def _about(one: Correction, record: KnownRecord) -> bool:
    if one.by_row:
        return one.row_hash == record.row_hash
    return (one.system, one.entity, one.key) == (record.system, record.map, record.key)


def customer(connection: sa.Connection, customer_id: str) -> CustomerView:
    """The customer of this id, former ids included.

    Raises UsageError when no customer ever had the id, when a person deleted the customer in the CRM, or when
    it was deleted because its sources have it no longer.
    """
    view = LedgerView(connection)
    present = view.redirect(customer_id) or customer_id
    known = view.customer(present)
    rows = view.rows("customer", "id", [present])
    if known is None or not rows:
        members = view.members(present)
        if known is None:
            raise _vanished(customer_id, members) if members else _nobody(customer_id)
        raise _deleted(customer_id, members)
    records = tuple(view.members(present))
    head = rows[0]
    return CustomerView(
        id=present,
        asked_for=customer_id,
        kind=head["kind"],
        display_name=head["display_name"],
        status=head["status"],
        owner=_owner(view, head["owner_id"]),
        golden=tuple(_golden(known, head["kind"], view, records)),
        kept={
            table: tuple(_plain(view.rows(table, "customer_id", [present])))
            for table in ("contact_point", "address", "party_identifier", "account")
        },
        consent=tuple(_consent(connection, present)),
        organisations=tuple(_roles(view, present)),
        orders=tuple(_plain(view.rows("sales_order", "customer_id", [present]))),
        cases=tuple(_plain(view.rows("support_case", "customer_id", [present]))),
        opportunities=tuple(_plain(view.rows("opportunity", "customer_id", [present]))),
        activities=tuple(_plain(view.rows("activity", "customer_id", [present]))),
        records=records,
        corrections=live(read_corrections(connection)),
    )


def _owner(view: LedgerView, user: str | None) -> str | None:
    rows = [] if user is None else view.rows("app_user", "id", [user])
    return next((row["name"] or row["user_key"] for row in rows), None)


def _nobody(customer_id: str) -> UsageError:
    remedy = "ids look like C-ABCDEFGHIJKLM; find one in the customer table or with `trace`"
    return UsageError("no customer has or had this id", customer_id, remedy=remedy)


def _vanished(customer_id: str, records: Sequence[KnownRecord]) -> UsageError:
    """Its rows are in no source now, and their rule files say `on_delete: delete`."""
    named = ", ".join(record.record_id for record in records[:NAMED])
    return UsageError(
        "this customer was deleted, because its sources have it no longer",
        customer_id,
        why=f"the rule file says `on_delete: delete`: {counted(len(records), 'record')} ({named})",
        remedy="it comes back under its id with the first row that returns, or with `undo` of the run",
    )


def _deleted(customer_id: str, records: Sequence[KnownRecord]) -> UsageError:
    """It stays deleted, and the cross reference still answers for the systems that run alongside."""
    named = ", ".join(record.record_id for record in records[:NAMED])
    return UsageError(
        "a person deleted this customer in the CRM",
        customer_id,
        why=f"it stays deleted while its sources still have it: {counted(len(records), 'record')} ({named})",
        remedy="delete it in the sources too; if it was deleted by mistake, restore the row in the CRM",
    )


NAMED: Final = 5
"""Records named in a message."""


def _golden(
    known: KnownCustomer, kind: str, view: LedgerView, records: tuple[KnownRecord, ...]
) -> Iterator[GoldenValue]:
    """The filled fields of the details as the CRM holds them now."""
    rows = view.rows(kind, "customer_id", [known.id])
    lead_of = {name: lead for lead, together in TOGETHER[kind].items() for name in together}
    for name, value in rows[0].items() if rows else ():
        if name == "customer_id" or value is None:
            continue
        winner = known.winners.get(f"{kind}.{lead_of.get(name, name)}", {})
        said = _simple(value)
        claims = ((r.record_id, r.claims.get(kind, {}).get(name)) for r in records)
        rivals = tuple((record, claim) for record, claim in claims if claim is not None and claim != said)
        yield GoldenValue(f"{kind}.{name}", said, winner.get("record_id"), winner.get("decided_by"), rivals)


def _consent(connection: sa.Connection, customer_id: str) -> Iterator[dict[str, Any]]:
    c = consent_current.c
    query = sa.select(c.channel, c.value_norm, c.status).where(c.customer_id == customer_id)
    yield from (dict(row) for row in connection.execute(query.order_by(c.channel, c.value_norm)).mappings())


def _roles(view: LedgerView, customer_id: str) -> Iterator[dict[str, Any]]:
    for own, other in (("person_id", "organisation_id"), ("organisation_id", "person_id")):
        for row in view.rows("organisation_person", own, [customer_id]):
            named = view.rows("customer", "id", [row[other]])
            yield {
                "customer_id": row[other],
                "name": named[0]["display_name"] if named else None,
                "role": row["role"],
            }


def _plain(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            name: _simple(value) for name, value in row.items() if value is not None and name != "customer_id"
        }


def _simple(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds") + "Z"
        case date():
            return value.isoformat()
        case _:
            return value
