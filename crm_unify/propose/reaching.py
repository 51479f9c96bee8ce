"""How parties are reached: contact points and addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from crm_unify.propose.columns import Use
from crm_unify.propose.interface import Entry, Field
from crm_unify.propose.row import Parties, Row
from crm_unify.propose.sql import column as sql_column
from crm_unify.propose.values import has, tidy
from crm_unify.propose.words import label_of

_PADDED: Final[Mapping[str, int]] = {"DE": 5, "US": 5, "FR": 5, "IT": 5, "ES": 5, "FI": 5, "PL": 5}
"""Countries whose postcodes are so many digits, with zeros in front"""


def contact_points(row: Row, parties: Parties) -> Iterator[Entry]:
    """Phones, faxes, e-mail addresses and web pages, each with its owner."""
    for kind in ("phone", "fax", "email"):
        uses = row.of(f"contact_point.{kind}")
        for use in uses:
            label = label_of(use.name)
            fields = [Field("kind", kind), *([Field("label", label)] if label is not None else [])]
            value = Field("value", {"from": use.name}, use.note)
            yield Entry("contact_point", {"of": _owner(row, parties, use)}, (*fields, value))
    for use in row.of("contact_point.web") if parties.organisation is None else ():
        value = Field("value", {"from": use.name}, use.note)
        yield Entry("contact_point", {"of": parties.main}, (Field("kind", "web"), value))


def _owner(row: Row, parties: Parties, use: Use) -> str:
    """A mobile is the contact's, and so is what stands right of its name where its like stands left."""
    contact = row.of("contact")
    if not contact or parties.person is None or parties.main == parties.person:
        return parties.main
    order = [one.name for one in row.uses]
    behind = order.index(use.name) > order.index(contact[0].name)
    rival = any(
        one is not use and one.to == use.to and order.index(one.name) < order.index(contact[0].name)
        for one in row.uses
    )
    return parties.person if label_of(use.name) == "mobile" or (behind and rival) else parties.main


def addresses(row: Row, parties: Parties) -> Iterator[Entry]:
    """One address for each group of columns."""
    groups = dict.fromkeys(use.group for use in row.uses if use.to.startswith("address."))
    for number, group in enumerate(groups, 1):
        uses = [use for use in row.uses if use.to.startswith("address.") and use.group == group]
        name = "address" if len(groups) == 1 else f"address_{number}"
        fields = [*_address_fields(uses, name, row)]
        if not any(own.name in ("line1", "city", "postal_code") for own in fields):
            continue
        label = label_of(group) if group else None
        if label is not None:
            fields.insert(0, Field("label", label))
        yield Entry("address", {"as": name, "of": parties.main}, tuple(fields))


def _address_fields(uses: Sequence[Use], name: str, row: Row) -> Iterator[Field]:
    by_use = {use.to: use for use in reversed(uses)}
    yield from _lines(by_use)
    for field in ("postal_code", "city", "region"):
        if (use := by_use.get(f"address.{field}")) is not None:
            pad = _padding(use, name, row) if field == "postal_code" else {}
            mended = tidy(use, case="org_case") if field == "city" else {"from": use.name}
            yield Field(field, {**mended, **pad}, use.note)
    if (country := by_use.get("address.country_code")) is not None:
        yield row.codes.country(country)


def _lines(by_use: Mapping[str, Use]) -> Iterator[Field]:
    """Street and number in one line, whatever else there is in the second."""
    street, number = by_use.get("address.line1"), by_use.get("address.house_number")
    if street is not None and number is not None:
        both = f"concat_ws(' ', {sql_column(street.name)}, {sql_column(number.name)})"
        yield Field("line1", {"expr": both}, f"{street.note}; {number.note}", (street.name, number.name))
    elif street is not None:
        yield Field("line1", tidy(street, case="org_case"), street.note)
    if (second := by_use.get("address.line2")) is not None:
        yield Field("line2", tidy(second, case="org_case"), second.note)


def _padding(use: Use, name: str, row: Row) -> dict[str, Any]:
    """Zeros that a postcode lost, given back where the country has them."""
    lost = has(use.column, "ZEROS-LOST")
    width = _PADDED.get(row.country or "")
    if not lost or width is None:
        return {}
    has_country = any(other.to == "address.country_code" and other.group == use.group for other in row.uses)
    when = {"when": f"{name}.country_code = '{row.country}'"} if has_country else {}
    return {"pad_left": {"to": width, "with": "0", **when}}
