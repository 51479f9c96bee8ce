"""What a person should look at in a column, by its values alone: marks, fillers, lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from crm_unify.normalise.columns import strings
from crm_unify.normalise.text import mojibake
from crm_unify.roles.interface import ColumnRole, Role
from pipelines.profile.encodings import misread
from pipelines.profile.interface import Counted, Suspicion, TypeGuess
from pipelines.profile.marks import PLACEHOLDERS
from pipelines.profile.shapes import family_of
from pipelines.profile.tally import Tally
from pipelines.profile.values import Values

EXAMPLES: Final = 5
CONSTANT_ROWS: Final = 20
"""Rows from which on a column that always says the same says nothing"""

_FILLER_LEAST: Final = 10
_FILLER_TIMES: Final = 20
_FILLER_ALONE: Final = 1.25
"""A filler stands in so many rows, so many times as often as the others, which stand so often at most"""
_FILLERS_MOST: Final = 5
_CUT_SHORTEST: Final = 12
_CUT_LEAST: Final = 5
_CUT_TIMES: Final = 3
_CUT_MOST: Final = 0.3
"""A field of that width cuts texts: so many different ones end there, so many times as many as just before,
and no larger share of all: else the texts are made by a template"""

_NAMES: Final = frozenset(
    {Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME, Role.MIDDLE_NAME, Role.BIRTH_NAME}
)
_LONG: Final = frozenset({Role.TEXT, Role.ADDRESS})
_FREE: Final = frozenset({Role.POSTCODE, Role.HOUSE_NUMBER, Role.UNIT, Role.TEXT})
"""Roles whose values may be of any form"""
_NO_FILLERS: Final = frozenset({"date", "date-time", "boolean", "decimal", "money", "percent"})
"""Types of which the same value may stand as often as it likes: nothing is owed by many"""
_DAYS: Final = frozenset({"date", "date-time"})
_DAY_ZERO: Final = date(1899, 12, 30)
_FIRST_DAY, _LAST_DAY = 1_000, 73_000
"""Excel's calendar of 1900: its day zero, and days of 1902 and 2099"""
_WHAT: Final = {
    "integer": "no whole number", "digits": "more than digits", "decimal": "no number", "money": "no amount",
    "percent": "no number", "date": "no date", "date-time": "no date", "time": "no time of day",
    "email": "no e-mail address", "url": "no web address", "phone": "no phone number",
    "code": "no code",
}  # fmt: skip
_SIMPLE: Final = {
    "TEST": "look like test data",
    "LOST": "hold U+FFFD: characters were lost when they were read with the wrong encoding",
    "CONTROL": "hold control characters",
    "INVISIBLE": "hold characters one cannot see (no-break or zero-width spaces, marks of direction)",
    "SCRIPTS": "mix Latin with Cyrillic or Greek letters in one word: they look alike and are not",
    "SPREADSHEET": "hold a power of ten: a spreadsheet took a code for a number, its last digits are lost",
    "POINT-ZERO": "end in .0: a spreadsheet took a code for a number",
    "BLANKS": "hold blanks too many: around the text, or several in a row",
}  # fmt: skip


def suspicions(
    values: Values, guess: TypeGuess, role: ColumnRole, *, days: bool = False
) -> list[Suspicion]:
    """Everything but dates, in no order; `days`: numbers of eight digits are days."""
    if not values.filled:
        return [Suspicion("EMPTY", "have nothing in this column", values.rows, 0, ())] if values.rows else []
    found = [_of("CONSTANT", "all say the same", values.top[:1])] if _constant(values) else []
    for code, sentence in _SIMPLE.items():
        tally = values.looks.tally(code)
        if tally.rows:
            found.append(_tallied(code, sentence, tally))
    found += _encodings(values)
    if role.role not in _FREE:
        found += _outside(values, guess, days=days)
    found += _placeholders(values, guess)
    found += _fillers(values, guess)
    found += _typed(values, role)
    found += _by_role(values, role)
    return found


def cut_length(values: Values, guess: TypeGuess) -> int | None:
    """Width of the field that cut texts off, if one did."""
    if guess.name not in ("text", "email", "url") or not values.by_length:
        return None
    ends = {length: distinct for length, _, distinct in values.by_length}
    longest = max(ends)
    before = max(ends.get(longest - 1, 0), ends.get(longest - 2, 0), 1)
    least = max(_CUT_LEAST, _CUT_TIMES * before)
    cut = longest >= _CUT_SHORTEST and least <= ends[longest] <= _CUT_MOST * values.distinct
    return longest if cut else None


def _constant(values: Values) -> bool:
    return values.distinct == 1 and values.filled >= CONSTANT_ROWS


def _encodings(values: Values) -> Iterator[Suspicion]:
    """Text in the wrong encoding, with what it probably said and how it was spoilt."""
    tally = values.looks.tally("MOJIBAKE")
    if not tally.rows:
        return
    first = tally.top[0][0]
    how = misread(first)
    if how is None:
        likely = mojibake(strings([first])).value.to_pylist()[0]
        yield _tallied("MOJIBAKE", "hold text that was read in a wrong encoding", tally, likely)
    else:
        times = "" if how.times == 1 else " twice over"
        yield _tallied("MOJIBAKE", f"hold {how.was} that was read as {how.read_as}{times}", tally, how.right)


def _outside(values: Values, guess: TypeGuess, *, days: bool) -> Iterator[Suspicion]:
    """Values of another type than the rest; words that stand for nothing are told apart."""
    if guess.name not in _WHAT:
        return
    family = family_of(guess.name, eight=days)
    shapes = [shape for shape in values.looks.shapes if shape not in family]
    if guess.name in _DAYS and "integer" in shapes:
        serial = _serial(values.looks.by_shape["integer"])
        if serial is not None:
            yield serial
            shapes.remove("integer")
    tallies = [values.looks.by_shape[shape] for shape in shapes]
    every = sorted((one for tally in tallies for one in tally.top), key=lambda one: (-one[1], one[0]))
    silent = [one for one in every if one[0].strip().lower() in PLACEHOLDERS]
    rows = sum(tally.rows for tally in tallies) - sum(rows for _, rows in silent)
    if rows:
        told = [one for one in every if one not in silent]
        distinct = sum(tally.distinct for tally in tallies) - len(silent)
        yield Suspicion("OUTSIDE", f"hold {_WHAT[guess.name]}", rows, distinct, _counted(told))


def _serial(tally: Tally) -> Suspicion | None:
    """Numbers among dates that are days as Excel counts them, if all that are known by name can be."""
    numbers = [int(text) for text, _ in tally.top if text.strip().isdecimal()]
    if len(numbers) < len(tally.top) or not all(_FIRST_DAY <= number <= _LAST_DAY for number in numbers):
        return None
    day = _DAY_ZERO + timedelta(days=numbers[0])
    sentence = f"count days as a spreadsheet does: {numbers[0]} is {day.isoformat()}"
    return replace(_tallied("DATE-SERIAL", sentence, tally), likely=day.isoformat())


def _placeholders(values: Values, guess: TypeGuess) -> Iterator[Suspicion]:
    tally = values.looks.tally("PLACEHOLDER")
    if values.unique and guess.name in ("integer", "digits", "code"):
        return  # a numbering may begin with zeros
    zeros = [one for one in tally.top if not one[0].strip("0./- ")] if guess.name in _DAYS else []
    told = [one for one in tally.top if one not in zeros]
    if told and guess.name != "boolean" and tally.rows < values.filled:
        rows = tally.rows - sum(rows for _, rows in zeros)
        sentence = "hold a word that stands for nothing"
        yield Suspicion("PLACEHOLDER", sentence, rows, tally.distinct - len(zeros), _counted(told))


def _fillers(values: Values, guess: TypeGuess) -> Iterator[Suspicion]:
    """Values that stand far too often in a column whose other values stand once."""
    if guess.name in _NO_FILLERS:
        return
    top = [one for one in values.top if one.value.strip().lower() not in PLACEHOLDERS]
    silent = [one for one in values.top if one not in top]
    rows, distinct = values.filled - sum(one.rows for one in silent), values.distinct - len(silent)
    count = 0
    for place, one in enumerate(top[:_FILLERS_MOST], 1):
        rows, distinct = rows - one.rows, distinct - 1
        alone = rows / distinct if distinct else _FILLER_TIMES
        if alone <= _FILLER_ALONE and one.rows >= max(_FILLER_LEAST, _FILLER_TIMES * alone):
            count = place
    if count:
        sentence = "repeat a value where nearly every other stands once: a filler, or shared by many"
        yield _of("FREQUENT", sentence, top[:count])


def _typed(values: Values, role: ColumnRole) -> Iterator[Suspicion]:
    """What somebody typed to get past the field: 99999999, 12345."""
    sentences = {"REPEATED": "hold one character again and again", "SEQUENCE": "hold digits in a row"}
    mean = values.filled / values.distinct
    for code, sentence in sentences.items():
        if values.unique or role.role == Role.ROW_KEY:
            continue
        tally = values.looks.tally(code)
        kept = [
            (text, rows) for text, rows in tally.top
            if text.strip().lower() not in PLACEHOLDERS and (rows >= max(3.0, 3 * mean) or len(text) >= 7)
        ]  # fmt: skip
        if kept:
            yield Suspicion(code, sentence, sum(rows for _, rows in kept), len(kept), _counted(kept))


def _by_role(values: Values, role: ColumnRole) -> Iterator[Suspicion]:
    looks = values.looks
    if looks.tally("LINE-BREAK").rows and role.role not in _LONG:
        yield _tallied("LINE-BREAK", "hold line breaks", looks.tally("LINE-BREAK"))
    if looks.tally("DIGIT").rows and role.role in _NAMES:
        yield _tallied("NAME-DIGIT", "hold digits, which names do not have", looks.tally("DIGIT"))
    if role.role == Role.POSTCODE or (role.role == Role.IDENTIFIER and looks.tally("zero first").rows):
        yield from _short_numbers(values)


def _short_numbers(values: Values) -> Iterator[Suspicion]:
    """Numbers of one digit less than most: their leading zero was lost."""
    patterns = values.looks.as_patterns()
    digits = {len(p.text): p for p in patterns.top if set(p.text) == {"9"}} if patterns.exact else {}
    usual = max(digits, key=lambda length: digits[length].rows, default=0)
    short = digits.get(usual - 1)
    if short is None or usual < 4 or digits[usual].rows < 0.5 * values.filled:
        return
    sentence = f"have {usual - 1} digits where most have {usual}: a zero was lost, or they are foreign"
    yield Suspicion("ZEROS-LOST", sentence, short.rows, 0, (Counted(short.example, 1, usual - 1),))


def _tallied(code: str, sentence: str, tally: Tally, likely: str | None = None) -> Suspicion:
    return Suspicion(code, sentence, tally.rows, tally.distinct, _counted(tally.top), likely)


def _of(code: str, sentence: str, examples: Sequence[Counted]) -> Suspicion:
    return Suspicion(code, sentence, sum(one.rows for one in examples), len(examples), tuple(examples))


def _counted(top: Sequence[tuple[str, int]]) -> tuple[Counted, ...]:
    return tuple(Counted(text, rows, len(text)) for text, rows in top[:EXAMPLES])
