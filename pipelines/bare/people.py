"""Who the rows of a bare table are about: persons and organisations, employers and contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, glue
from crm_unify.normalise.names import split_names
from crm_unify.normalise.text import folded
from crm_unify.records import ORGANISATION, PERSON
from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.roles.naming import organised_names
from pipelines.bare.cells import Cells

FIELDS: Final = {
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

_PERSONAL: Final = (Role.GIVEN_NAME, Role.FAMILY_NAME, Role.BIRTH_DATE, Role.GENDER)
"""A row with one of these is about a person, whatever its name looks like"""
_SIDE_BY_SIDE: Final = (Role.TITLE, Role.FAMILY_NAME, Role.MIDDLE_NAME)
"""Roles of which several columns are parts of one name"""
_EMPLOYER, _CONTACT = "#employer", "#contact"


def kinds(cells: Cells) -> Strings:
    """Person or organisation, row by row."""
    rows = cells.table.rows
    personal = _any_of(cells, *_PERSONAL)
    party = cells.one(Role.PARTY_NAME)
    if cells.roles.first(Role.PARTY_NAME) is not None:
        organised = pc.and_(_organised(cells), pc.invert(personal))
        named = pc.or_(organised, pc.and_(party.is_null(), _only_organised(cells, personal)))
        return pc.if_else(named, ORGANISATION, PERSON)
    if cells.roles.first(Role.ORGANISATION) is None:
        return pa.repeat(pa.scalar(PERSON), rows)
    people = cells.roles.of(Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME)
    if not people:
        return pa.repeat(pa.scalar(ORGANISATION), rows)
    return pc.if_else(_only_organised(cells, personal), ORGANISATION, PERSON)


def people(cells: Cells, rows: pa.DictionaryArray, *, kind: Strings) -> dict[str, pa.Table]:
    """Claims of persons and organisations, and the links to employers and contacts.

    `rows` are the record ids, a row each, as codes of themselves.
    """
    ids = rows.dictionary
    is_person = pc.equal(kind, PERSON)
    name, website = cells.one(Role.ORGANISATION), cells.one(Role.WEBSITE)
    title = pc.coalesce(cells.one(Role.PARTY_NAME), name)
    own = pa.table({"record_id": rows, "name": title, "website": website}).filter(pc.invert(is_person))
    persons, organisations, links = [_persons(cells, rows).filter(is_person)], [own], []
    employed = pc.and_(is_person, name.is_valid())
    if pc.any(employed).as_py():
        theirs = glue(ids, _EMPLOYER)
        organisations.append(
            pa.table({"record_id": theirs, "name": name, "website": website}).filter(employed)
        )
        links.append(pa.table({"record_id": theirs, "person_record_id": ids}).filter(employed))
    standing = pc.and_(pc.invert(is_person), cells.one(Role.CONTACT).is_valid())
    if pc.any(standing).as_py():
        theirs = glue(ids, _CONTACT)
        persons.append(pa.table({"record_id": theirs, **_full(cells, Role.CONTACT)}).filter(standing))
        links.append(pa.table({"record_id": ids, "person_record_id": theirs}).filter(standing))
    claims = {"person": _one(persons), "organisation": _one(organisations)}
    return {**claims, "organisation_person": pa.concat_tables(links)} if links else claims


def _persons(cells: Cells, rows: pa.DictionaryArray) -> pa.Table:
    """What each row claims of a person."""
    used = {field: role for field, role in FIELDS.items() if cells.roles.of(role)}
    own = {
        field: cells.whole(role) if role in _SIDE_BY_SIDE else cells.one(role) for field, role in used.items()
    }
    whole = _full(cells, Role.FULL_NAME, Role.PARTY_NAME)
    fields = {name: _coalesced(own.get(name), whole.get(name)) for name in {**whole, **own}}
    return pa.table({"record_id": rows, **fields, "birth_date": cells.dates()})


def _full(cells: Cells, *roles: Role) -> dict[str, Any]:
    """Full names as they are where the given name comes first, taken apart where the family name does."""
    columns = [column for role in roles for column in cells.roles.of(role)]
    found: dict[str, Any] = {}
    for column in columns:
        for name, values in _parts(cells, column).items():
            found[name] = _coalesced(found.get(name), values)
    return found


def _parts(cells: Cells, column: ColumnRole) -> dict[str, Any]:
    if column.order != "family_first":
        return {"full_name": cells.text(column)}
    split = cells.parsed(column, lambda values: split_names(values, order="family_first").value)
    names = ("prefix", "given_name", "middle_name", "family_name", "suffix", "birth_name")
    return {name: pc.struct_field(split, name) for name in names}


def _organised(cells: Cells) -> Any:
    """True where the name of the party is an organisation's."""
    columns = cells.roles.of(Role.PARTY_NAME)
    masks = [cells.parsed(column, lambda values: organised_names(folded(values))) for column in columns]
    found = pc.fill_null(masks[0], False)
    for mask in masks[1:]:
        found = pc.or_(found, pc.fill_null(mask, False))
    return found


def _only_organised(cells: Cells, personal: Any) -> Any:
    """True where an organisation is named and nobody else."""
    nobody = pc.invert(pc.or_(personal, _any_of(cells, Role.FULL_NAME)))
    return pc.and_(cells.one(Role.ORGANISATION).is_valid(), nobody)


def _any_of(cells: Cells, *roles: Role) -> Any:
    """True where a column of one of the roles has a value."""
    found = pa.repeat(pa.scalar(value=False), cells.table.rows)
    for column in cells.roles.of(*roles):
        found = pc.or_(found, cells.text(column).is_valid())
    return found


def _coalesced(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return pc.coalesce(one, other)


def _one(tables: Sequence[pa.Table]) -> pa.Table:
    """Several claim tables in one; ids that were made up are no codes of rows, so all are texts then."""
    if len(tables) == 1:
        return tables[0]
    texts = [table.set_column(0, "record_id", table["record_id"].cast(pa.string())) for table in tables]
    return pa.concat_tables(texts, promote_options="default")
