"""How long a text an expression may make: a function that makes text of any length says how long it gets.

``rpad(NAME, 2000000000)`` is a pure function of one row and would still fill the memory of the machine before
anybody could stop it, so the length must stand there as a number within a bound. What a row makes of texts
that it has is bounded by those.
"""

from __future__ import annotations

import re
from typing import Any, Final

LONGEST: Final = 100_000
"""Characters of the longest text an expression may make: more than any field of a customer needs."""
_PADDING: Final = frozenset({"lpad", "rpad"})
_FORMATS: Final = frozenset({"format", "printf"})
_WIDE: Final = re.compile(rf"\d{{{len(str(LONGEST))},}}|\*|\{{[^}}]*\{{")
"""A width of six digits or more, or one that is given by another value."""


def endless(node: dict[str, Any], name: str) -> str | None:
    """Why the call of a function in a parse tree may make a text without end; None when it cannot."""
    arguments = node["children"]
    if name in _PADDING and not _within(arguments[1:2]):
        return f"'{name}' needs its length as a plain number up to {LONGEST:,}"
    if name in _FORMATS and not _plain(arguments[:1]):
        return f"'{name}' needs a plain text as its format, with widths below {LONGEST:,}"
    return None


def _within(arguments: list[dict[str, Any]]) -> bool:
    value = _constant(arguments)
    return isinstance(value, int) and value <= LONGEST


def _plain(arguments: list[dict[str, Any]]) -> bool:
    value = _constant(arguments)
    return isinstance(value, str) and _WIDE.search(value) is None


def _constant(arguments: list[dict[str, Any]]) -> object:
    """The value of the one argument when it is written out, else None."""
    if len(arguments) != 1 or arguments[0]["class"] != "CONSTANT":
        return None
    found: object = arguments[0]["value"].get("value")
    return found
