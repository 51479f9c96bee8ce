"""What kind of thing a value is by its pattern, and what kind a column is by the rows of each.

A pattern is judged once for all values that have it, so a column of a million dates is judged a few times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crm_unify.normalise.columns import Strings, matches
from pipelines.profile.interface import TypeGuess

Shapes = npt.NDArray[np.int8]

_TIME: Final = r"(?:[T ]|A| +)99?:99(?::99(?:[.,]9+)?)?(?: ?(?:AA|aa))?(?: ?(?:A|[+-]99:?99))?"
_PLAIN: Final = r"9{1,3}(?:[., ']999)+(?:[.,]9+)?|9+(?:[.,]9+)?"
_WORDED: Final = r"99?(?:\.|aa|AA)?[ -](?:Aaa+|AAA+|aaa+)\.?,?[ -]9{2}(?:99)?|(?:Aaa+|AAA+)\.? 99?,? 9999"
_LAST: Final = r"99?-99?-99(?:99)?|99?/99?/99(?:99)?|99?\. ?99?\. ?99(?:99)?"

SHAPES: Final = {
    "eight digits": r"9{8}",
    "integer": r"[+-]?9+|9+-",
    "decimal point": r"[+-]?9*\.9+|9+\.9+-",
    "decimal comma": r"[+-]?9*,9+|9+,9+-",
    "grouped": r"[+-]?9{1,3}(?:[., ']999)+(?:[.,]9+)?-?",
    "spreadsheet number": r"[+-]?9(?:[.,]9+)?A[+-]9+",
    "money": rf"(?:[€$£¥] ?|AAA )-?(?:{_PLAIN})|(?:{_PLAIN})-?(?: ?[€$£¥]| AAA)",
    "percent": rf"-?(?:{_PLAIN}) ?%",
    "year first": r"9999(?:-99?-99?|/99?/99?|\.99?\.99?)",
    "year first, time": rf"(?:9999(?:-99?-99?|/99?/99?|\.99?\.99?)|9{{8}}){_TIME}",
    "year last": _LAST,
    "year last, time": rf"(?:{_LAST}){_TIME}",
    "month in words": _WORDED,
    "time": r"99?:99(?::99)?",
    "email": r"[Aax9._%+'&-]+@[Aax9-]+(?:\.[Aax9-]+)*\.[Aax]{2,}",
    "url": r"[Aa]{4,5}://.*|[Aa]{3}\.[Aax9-]+(?:\.[Aax9-]+)*\.[Aax]{2,}(?:/.*)?",
    "phone": r"[+(]*9(?:[ ()/.\-]*9){5,}",
    "uuid": r"\{?[9Aa]{8}-[9Aa]{4}-[9Aa]{4}-[9Aa]{4}-[9Aa]{12}\}?",
    "code": r"[Aax._/#:&+-]*9[Aax9._/#:&+-]*",
    "word": r"[Aax.'-]+",
    "text": r"(?s).*",
}
"""Kind of shape -> pattern that a whole pattern of a value fits; the first that fits decides"""

NAMES: Final = tuple(SHAPES)
DATED: Final = frozenset({
    "year first", "year first, time", "year last", "year last, time", "month in words",
})  # fmt: skip
TIMED: Final = frozenset({"year first, time", "year last, time"})
WHOLE: Final = frozenset({"integer", "eight digits"})
NUMERIC: Final = WHOLE | frozenset({ "decimal point", "decimal comma", "grouped"})

_FAMILIES: Final = {
    "integer": WHOLE,
    "decimal": NUMERIC | {"spreadsheet number"},
    "money": NUMERIC | {"money"},
    "percent": NUMERIC | {"percent"},
    "date": DATED - TIMED,
    "date-time": DATED,
    "time": frozenset({"time"}),
    "email": frozenset({"email"}),
    "url": frozenset({"url"}),
    "phone": WHOLE | {"phone"},
    "code": WHOLE | {"code", "uuid"},
}
"""Type -> shapes that go with it; of two that take in as many rows the earlier is meant"""
_OWN: Final = {
    "decimal": frozenset({"decimal point", "decimal comma", "grouped"}), "money": frozenset({"money"}),
    "percent": frozenset({"percent"}), "date-time": TIMED, "phone": frozenset({"phone"}),
    "code": frozenset({"code", "uuid"}),
}  # fmt: skip
"""Type -> shapes without which a column is not of it: some rows at least must have them"""
_OWN_LEAST: Final = 0.02
_DECIDED: Final = 0.8
"""Share of the filled rows from which on a column is of a type; below it is text"""

YES_NO: Final = frozenset({
    "yes", "no", "y", "n", "true", "false", "t", "f", "ja", "nein", "j", "oui", "non", "si", "sí", "sì",
    "nee", "tak", "nie", "sim", "não", "s", "0", "1", "x", "-1",
})  # fmt: skip
"""How yes and no are written"""


def shapes_of(patterns: Strings) -> Shapes:
    """Index in NAMES of the shape of each pattern."""
    found: Shapes = np.full(len(patterns), -1, np.int8)
    for place, pattern in enumerate(SHAPES.values()):
        open_ = np.flatnonzero(found < 0)
        if not len(open_):
            break
        mask: Any = matches(patterns.take(open_), f"^(?:{pattern})$")
        found[open_[mask.to_numpy(zero_copy_only=False)]] = place
    return found


def type_name(shapes: Mapping[str, int], filled: int, *, eight: bool) -> tuple[str, float]:
    """The type of a column by the rows of each shape, and its share of the filled rows.

    `eight`: numbers of eight digits are days.
    """
    if not filled:
        return "empty", 1.0
    held = {
        name: sum(shapes.get(shape, 0) for shape in family_of(name, eight=eight)) for name in _FAMILIES
        if name not in _OWN or sum(shapes.get(shape, 0) for shape in _OWN[name]) >= _OWN_LEAST * filled
    }  # fmt: skip
    name = max(held, key=lambda one: held[one])
    if held[name] < _DECIDED * filled:
        return "text", 1.0
    return name, held[name] / filled


def family_of(name: str, *, eight: bool) -> frozenset[str]:
    """The shapes that a type takes in; all for text."""
    family = _FAMILIES.get("integer" if name == "digits" else name, frozenset(NAMES))
    if not eight:
        return family
    return family | {"eight digits"} if name in ("date", "date-time") else family - {"eight digits"}


def as_guess(name: str, share: float, shapes: Mapping[str, int]) -> TypeGuess:
    """A type with the rows of each shape, without a range yet."""
    mix = sorted(((shape, rows) for shape, rows in shapes.items() if rows), key=lambda one: (-one[1], one[0]))
    return TypeGuess(name, share, tuple(mix), None, None)
