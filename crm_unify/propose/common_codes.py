"""Which texts of code columns are nobody's, so that an example may show them as they are.

People write names and towns into every column. A text stands as it is when the project says it anyway, when
it is a word of a fixed vocabulary, or when it is frequent among few others and no name: seen in several
different rows of a column with few texts, neither listed as a given name nor a word of the names and towns
of the same rows, and nothing by which somebody can be reached. All else is masked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.normalise.name_words import GENERATIONS, TITLE
from crm_unify.normalise.text import folded
from crm_unify.propose.masks import is_code
from crm_unify.roles.given_names import given_names

ROWS: Final = 5
"""Different rows that have a text, from which on it can be a code: fewer may be one family."""
TEXTS: Final = 30
"""Different texts that a column of codes has at most: a column of towns or remarks has more."""
SHORTEST_NAME: Final = 3
"""Letters of a word from which on it may be a name."""
REACHING_DIGITS: Final = 6
"""Digits of a text from which on it may be a phone number, a birthday or an account."""
_NAMING: Final = frozenset(
    {
        *(f"person.{part}" for part in ("full_name", "given_name", "middle_name", "family_name")),
        *("person.birth_name", "person.nickname", "organisation.name", "app_user.name", "address.city"),
    }
)
"""Targets whose words are names."""
_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'")
_TITLE: Final = re.compile(rf"(?i){TITLE}")
_WEB: Final = re.compile(r"(?i)@|://|\bwww\.")
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class CommonCodes:
    """The texts of code columns that may be shown."""

    frequent: Mapping[str, frozenset[str]]
    """By column, trimmed."""
    said: frozenset[str]
    """Texts that conditions of the rules name."""

    def shows(self, column: str, text: str) -> bool:
        """Whether a text of this column may stand as it is."""
        value = text.strip()
        return value in self.said or is_vocabulary(value) or value in self.frequent.get(column, ())


def common_codes(
    rows: pa.Table, targets: Mapping[str, Collection[str]], conditions: Iterable[str]
) -> CommonCodes:
    """What may be shown of the code columns of these rows, whose columns are the headers.

    `targets` tells where each column goes, `conditions` are those of the rules.
    """
    said = frozenset(text.replace("''", "'") for when in conditions for text in _LITERAL.findall(when))
    known = [name for name in rows.column_names if targets.get(name)]
    different = rows.select(known).group_by(known).aggregate([]) if known else rows.slice(0, 0)
    names = _names(different, [name for name in known if _NAMING & set(targets[name])])
    frequent = {name: _frequent(different[name], names) for name in known if is_code(targets[name])}
    return CommonCodes(frequent, said)


def _frequent(column: pa.ChunkedArray, names: frozenset[str]) -> frozenset[str]:
    counts = pc.value_counts(pc.utf8_trim_whitespace(column).drop_null())
    if len(counts) > TEXTS:
        return frozenset()
    listed = [(one["values"], one["counts"]) for one in counts.to_pylist()]
    frequent = (text for text, rows in listed if rows >= ROWS)
    return frozenset(text for text in frequent if not _words(text) & names and not reaches_somebody(text))


def _names(rows: pa.Table, columns: Iterable[str]) -> frozenset[str]:
    """Words of the names and towns in these columns, and all given names that are listed."""
    texts = {text for name in columns for text in pc.unique(rows[name]).to_pylist() if text}
    return given_names() | {word for text in texts for word in _words(text)}


def _words(text: str) -> frozenset[str]:
    plain = folded(pa.array([text], pa.string())).to_pylist()[0] or ""
    return frozenset(word for word in _WORD.findall(plain.upper()) if len(word) >= SHORTEST_NAME)


def reaches_somebody(text: str) -> bool:
    """Whether a text may be an address in the web, a phone number or a day: no code, however frequent.

    >>> [reaches_somebody(one) for one in ("net 30", "info@acme.example", "030 2312510", "www.acme.example")]
    [False, True, True, True]
    """
    return _WEB.search(text) is not None or sum(one.isdigit() for one in text) >= REACHING_DIGITS


def is_vocabulary(value: str) -> bool:
    """Whether a text says nothing of a person by itself: a character, a country, a currency, a title."""
    if len(value) <= 1 or value.upper() in _listed():
        return True
    word = value.lower().strip(".")
    return word in GENERATIONS or word in ALIASES or _TITLE.fullmatch(f"{value} ") is not None


@cache
def _listed() -> frozenset[str]:
    import pycountry

    countries = {country.alpha_2 for country in pycountry.countries}
    return frozenset({*countries, *(currency.alpha_3 for currency in pycountry.currencies)})
