"""Columns of databases that say which rows are new, and how a database is asked for these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

_PLAIN: Final = re.compile(r"[0-9TZ:.+ -]+")
"""Characters of numbers and times; nothing else is ever put into a condition."""
_TEXT: Final = "text"
_OTHER_TEXT: Final = "other text"
_KINDS: Final = ("integer", _TEXT, "null")
"""What SQLite may hold in a cursor."""


def since(column: str, low: str) -> str:
    r"""Condition for rows whose cursor (an identifier in its quotation marks) is `low` or greater, or empty.

    >>> since('"CHANGED"', "2026-01-01 00:00:00")
    '("CHANGED" >= \'2026-01-01 00:00:00\' OR "CHANGED" IS NULL)'
    """
    if _PLAIN.fullmatch(low) is None:
        msg = f"{low!r} is neither a number nor a time"
        raise ValueError(msg)
    value = low if re.fullmatch(r"-?\d+", low) else f"'{low}'"
    return f"({column} >= {value} OR {column} IS NULL)"


def unfit_type(kind: sa.types.TypeEngine[Any], lag: str | int | None) -> str | None:
    """Why a column of this type can be no cursor with this lag; None where it can."""
    if isinstance(kind, sa.Integer):
        return _unfit_lag(lag, number=True)
    if isinstance(kind, sa.DateTime | sa.Date):
        return _unfit_lag(lag, number=False)
    return f"it is of type {kind}, and a cursor is a whole number, a date or a time"


def _unfit_lag(lag: str | int | None, *, number: bool) -> str | None:
    if lag is None or isinstance(lag, int) is number:
        return None
    return f"it holds {'whole numbers' if number else 'times'}, and the lag {lag} is no such thing"


def kinds_of(column: str, table: str) -> str:
    """Query for the kinds of values that a column of SQLite holds.

    Texts that are no times are told apart, and those that are by the form they are written in.
    """
    kind = f"typeof({column})"
    odd = f"{kind} = 'text' AND {column} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"
    # what stands between day and time, and after the seconds: these decide the order of texts as well
    form = f"'{_TEXT}' || substr({column}, 11, 1) || ltrim(substr({column}, 17), ':.0123456789')"
    cases = f"CASE WHEN {odd} THEN '{_OTHER_TEXT}' WHEN {kind} = 'text' THEN {form} ELSE {kind} END"
    return f"SELECT DISTINCT {cases} FROM {table} ORDER BY 1"


def unfit_kinds(found: Sequence[str], lag: str | int | None) -> str | None:
    """Why a column that holds such values can be no cursor with this lag; None where it can."""
    forms = [kind.removeprefix(_TEXT) for kind in found if kind.startswith(_TEXT)]
    found = [_TEXT if kind.startswith(_TEXT) else kind for kind in found]
    odd = [kind for kind in found if kind not in _KINDS]
    if odd:
        return f"it holds values of kind {' and '.join(odd)}, and a cursor is a whole number or an ISO time"
    if {"integer", _TEXT} <= set(found):
        return "it holds both numbers and texts"
    if len(forms) > 1:
        return f"it holds times in several forms, {_listed(forms)}, and these are compared as texts"
    return _unfit_lag(lag, number="integer" in found) if set(found) - {"null"} else None


def _listed(forms: Sequence[str]) -> str:
    return " and ".join(f"2026-03-01{form[0]}12:00:00{form[1:]}" if form else "2026-03-01" for form in forms)
