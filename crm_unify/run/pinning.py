"""Pinning a golden field: to the claim of one record, or to a value that a person gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.normalise.names import split_names
from crm_unify.normalise.organisations import organisations
from crm_unify.records import field_types
from crm_unify.run.deciding import Draft, customer_of
from crm_unify.run.decisions import PIN
from crm_unify.run.subjects import Subject
from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.schema.tables import TABLES
from crm_unify.validation.doors import implausible
from matching.survivorship import TOGETHER

KEPT: Final = ("contact_point", "address", "party_identifier")
"""Tables whose rows are all kept: pinned to a record, its rows come first."""
FULL_NAME: Final = ("given_name", "middle_name", "family_name")
"""Parts that make up the full name, in its order."""


def pinning(
    connection: sa.Connection,
    customer: str,
    field: str,
    *,
    value: str | None,
    source: str | None,
    as_of: date,
) -> Draft:
    """The pin of a field of a customer, to a `value` or to what the record `source` says.

    Fields that belong together (the parts of a name) are pinned together. Raises UsageError for a field that
    cannot be pinned, a value that cannot be true, a record that says nothing about it.
    """
    whole = customer_of(connection, customer)
    name = _field(whole.kind, field)
    if (value is None) == (source is None):
        why = "a pin takes either a value or --from RECORD"
        raise UsageError("what is the field pinned to?", field, why=why, remedy="give one of the two")
    lead = _lead(whole.kind, name)
    said = lead if lead in KEPT else f"{whole.kind}.{lead}"
    if source is not None:
        _claimed(connection, whole, source, lead)
        return Draft(PIN, "pin", (whole.records,), field=said, record_id=source)
    if lead in KEPT:
        remedy = "name the record whose rows shall come first, with --from"
        raise UsageError("of these all are kept", field, why="a value cannot be pinned", remedy=remedy)
    assert value is not None, "either a value or a source"
    values = _values(connection, whole, name, value.strip())
    _plausible(whole.kind, values, as_of)
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    founder = _founder(connection, whole)
    return Draft(PIN, "pin", (whole.records,), field=said, record_id=founder, value=text)


def _field(kind: str, said: str) -> str:
    """The field meant, with or without its kind in front."""
    fields = [name for name in field_types(kind) if name != "record_id"]
    name = said.removeprefix(f"{kind}.")
    if name in (*fields, *KEPT):
        return name
    near = get_close_matches(name, [*fields, *KEPT], n=1)
    remedy = f"did you mean '{near[0]}'?" if near else f"fields of a {kind}: {', '.join([*fields, *KEPT])}"
    raise UsageError(f"a {kind} has no such field to pin", said, remedy=remedy)


def _lead(kind: str, name: str) -> str:
    """The field that stands for those that win together."""
    return next((lead for lead, together in TOGETHER[kind].items() if name in together), name)


def _claimed(connection: sa.Connection, whole: Subject, source: str, lead: str) -> None:
    """See to it that the record is one of the customer's and says something about the field."""
    if source not in whole.records:
        near = get_close_matches(source, whole.records, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"`crm-unify customer {whole.customer}` lists them"
        raise UsageError(f"this is no record of {whole.customer}", source, remedy=remedy)
    c = mig_source_record.c
    claims = json.loads(connection.scalar(sa.select(c.claims).where(c.record_id == source)) or "{}")
    own = claims.get(whole.kind, {})
    if not (claims.get(lead) if lead in KEPT else _any(own, TOGETHER[whole.kind].get(lead, (lead,)))):
        remedy = "name another record, or give a value"
        raise UsageError(f"this record says nothing about {lead}", source, remedy=remedy)


def _any(claims: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(claims.get(name) is not None for name in names)


def _values(connection: sa.Connection, whole: Subject, name: str, value: str) -> dict[str, str]:
    """The given value with everything that belongs to it."""
    if not value:
        raise UsageError("the value is empty", name, remedy="give a value, or name a record with --from")
    lead = _lead(whole.kind, name)
    if (whole.kind, name) == ("person", "full_name"):
        parts = split_names(pa.array([value]), order="auto").value[0].as_py() or {}
        return {part: text for part, text in parts.items() if text and part in _together(whole, lead)} | {
            "full_name": value
        }
    if (whole.kind, name) == ("organisation", "name"):
        form = (organisations(pa.array([value])).value[0].as_py() or {}).get("legal_form")
        return {"name": value} | ({"legal_form": form} if form else {})
    if name == lead:
        return {name: value}
    values = _golden(connection, whole, lead) | {name: value}
    if lead == "full_name":
        values[lead] = " ".join(values[part] for part in FULL_NAME if part in values)
    return values


def _together(whole: Subject, lead: str) -> tuple[str, ...]:
    return TOGETHER[whole.kind].get(lead, (lead,))


def _golden(connection: sa.Connection, whole: Subject, lead: str) -> dict[str, str]:
    """What the CRM shows now of the fields that belong together."""
    table = TABLES[whole.kind]
    columns = [table.c[name] for name in _together(whole, lead)]
    row = (
        connection.execute(sa.select(*columns).where(table.c.customer_id == whole.customer))
        .mappings()
        .first()
    )
    return {} if row is None else {name: text for name, text in row.items() if text is not None}


def _plausible(kind: str, values: Mapping[str, str], as_of: date) -> None:
    columns = {name: pa.array([text], pa.string()) for name, text in values.items()}
    for wrong in implausible(kind, columns, as_of=as_of):
        raise UsageError(
            f"this value of {wrong.column} cannot be taken",
            values[wrong.column],
            why=f"it {wrong.reason}",
            remedy="give the value as the CRM holds it: dates as YYYY-MM-DD, gender as F, M or X",
        )


def _founder(connection: sa.Connection, whole: Subject) -> str:
    """The record the customer is named after: the value stays with it through merges and splits."""
    c = mig_source_record.c
    query = sa.select(c.record_id, c.founding).where(c.record_id.in_(whole.records))
    rows = [(row.founding or "", row.record_id) for row in connection.execute(query)]
    _, record = min(rows)
    return str(record)
