"""Marks on single values: what a person would stop at when reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, among, lower, matches, negate, present
from crm_unify.normalise.text import mojibake
from pipelines.profile.encodings import MISREAD, misread

Flags = npt.NDArray[np.bool_]

BY_PATTERN: Final = {
    "BLANKS": r"^\s|\s$|[ \t]{2}",
    "LINE-BREAK": r"[\r\n]",
    "CONTROL": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    "INVISIBLE": r"[\x{a0}\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{feff}]",
    "SPREADSHEET": r"^[+-]?9(?:[.,]9+)?A[+-]9+$",
    "DIGIT": r"9",
    "letters": r"[Aa]",
    "plus first": r"^\(?\+",
    "capitals": r"^[^a]*A[^aA]*A[^a]*$",
    "small letters": r"^[^A]*a[^aA]*a[^A]*$",
}
"""Mark -> regular expression over exact patterns, so each pattern is looked at once"""

PLACEHOLDERS: Final = frozenset({
    "-", "--", "---", ".", "..", "...", "?", "??", "???", "*", "/", "_", "0000-00-00", "00.00.0000",
    "00/00/0000", "00000000", "n/a", "na", "n.a.", "n.a", "n/v", "#n/a", "#nv", "#ref!", "#value!",
    "#wert!", "#name?", "none", "null", "(null)", "nil", "nan", "(blank)", "(leer)", "leer", "empty",
    "unknown", "unbekannt", "inconnu", "unk", "tbd", "desconocido", "sconosciuto", "onbekend", "nieznany",
    "k.a.", "keine", "kein", "ohne", "aucun", "nvt", "n.v.t.", "brak", "t.b.d.", "tba", "todo", "xxx", "xx",
    "x", "yyy", "zzz", "none@none.com", "no@email.com", "noemail@noemail.com", "na@na.com", "n@n.com",
    "a@a.com", "x@x.com", "test@test.com", "missing", "undefined", "not known", "not available",
    "not applicable", "nicht bekannt", "k. a.", "keine angabe", "keine angaben",
})  # fmt: skip
"""Texts that stand for nothing, in small letters"""

SEQUENCES: Final = frozenset(
    text[:length]
    for text in ("12345678901234567890", "01234567890123456789", "98765432109876543210")
    for length in range(5, 15)
)
"""Numbers somebody typed to get past the field"""

_TEST: Final = (
    r"(?i)(?:^|[^\pL])(?:test|tests|testing|tester|testkunde|testfirma|dummy|mustermann|musterfrau|musterfirma"
    r"|asdf\pL*|qwert[yz]\pL*|foobar|lorem ipsum|john doe|jane doe|do not use|delete me|bitte löschen"
    r"|nicht verwenden|nicht benutzen)(?:[^\pL]|$)"
)
_TEST_LONGEST: Final = 60
"""Characters; in a longer text "test" is an ordinary word"""
_SCRIPTS: Final = (
    r"\p{Latin}[\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}]\p{Latin}"
    r"|\p{Cyrillic}\p{Greek}|\p{Greek}\p{Cyrillic}"
)


def by_pattern(patterns: Strings) -> dict[str, Flags]:
    """For each mark of BY_PATTERN the patterns that have it."""
    return {mark: _flags(matches(patterns, regex)) for mark, regex in BY_PATTERN.items()}


def by_value(values: Strings, patterns: Strings) -> dict[str, Flags]:
    """Marks that a pattern alone does not give away."""
    short = pc.less_equal(pc.utf8_length(values), _TEST_LONGEST)
    lettered = matches(patterns, "[Aa]")
    folded = lower(values)
    tests: dict[str, tuple[str, Callable[[Strings], Any]]] = {
        "REPEATED": ("^(?:9{3,20}|A{4,20}|a{4,20})$", _one_character),
        "SEQUENCE": ("^9{5,14}$", lambda some: among(some, SEQUENCES)),
        "zero first": ("^99+$", lambda some: matches(some, "^0")),
        "00 first": ("^99", lambda some: matches(some, "^00")),
        "POINT-ZERO": (r"^9{3,}\.9$", lambda some: matches(some, r"\.0$")),
    }
    found = {
        mark: _within(values, _flags(matches(patterns, where)), test) for mark, (where, test) in tests.items()
    }
    found["TEST"] = _within(values, _flags(pc.and_(short, lettered)), lambda some: matches(some, _TEST))
    found["PLACEHOLDER"] = _flags(among(folded, PLACEHOLDERS))
    return found | foreign(values)


def foreign(values: Strings) -> dict[str, Flags]:
    """Marks on values with characters beyond ASCII."""
    beyond = _flags(negate(pc.string_is_ascii(values)))
    lost = _within(values, beyond, lambda some: matches(some, "\ufffd"))
    return {
        "LOST": lost,
        "MOJIBAKE": _within(values, beyond & ~lost, _mojibake),
        "SCRIPTS": _within(values, beyond, lambda some: matches(some, _SCRIPTS)),
    }


def _mojibake(values: Strings) -> Any:
    """Text of UTF-8 read as something else, and letters of DOS and Mac read as Windows'."""
    found = present(mojibake(values).value)
    other = [
        bool(suspect) and misread(text) is not None
        for suspect, text in zip(matches(values, MISREAD).to_pylist(), values.to_pylist(), strict=True)
    ]
    return pc.or_(found, pa.array(other, pa.bool_()))


def _one_character(values: Strings) -> Any:
    """Whether a value is one character again and again."""
    first = pc.utf8_slice_codeunits(values, 0, 1)
    return pc.equal(values, pc.binary_repeat(first, pc.utf8_length(values)))


def _within(values: Strings, where: Flags, test: Callable[[Strings], Any]) -> Flags:
    """A test put to some of the values only; false for the others."""
    found = np.zeros(len(values), np.bool_)
    at = np.flatnonzero(where)
    if len(at):
        found[at] = _flags(test(values.take(pa.array(at))))
    return found


def _flags(mask: Any) -> Flags:
    flags: Flags = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags


def every(by_pattern_marks: Mapping[str, Flags], codes: npt.NDArray[np.int32]) -> dict[str, Flags]:
    """Marks of the patterns as marks of the values that have them."""
    return {mark: flags[codes] for mark, flags in by_pattern_marks.items()}
