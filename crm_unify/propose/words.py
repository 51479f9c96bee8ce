"""What headers say beyond the roles of matching: balances, orders, consents; whom a column is about."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from crm_unify.normalise.columns import strings
from crm_unify.normalise.text import folded
from crm_unify.roles.headers import header_words
from pipelines.bare.headers import header_words as known_headers

WHOLE, QUALIFIED, PARTLY = 0.92, 0.88, 0.7
"""Certainty of a header that is known as it stands, one with words besides that only say whose it is, and one
that ends with a known header"""
_SEPARATOR: Final = " | "


@dataclass(frozen=True, slots=True)
class Guess:
    """One target a header may mean."""

    target: str
    """`account.balance`, `source.created`, `consent.email`, `technical`"""
    certainty: float
    words: str
    """The known header that was found in it"""


def field_guesses(header: str, *, prefixes: tuple[str, ...] = ("",)) -> tuple[Guess, ...]:
    """The targets a header may mean that start with one of `prefixes`, the likeliest first."""
    found: dict[str, Guess] = {}
    for guess in _guesses(header_words(header)):
        known = found.get(guess.target)
        if guess.target.startswith(prefixes) and (known is None or guess.certainty > known.certainty):
            found[guess.target] = guess
    return tuple(sorted(found.values(), key=lambda guess: (-guess.certainty, guess.target)))


def _guesses(tokens: list[str]) -> Iterator[Guess]:
    """Every run of words that is a known header; then the same with short words written out."""
    for words in (tokens, _written_out(tokens)):
        for start in range(len(words)):
            for stop in range(start + 1, len(words) + 1):
                certainty = _certainty(words, start, stop)
                for target in _fields().get("".join(words[start:stop]), ()) if certainty else ():
                    yield Guess(target, certainty, " ".join(words[start:stop]).lower())


def _written_out(tokens: list[str]) -> list[str]:
    """The words of a header with each short one in full, also where several stand without a break.

    >>> _written_out(["ORDDATE"]), _written_out(["CRED", "LIM"])
    (['ORDER', 'DATE'], ['CREDIT', 'LIMIT'])
    """
    return [word for token in tokens for word in (_parted(token) or [token])]


def _parted(token: str) -> list[str]:
    """Short words that make up a whole one, the longest first; none where something is left over."""
    if not token:
        return []
    for length in range(len(token), 1, -1):
        word = _short().get(token[:length])
        rest = _parted(token[length:])
        if word is not None and (rest or length == len(token)):
            return [word, *rest]
    return []


def _certainty(tokens: list[str], start: int, stop: int) -> float:
    """How much of a header a run of its words is; 0 where the rest says something else."""
    rest = tokens[:start] + tokens[stop:]
    if not rest:
        return WHOLE
    if all(word in known_headers().filler_words or word.isdigit() or len(word) == 1 for word in rest):
        return QUALIFIED
    return PARTLY if stop == len(tokens) and len("".join(tokens[start:stop])) > len("".join(rest)) else 0.0


def about_others(header: str) -> str | None:
    """The word of a header that says it is about somebody or some place else: spouse, birthplace."""
    tokens = header_words(header)
    runs = {
        "".join(tokens[start:stop]) for start in range(len(tokens)) for stop in range(start, len(tokens) + 1)
    }
    found = sorted(runs & _others().keys())
    return _others()[found[0]] if found else None


def label_of(header: str) -> str | None:
    """Which of several numbers or addresses a header means: mobile, home, work."""
    tokens = header_words(header)
    runs = [
        "".join(tokens[start:stop])
        for start in range(len(tokens))
        for stop in range(start + 1, len(tokens) + 1)
    ]
    for label, words in _labels().items():
        if any(
            run in words or any(run.startswith(word) for word in words if len(word) >= _GLUED) for run in runs
        ):
            return label
    return None


def table_kinds(name: str) -> tuple[str, ...]:
    """What the name of a table says its rows are, the longest words first: `activity.call`, `app_user`."""
    tokens = header_words(name)
    runs = [tokens[start:stop] for start in range(len(tokens)) for stop in range(start + 1, len(tokens) + 1)]
    runs.sort(key=lambda run: -len("".join(run)))
    return tuple(dict.fromkeys(kind for run in runs for kind in _tables().get("".join(run), ())))


def standard_use(reader: str, column: str) -> str | None:
    """What the standard of a format says a column is, and the second one of its name; None for others."""
    return _standards().get((reader, column.partition(" (")[0]))


@cache
def _standards() -> Mapping[tuple[str, str], str]:
    return {(row["reader"], row["column"]): row["use"] for row in _rows("standards.csv")}


_GLUED: Final = 5
"""Letters of a word by which a header may begin without a break: BILLINGCITY"""


@cache
def _fields() -> Mapping[str, tuple[str, ...]]:
    """Squashed header -> the targets it stands for."""
    return _by_words("fields.csv", "target", "headers")


@cache
def _tables() -> Mapping[str, tuple[str, ...]]:
    """Squashed name of a table -> what its rows may be."""
    return _by_words("tables.csv", "kind", "words")


def _by_words(name: str, means: str, words: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in _rows(name):
        for key in _squashed(row[words]):
            if row[means] not in found.setdefault(key, []):
                found[key].append(row[means])
    return {key: tuple(targets) for key, targets in found.items()}


@cache
def _short() -> Mapping[str, str]:
    return {row["short"]: row["word"].upper() for row in _rows("headers_short.csv")}


@cache
def _others() -> Mapping[str, str]:
    return {
        key: text
        for row in _rows("headers_others.csv")
        for key, text in zip(_squashed(row["words"]), row["words"].split(_SEPARATOR), strict=True)
    }


@cache
def _labels() -> Mapping[str, frozenset[str]]:
    return {row["label"]: frozenset(_squashed(row["words"])) for row in _rows("headers_labels.csv")}


def _squashed(words: str) -> list[str]:
    return [(text or "").replace(" ", "") for text in folded(strings(words.split(_SEPARATOR))).to_pylist()]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (files("mappings") / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)
