"""Values of examples: of the same form as those of the source, but of nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from crm_unify.normalise.columns import strings
from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.normalise.text import folded
from crm_unify.records import KINDS

DAY: Final = date(1970, 5, 4)
"""The day of all dates: day, month and year differ"""
_PHONES: Final = {
    "DE": "030 23125101",
    "AT": "+43 1 2345677",
    "GB": "020 7946 0123",
    "US": "202-555-0123",
    "CA": "613-555-0123",
}
"""Numbers kept for fiction, or that nobody can have, by country"""
_FIXED: Final[Mapping[str, str]] = {
    "person.given_name": "Anna",
    "person.middle_name": "Maria",
    "person.family_name": "Example",
    "person.birth_name": "Sample",
    "person.nickname": "Anni",
    "contact_point.email": "anna.example@mail.example",
    "contact_point.web": "https://www.company.example",
    "organisation.website": "https://www.company.example",
    "address.line1": "Example Street 1",
    "address.line2": "Back House",
    "address.city": "Exampleton",
    "support_case.subject": "an example",
    "support_case.description": "an example",
    "order_line.description": "an example",
    "person.job_title": "Clerk",
    "organisation.industry": "Trade",
    "opportunity.title": "an example",
    "activity.subject": "an example",
    "activity.body": "an example",
    "app_user.name": "Anna Example",
    "app_user.email": "anna.example@mail.example",
    **dict.fromkeys((f"{kind}.owner" for kind in KINDS), "anna"),
}
_KEPT: Final = frozenset(
    {
        "branch",
        "person.gender",
        "person.prefix",
        "person.suffix",
        "person.language",
        "address.country_code",
        "consent.flag",
        "account.terms",
        "sales_order.status",
        "sales_order.currency",
        "order_line.currency",
        "support_case.status",
        "support_case.priority",
        "opportunity.stage",
        "opportunity.probability",
        "opportunity.currency",
        "activity.kind",
        "activity.status",
        "organisation.legal_form",
    }
)
"""Targets whose values are codes of the source: they are nobody's"""
_DATES: Final = frozenset(
    {
        "person.birth_date",
        "account.opened",
        "consent.given_at",
        "sales_order.order_date",
        "support_case.opened_at",
        "support_case.closed_at",
        "opportunity.opened",
        "opportunity.expected_close",
        "opportunity.closed",
        "activity.occurred_at",
        "created",
        "updated",
    }
)
_SHAPED: Final = frozenset(
    {
        "key",
        "account.account_no",
        "account.balance",
        "account.credit_limit",
        "sales_order.order_no",
        "sales_order.total",
        "sales_order.customer",
        "order_line.order",
        "order_line.line_no",
        "order_line.sku",
        "order_line.quantity",
        "order_line.unit_price",
        "order_line.amount",
        "support_case.case_no",
        "support_case.customer",
        "opportunity.opportunity_no",
        "opportunity.amount",
        "opportunity.customer",
        "activity.customer",
    }
)


_LAST: Final = frozenset({"branch", "key"})
"""Targets that are asked only where no field knows a mask: a name that decides the branch is a name first.
Codes come before these and behind all others: an address that also gives a code is an address."""


def masked(
    value: str,
    targets: Collection[str],
    *,
    dates: Sequence[str],
    country: str | None,
    nobodys: bool = False,
) -> str | None:
    """A value of nobody in place of one of the source; None where none of its form can be made up.

    A code stays where it is known to be `nobodys`; of another one only the shape does.
    """
    if not nobodys and is_code(targets):
        return shaped(value)
    for target in _ordered(targets):
        mask = _mask(target, dates, country)
        if mask is not None:
            return mask(value)
    return None


def is_code(targets: Collection[str]) -> bool:
    """Whether values of these targets should be codes of the source and nothing else, which may stay."""
    known = (one for one in _ordered(targets) if _mask(one, (), None) is not None)
    return next(known, None) in _KEPT


def _ordered(targets: Collection[str]) -> list[str]:
    return sorted(targets, key=lambda one: (one in _LAST, one in _KEPT, one))


def _mask(target: str, dates: Sequence[str], country: str | None) -> Callable[[str], str | None] | None:
    """How values of a target are masked; None for targets that examples leave out."""
    if target in _KEPT:
        return lambda value: value
    if target in _FIXED:
        return lambda value: _cased(_FIXED[target], value)
    if target in _SHAPED:
        return shaped
    if target in _DATES:
        return lambda value: _dated(value, dates)
    if target in ("contact_point.phone", "contact_point.fax"):
        return lambda value: _PHONES.get(country or "")
    if target == "address.postal_code":
        return lambda value: shaped(value) if value.strip().isdigit() else None
    return {"person.full_name": _full_name, "organisation.name": _company}.get(target)


def shaped(value: str) -> str:
    """The same zeros in front, signs and letters' places; digits and letters of nobody.

    >>> shaped("0001204"), shaped("HD-4711"), shaped("-119.5")
    ('0001234', 'AB-3456', '-123.4')
    """
    front = len(value) - len(value.lstrip("0"))
    made, place = [], 0
    for at, one in enumerate(value):
        place += one.isalnum() and at >= front
        if one.isdigit():
            made.append("0" if at < front else str((place - 1) % 9 + 1))
        elif one.isalpha():
            letter = chr(ord("a") + (place - 1) % 26)
            made.append(letter.upper() if one.isupper() else letter)
        else:
            made.append(one)
    return "".join(made)


def _cased(made: str, value: str) -> str:
    return made.upper() if value.isupper() else made


def _full_name(value: str) -> str:
    return _cased("Example, Anna" if "," in value else "Anna Example", value)


def _company(value: str) -> str:
    """A name with the legal form of the one it stands for."""
    last = value.split()[-1] if value.split() else ""
    known = (folded(strings([last])).to_pylist()[0] or "") in ALIASES
    return _cased("Example Trading", value) + (f" {last}" if known else "")


def _dated(value: str, dates: Sequence[str]) -> str | None:
    for form in dates:
        try:
            datetime.strptime(value.strip(), form)
        except ValueError:
            continue
        return datetime(DAY.year, DAY.month, DAY.day, 9, 30).strftime(form)
    return None
