"""How the text of a table is read: date formats, decimal sign, words for nothing, countries, name order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from crm_unify.propose.columns import Use
from pipelines.profile.interface import ColumnProfile, TableProfile

DATES: Final = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%b %d, %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
)
"""Formats that are tried on the examples of a column, in this order"""
_ORDERS: Final = {"mdy": "%m", "dmy": "%d"}
_LIST_READERS: Final = frozenset({"xlsx", "xls", "ods"})
_DATED: Final = frozenset(
    {
        "person.birth_date",
        "account.opened",
        "consent.given_at",
        "source.created",
        "source.updated",
        "sales_order.order_date",
        "support_case.opened_at",
        "support_case.closed_at",
        "opportunity.opened",
        "opportunity.expected_close",
        "opportunity.closed",
        "activity.occurred_at",
    }
)
_MONEY: Final[Mapping[str, str]] = {
    "US": "USD",
    "GB": "GBP",
    "CH": "CHF",
    "PL": "PLN",
    "CA": "CAD",
    "AU": "AUD",
    "SE": "SEK",
    "DK": "DKK",
    "NO": "NOK",
    "CZ": "CZK",
    "HU": "HUF",
    "JP": "JPY",
    "IN": "INR",
    "BR": "BRL",
    "MX": "MXN",
    "NZ": "NZD",
    "ZA": "ZAR",
    "RO": "RON",
    "TR": "TRY",
}
"""Currencies of countries outside the euro area"""
AMOUNTS: Final = (
    "account.balance",
    "account.credit_limit",
    "sales_order.total",
    "order_line.amount",
    "order_line.unit_price",
    "opportunity.amount",
)


def parse_block(
    table: TableProfile, uses: Sequence[Use], country: str | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The block `parse`, and why its keys are so; `country` is that of phones without calling code."""
    made: dict[str, Any] = {}
    notes: dict[str, str] = {}
    dated = [use.column for use in uses if use.to in _DATED and use.column.filled]
    if dates := date_formats(dated):
        made["dates"], notes["dates"] = dates, f"as {_names(dated)} write them, the most frequent first"
    if table.reader in _LIST_READERS and any(_has(column, "DATE-SERIAL") for column in dated):
        made["excel_dates"] = "1900"
        notes["excel_dates"] = "some dates are numbers that count days as a spreadsheet does"
    if any(way.name == "decimal comma" for use in uses for way in use.column.ways) or _commas(uses):
        made["decimal"], notes["decimal"] = ",", "amounts have a decimal comma"
    made |= _tokens(table, notes)
    made |= _places(uses, country, notes)
    return made, notes


def date_formats(columns: Sequence[ColumnProfile]) -> list[str]:
    """The formats in which dates are written, the most frequent first."""
    rows: dict[str, int] = {}
    for column in columns:
        for text, count in _written(column):
            if (found := _format_of(text, column)) is not None:
                rows[found] = rows.get(found, 0) + count
    ordered = sorted(rows, key=lambda one: (-rows[one], one))
    whole = [one.partition("T")[0].partition(" %H")[0] for one in ordered if "%H" in one]
    return list(dict.fromkeys([*ordered, *(one for one in whole if one in DATES)]))


def _written(column: ColumnProfile) -> Iterator[tuple[str, int]]:
    """Texts of a column that stand for its ways of writing dates, each with rows."""
    yield from ((way.example, way.rows) for way in column.ways)
    if not column.ways:
        yield from ((one.value, one.rows) for one in column.top[:5])
    yield from ((one.example, one.rows) for one in column.patterns.top)


def _format_of(text: str, column: ColumnProfile) -> str | None:
    """The format of one text; where day and month could be either, the order of the column decides."""
    own = [way.strptime for way in column.ways if way.strptime is not None and way.example == text]
    lead = _ORDERS.get(column.role.order or "", "")
    fitting = [one for one in (*own, *DATES) if _reads(text.strip(), one)]
    fitting.sort(key=lambda one: bool(lead) and one[:2] in _ORDERS.values() and not one.startswith(lead))
    return fitting[0] if fitting else None


def day_of(text: str, column: ColumnProfile) -> date | None:
    """The day that a text of a column means, None where no format reads it."""
    form = _format_of(text, column)
    return None if form is None else datetime.strptime(text.strip(), form).date()


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _commas(uses: Sequence[Use]) -> bool:
    """Whether amounts are written with a decimal comma throughout, which no way of writing tells then."""
    kinds = [use.column.type for use in uses if use.to in AMOUNTS]
    return any(name == "decimal comma" and rows > 0 for kind in kinds for name, rows in kind.mix)


def _tokens(table: TableProfile, notes: dict[str, str]) -> dict[str, Any]:
    """Words that stand for nothing, and dates of zeros."""
    found = {
        example.value.strip(): column.name
        for column in table.columns
        for one in column.suspicions
        if one.code in ("PLACEHOLDER", "DATE-ZERO") and column.type.name != "boolean"
        for example in one.examples
    }
    words = sorted(word for word in found if word and (word.strip("0") or len(word) >= _ZEROS))
    words = [word for word in words if not (word.isalpha() and len(word) <= _SHORT and word in _codes(table))]
    if not words:
        return {}
    notes["null_tokens"] = f"stand for nothing in {', '.join(sorted(set(found.values()))[:4])}"
    return {"null_tokens": ["", *words]}


def _codes(table: TableProfile) -> set[str]:
    """Values of columns with few of them: a word for nothing in one column may be a code in another."""
    few = (column for column in table.columns if 1 < column.distinct <= _FEW)
    return {one.value.strip() for column in few for one in column.top}


_ZEROS, _SHORT, _FEW = 6, 3, 20
"""Zeros from which on they are no number; letters up to which a word may be a code; values of few codes"""


def _places(uses: Sequence[Use], country: str | None, notes: dict[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if country is not None and any(use.to in ("contact_point.phone", "contact_point.fax") for use in uses):
        made["phone_country"], notes["phone_country"] = (
            country,
            "of numbers without calling code, by their form or that of other tables",
        )
    if country is not None and any(use.to == "address.postal_code" for use in uses):
        made["country"], notes["country"] = country, "of addresses that name none, as that of the phones"
    currency = _MONEY.get(country or "")
    if currency is not None and any(use.to in AMOUNTS for use in uses):
        made["currency"], notes["currency"] = currency, f"of {country}; no column says it"
    names = [use for use in uses if use.to in ("person.full_name", "contact", "party")]
    if any(use.column.role.order == "family_first" for use in names):
        made["name_order"], notes["name_order"] = "family_first", f"as {names[0].name} writes them"
    return made


def _has(column: ColumnProfile, code: str) -> bool:
    return any(one.code == code for one in column.suspicions)


def _names(columns: Sequence[ColumnProfile]) -> str:
    names = [column.name for column in columns]
    return ", ".join(names[:4]) + (" and others" if len(names) > 4 else "")
