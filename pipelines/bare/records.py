"""From a bare table and the roles of its columns to party records and claims, as matching takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, glue
from crm_unify.normalise.emails import emails
from crm_unify.normalise.phones import phones
from crm_unify.records import ORGANISATION, PERSON
from crm_unify.roles.interface import Role, Roles
from pipelines.bare.cells import Cells
from pipelines.bare.interface import BareTable

PERSON_FIELDS: Final = {
    "full_name": Role.FULL_NAME,
    "prefix": Role.TITLE,
    "given_name": Role.GIVEN_NAME,
    "middle_name": Role.MIDDLE_NAME,
    "family_name": Role.FAMILY_NAME,
    "suffix": Role.NAME_SUFFIX,
    "birth_name": Role.BIRTH_NAME,
    "nickname": Role.NICKNAME,
    "gender": Role.GENDER,
    "job_title": Role.JOB_TITLE,
}
"""Fields of a person and the roles that fill them as they are"""

_ADDRESS_ROLES: Final = (Role.STREET, Role.ADDRESS, Role.HOUSE_NUMBER, Role.CITY, Role.POSTCODE, Role.UNIT)
_EMPLOYER, _CONTACT = "#employer", "#contact"


@dataclass(frozen=True, slots=True, eq=False)
class Parties:
    """Party records with what they claim."""

    records: pa.Table
    """record_id, system, kind: one for each row"""
    claims: dict[str, pa.Table]
    """Claims by kind, as `matching.features.features` takes them"""


def parties(table: BareTable, roles: Roles, *, ids: pa.Array, source: pa.Array) -> Parties:
    """The parties of a table, one a row; `ids` are their record ids, `source` the systems they come from."""
    cells = Cells(table, roles)
    kind = _kinds(cells)
    records = pa.table({"record_id": ids, "system": source, "kind": kind})
    claims = {
        "address": _addresses(cells, ids),
        "contact_point": _points(cells, ids),
        "party_identifier": _identifiers(cells, ids),
        **_people(cells, ids, kind=kind),
    }
    return Parties(records, claims)


def joined(parts: Sequence[Parties]) -> Parties:
    """The parties of several tables in one."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.claims)
    tables = {name: [part.claims[name] for part in parts if name in part.claims] for name in names}
    return Parties(
        pa.concat_tables([part.records for part in parts]),
        {name: pa.concat_tables(found, promote_options="default") for name, found in tables.items()},
    )


def _kinds(cells: Cells) -> Strings:
    """Person or organisation, row by row: by the name that is there, by the usual kind where none is."""
    named = cells.one(Role.ORGANISATION).is_valid()
    roles = cells.roles
    people = [cells.text(c).is_valid() for c in roles.of(Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME)]
    if not roles.of(Role.ORGANISATION):
        return pa.repeat(pa.scalar(PERSON), cells.table.rows)
    if not people:
        return pa.repeat(pa.scalar(ORGANISATION), cells.table.rows)
    personal = people[0]
    for mask in people[1:]:
        personal = pc.or_(personal, mask)
    only = pc.and_(named, pc.invert(personal))
    return pc.if_else(only, ORGANISATION, PERSON)


def _addresses(cells: Cells, ids: pa.Array) -> pa.Table:
    """One claim for each address of a row: home, work."""
    groups = dict.fromkeys(column.group for column in cells.roles.of(*_ADDRESS_ROLES))
    tables = [_address(cells, ids, group) for group in groups]
    if not tables:
        return pa.table({"record_id": pa.array([], pa.string()), "line1": pa.array([], pa.string())})
    return pa.concat_tables(tables)


def _address(cells: Cells, ids: pa.Array, group: str) -> pa.Table:
    roles = (Role.HOUSE_NUMBER, Role.STREET, Role.ADDRESS, Role.UNIT)
    line = glue(*(cells.one(role, group=group) for role in roles), separator=" ")
    extra = cells.one(Role.ADDRESS_EXTRA, group=group)
    city = cells.one(Role.CITY, group=group)
    fields = {
        "line1": line, "line2": extra, "city": city,
        "postal_code": cells.one(Role.POSTCODE, group=group),
        "region": cells.one(Role.REGION, group=group),
        "country_code": cells.one(Role.COUNTRY, group=group),
    }  # fmt: skip
    claimed = pc.or_(pc.or_(line.is_valid(), city.is_valid()), fields["postal_code"].is_valid())
    return pa.table({"record_id": ids, **fields}).filter(pc.or_(claimed, extra.is_valid()))


def _points(cells: Cells, ids: pa.Array) -> pa.Table:
    country = cells.roles.country
    norms: dict[Role, tuple[str, Any]] = {
        Role.EMAIL: ("email", lambda values: pc.struct_field(emails(values).value, "address")),
        Role.PHONE: ("phone", lambda values: pc.struct_field(phones(values, country=country).value, "e164")),
        Role.FAX: ("fax", lambda values: values),
    }
    empty = {name: pa.array([], pa.string()) for name in ("record_id", "kind", "value_raw", "value_norm")}
    tables = [pa.table(empty)]
    for role, (kind, norm) in norms.items():
        for column in cells.roles.of(role):
            raw = cells.text(column)
            claimed = {"record_id": ids, "kind": pa.repeat(pa.scalar(kind), len(raw)), "value_raw": raw}
            found = pa.table({**claimed, "value_norm": cells.parsed(column, norm)})
            tables.append(found.filter(raw.is_valid()))
    return pa.concat_tables(tables)


def _identifiers(cells: Cells, ids: pa.Array) -> pa.Table:
    tables = [pa.table({name: pa.array([], pa.string()) for name in ("record_id", "scheme", "value")})]
    for column in cells.roles.of(Role.IDENTIFIER):
        value = cells.text(column)
        scheme = pa.repeat(pa.scalar(column.scheme or column.column), len(value))
        tables.append(pa.table({"record_id": ids, "scheme": scheme, "value": value}).filter(value.is_valid()))
    return pa.concat_tables(tables)


def _people(cells: Cells, ids: pa.Array, *, kind: Strings) -> dict[str, pa.Table]:
    """Person and organisation claims, and the links from employers and contacts."""
    is_person = pc.equal(kind, PERSON)
    fields = {field: _personal(cells, role) for field, role in PERSON_FIELDS.items() if cells.roles.of(role)}
    person = pa.table({"record_id": ids, **fields, "birth_date": cells.dates()}).filter(is_person)
    name, website = cells.one(Role.ORGANISATION), cells.one(Role.WEBSITE)
    own = pa.table({"record_id": ids, "name": name, "website": website}).filter(pc.invert(is_person))
    claims = {"person": person, "organisation": own}
    links = []
    employed = pc.and_(is_person, name.is_valid())
    if pc.any(employed).as_py():
        theirs = glue(ids, _EMPLOYER)
        employer = pa.table({"record_id": theirs, "name": name, "website": website}).filter(employed)
        claims["organisation"] = pa.concat_tables([own, employer])
        links.append(pa.table({"record_id": theirs, "person_record_id": ids}).filter(employed))
    contact = cells.one(Role.CONTACT)
    standing = pc.and_(pc.invert(is_person), contact.is_valid())
    if pc.any(standing).as_py():
        theirs = glue(ids, _CONTACT)
        people = pa.table({"record_id": theirs, "full_name": contact}).filter(standing)
        claims["person"] = pa.concat_tables([person, people], promote_options="default")
        links.append(pa.table({"record_id": ids, "person_record_id": theirs}).filter(standing))
    if links:
        claims["organisation_person"] = pa.concat_tables(links)
    return claims


def _personal(cells: Cells, role: Role) -> Strings:
    """A field of a person; family and middle names of several columns stand side by side."""
    return cells.whole(role) if role in (Role.FAMILY_NAME, Role.MIDDLE_NAME) else cells.one(role)
