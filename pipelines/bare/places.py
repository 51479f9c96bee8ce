"""Address claims of a bare table: one for each address of a row, one-line addresses taken apart."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import glue
from crm_unify.normalise.countries import country_codes
from crm_unify.normalise.one_line import one_line
from crm_unify.roles.interface import ColumnRole, Role
from pipelines.bare.cells import Cells, first_of

_PLACING: Final = (Role.STREET, Role.ADDRESS, Role.HOUSE_NUMBER, Role.CITY, Role.POSTCODE, Role.UNIT)
"""Roles of which an address has at least one"""
_COMMAS: Final = 0.2
"""Share of address lines with a comma from which on they are tried as one-line addresses"""


def addresses(cells: Cells, rows: pa.DictionaryArray) -> pa.Table:
    """One claim for each address of a row: home, work. A place of birth is one where nothing else is.

    `rows` are the record ids as codes of the rows.
    """
    groups = dict.fromkeys(column.group for column in cells.roles.of(*_PLACING))
    tables = [_address(cells, rows, group) for group in groups] or [_birth_places(cells, rows)]
    return pa.concat_tables(tables, promote_options="default")


def _birth_places(cells: Cells, rows: pa.DictionaryArray) -> pa.Table:
    city = cells.one(Role.BIRTH_PLACE)
    return pa.table({"record_id": rows, "city": city}).filter(city.is_valid())


def _address(cells: Cells, rows: pa.DictionaryArray, group: str) -> pa.Table:
    lines, whole = _lines(cells, group)
    number, street, unit = (cells.one(r, group=group) for r in (Role.HOUSE_NUMBER, Role.STREET, Role.UNIT))
    fields = {
        "line1": glue(number, street, lines, unit, separator=" "),
        "line2": cells.one(Role.ADDRESS_EXTRA, group=group),
        "city": cells.one(Role.CITY, group=group),
        "postal_code": cells.one(Role.POSTCODE, group=group),
        "region": cells.one(Role.REGION, group=group),
        "country_code": _countries(cells, group),
    }
    if group == "" and not cells.roles.of(Role.CITY):
        fields["city"] = cells.one(Role.BIRTH_PLACE)
    taken = {"postal_code": "postal_code", "city": "city", "region": "region", "country_code": "country"}
    for name, part in taken.items():
        if part in whole:
            fields[name] = pc.coalesce(fields[name], whole[part])
    said = [fields[name].is_valid() for name in ("line1", "line2", "city", "postal_code")]
    claimed = pc.or_(pc.or_(said[0], said[1]), pc.or_(said[2], said[3]))
    return pa.table({"record_id": rows, **fields}).filter(claimed)


def _lines(cells: Cells, group: str) -> tuple[Any, dict[str, Any]]:
    """The address lines, and what else stands in them in rows that name neither postcode nor town."""
    columns = [column for column in cells.roles.of(Role.ADDRESS) if column.group == group]
    text = first_of([cells.text(column) for column in columns], cells.nothing())
    if not any(_holds_all(cells, column) for column in columns):
        return text, {}
    town = pc.coalesce(cells.one(Role.POSTCODE, group=group), cells.one(Role.CITY, group=group))
    parsed = [cells.parsed(column, lambda values: one_line(values).value) for column in columns]
    names = ("line", "postal_code", "city", "region", "country")
    parts = {
        name: first_of([pc.struct_field(one, name) for one in parsed], cells.nothing()) for name in names
    }
    nothing = pa.scalar(None, pa.string())
    alone = {name: pc.if_else(town.is_null(), part, nothing) for name, part in parts.items()}
    return pc.coalesce(alone.pop("line"), text), alone


def _holds_all(cells: Cells, column: ColumnRole) -> bool:
    """Whether lines of a column have commas often enough for one-line addresses."""
    values = cells.table.column(column.column).dictionary
    commas = pc.sum(pc.match_substring(values, ",")).as_py() or 0
    return bool(len(values) and commas >= _COMMAS * len(values))


def _countries(cells: Cells, group: str) -> Any:
    """ISO codes where the country is known, else as it is written."""
    columns = [column for column in cells.roles.of(Role.COUNTRY) if column.group == group]
    found = [
        cells.parsed(c, lambda values: pc.coalesce(country_codes(values).value, values)) for c in columns
    ]
    return first_of(found, cells.nothing())
