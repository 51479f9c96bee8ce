"""Whether something of a person stands in a text: whole words of it, or whole values where it is JSON.

A part of a word is somebody else's: `active` in `Radioactive waste` tells of nobody. Names of JSON members
(headers, row ids) are never looked at.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.schema.tables import CRM_TABLES, TABLES

AFTER_ESCAPE: Final = r"(?<=\\[nrt])"
"""In text that is a piece of JSON, a word may follow on an escaped line break."""
SHORTEST_NUMBER: Final = 7
"""Digits of a number that points to one person; shorter ones are amounts, postcodes and house numbers too."""


def leaves(value: Any) -> Iterator[str]:
    """The texts in a JSON value; keys of objects are names, not values."""
    match value:
        case str():
            yield value.strip()
        case dict():
            for part in value.values():
                yield from leaves(part)
        case list():
            for part in value:
                yield from leaves(part)


def texts_in(text: str) -> Iterator[str]:
    """The texts that a text holds: those of its values, JSON within JSON included, else itself."""
    parsed = _parsed(text)
    if parsed is None:
        yield text
        return
    for leaf in leaves(parsed):
        yield from texts_in(leaf)


def stand_in(text: str, words: tuple[str, ...], spelt: tuple[str, ...]) -> bool:
    """Whether one of the `words` stands in a text; `spelt` are all their forms in text that is no JSON."""
    if not _may_stand_in(text, words):
        return False
    if _parsed(text) is None:
        return _pattern(spelt).search(text) is not None
    return any(_pattern(words).search(one) for one in texts_in(text))


def replaced(value: Any, words: tuple[str, ...], by: str) -> Any:
    """A JSON value whose texts have something else in place of these words."""
    match value:
        case str():
            return _pattern(words).sub(by, value)
        case dict():
            return {name: replaced(part, words, by) for name, part in value.items()}
        case list():
            return [replaced(part, words, by) for part in value]
    return value


def is_strong(kind: str, text: str) -> bool:
    """Whether a value points to one person: an address, number or identifier, or a name of several words."""
    if kind == "name":
        return len(text.split()) > 1
    return not text.isdigit() or len(text) >= SHORTEST_NUMBER


STRONG: Final = {
    "contact_point": {"value_raw": "trait", "value_norm": "trait"},
    "party_identifier": {"value": "trait"},
    "account": {"account_no": "trait"},
    "person": {"full_name": "name"},
    "organisation": {"name": "name"},
}
"""Fields, of claims and of the CRM, that may point to one person, and how they do."""


@cache
def nameless(table: str) -> frozenset[str]:
    """Columns whose values describe nobody: ids, references, the system, and those of a fixed vocabulary."""
    columns = TABLES[table].columns
    ids = {c.name for c in columns if c.name == "id" or c.name.endswith("_id") or c.foreign_keys}
    return frozenset({"system", *ids, *(check.partition(" ")[0] for check in _checks(table))})


@cache
def vocabulary() -> frozenset[str]:
    """Every word of a fixed vocabulary of the CRM: `active`, `opted_out` ..."""
    checks = [check for name in CRM_TABLES for check in _checks(name)]
    return frozenset(word for check in checks for word in re.findall(r"'([^']*)'", check))


def _checks(table: str) -> list[str]:
    """The conditions of a table as SQL: ``status IN ('active', ...)``."""
    return [str(c.sqltext) for c in TABLES[table].constraints if isinstance(c, sa.CheckConstraint)]


def _parsed(text: str) -> Any:
    """A JSON object, list or string; None of anything else."""
    if not text[:1] or text[0] not in '{["':
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _may_stand_in(text: str, words: tuple[str, ...]) -> bool:
    """A quick look first: most texts tell of nobody."""
    low = text.lower()
    return "\\u" in low or "&" in low or any(part in low for part in _fragments(words))


@cache
def _fragments(words: tuple[str, ...]) -> tuple[str, ...]:
    """Of each word the longest piece that stands as it is in every spelling."""
    pieces = (re.split(r"[^ -~]|[\"\\&<>']", word.lower()) for word in words)
    return tuple(sorted({max(some, key=len) for some in pieces}))


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these as whole words, the longest first; nothing of none."""
    parts = [_whole(word) for word in sorted(words, key=lambda word: (-len(word), word))]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _whole(word: str) -> str:
    """The word, and no letter or digit beside it where scripts part words by blanks."""
    start = rf"(?:(?<![^\W_])|{AFTER_ESCAPE})" if _parts_words(word[0]) else ""
    return start + re.escape(word) + (r"(?![^\W_])" if _parts_words(word[-1]) else "")


def _parts_words(sign: str) -> bool:
    return sign.isalnum() and unicodedata.category(sign) != "Lo"
