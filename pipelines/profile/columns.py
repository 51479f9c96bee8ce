"""One column, all told: its figures, what it was taken for, and what is suspicious about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from crm_unify.roles.interface import ColumnRole, Role
from pipelines.profile.dates import Dates, looks_like_days, read_dates
from pipelines.profile.days import span, suspicious_days, years
from pipelines.profile.interface import ColumnProfile, Counted, Suspicion, TypeGuess, Way
from pipelines.profile.kinds import KINDS
from pipelines.profile.scratch import Landed, Scratch
from pipelines.profile.shapes import DATED, YES_NO, as_guess, type_name
from pipelines.profile.suspicions import EXAMPLES, cut_length, suspicions
from pipelines.profile.values import Values, lengths, placed
from pipelines.profile.ways import NAMED, letter_ways, number_ways, phone_ways

_DATED_LEAST: Final = 0.3
"""Share of the rows from which on a column of mixed values is looked at for its dates"""
_CLOCK_LEAST: Final = 0.01
_YES_NO_MOST: Final = 3


def column_profile(
    place: Scratch, landed: Landed, values: Values, *, role: ColumnRole, as_of: date
) -> ColumnProfile:
    """A column, all told."""
    guess, dates = _type(values, role)
    found = suspicions(values, guess, role, days=dates is not None and dates.eight)
    if dates is not None:
        found += suspicious_days(dates, role.role, as_of)
    cut = cut_length(values, guess)
    if cut is not None:
        found.append(_cut_off(place, values, cut))
    found.sort(key=lambda one: (-KINDS[one.code].weight, -one.rows, one.code))
    return ColumnProfile(
        name=values.name, letter=values.letter, rows=values.rows, filled=values.filled,
        distinct=values.distinct, once=values.once, top=values.top, patterns=values.looks.as_patterns(),
        lengths=lengths(values), type=_ranged(place, values, guess, dates), role=role,
        ways=_ways(values, guess, role, dates), years=() if dates is None else years(dates),
        suspicions=_placed(place, landed, values, found),
    )  # fmt: skip


def _type(values: Values, role: ColumnRole) -> tuple[TypeGuess, Dates | None]:
    """The type, and the dates where there are enough of them to speak of."""
    shapes, filled = values.looks.shapes, values.filled
    dated = values.looks.dated()
    eight = 2 * shapes["eight digits"] > shapes["integer"] and looks_like_days(dated)
    name, share = type_name(shapes, filled, eight=eight)
    name = _finer(name, values, role)
    rows = sum(shapes[shape] for shape in DATED) + (shapes["eight digits"] if eight else 0)
    birth = role.role == Role.BIRTH_DATE and rows > 0
    told = name in ("date", "date-time") or birth or rows >= _DATED_LEAST * max(filled, 1)
    share = 1.0 if name in ("boolean", "text", "empty") else round(share, 6)
    return as_guess(name, share, shapes), read_dates(dated, eight=eight) if told else None


def _finer(name: str, values: Values, role: ColumnRole) -> str:
    """A type where more than shapes must be looked at: leading zeros, yes and no, the time of day."""
    if 0 < values.distinct <= _YES_NO_MOST and all(one.value.strip().lower() in YES_NO for one in values.top):
        return "boolean"
    if name == "integer" and (values.looks.tally("zero first").rows or role.role == Role.POSTCODE):
        return "digits"
    if name == "date-time" and values.looks.clock < _CLOCK_LEAST * values.filled:
        return "date"
    return name


def _ranged(place: Scratch, values: Values, guess: TypeGuess, dates: Dates | None) -> TypeGuess:
    """A type with the smallest and greatest of its values."""
    if dates is not None and guess.name in ("date", "date-time"):
        least, greatest = span(dates)
    elif guess.name in ("integer", "decimal"):
        least, greatest = _number_span(place, values)
    else:
        return guess
    return replace(guess, least=least, greatest=greatest)


def _number_span(place: Scratch, values: Values) -> tuple[str | None, str | None]:
    """The texts of the smallest and greatest number."""
    shapes = values.looks.shapes
    comma = shapes["decimal comma"] > shapes["decimal point"]
    drop, point = (".", ",") if comma else (",", ".")
    text = f"replace(replace(trim(v), '{drop}', ''), '{point}', '.')"
    found = [
        place.con.execute(
            f"SELECT left(v, 40) FROM (SELECT v, TRY_CAST({text} AS DOUBLE) AS x FROM {values.table}) "
            f"WHERE isfinite(x) ORDER BY x {order}, v LIMIT 1"
        ).fetchone()
        for order in ("ASC", "DESC")
    ]
    least, greatest = (None if row is None else str(row[0]) for row in found)
    return least, greatest


def _ways(values: Values, guess: TypeGuess, role: ColumnRole, dates: Dates | None) -> tuple[Way, ...]:
    if dates is not None:
        return dates.ways
    if role.role in (Role.PHONE, Role.FAX):
        return phone_ways(values.looks, values.filled)
    if role.role in NAMED:
        return letter_ways(values.looks, values.filled)
    return number_ways(values.looks) if guess.name in ("decimal", "money", "percent") else ()


def _cut_off(place: Scratch, values: Values, length: int) -> Suspicion:
    """The texts that end where the field ends."""
    rows = place.con.execute(
        f"SELECT left(v, 300), n, length(v) FROM {values.table} WHERE length(v) = {length} "
        f"ORDER BY n DESC, v LIMIT {EXAMPLES}"
    ).fetchall()
    held = next(entry for entry in values.by_length if entry[0] == length)
    sentence = f"have exactly {length} characters, many more than have just fewer: the field cut them off"
    return Suspicion("CUT-OFF", sentence, held[1], held[2], tuple(Counted(*row) for row in rows))


def _placed(
    place: Scratch, landed: Landed, values: Values, found: Sequence[Suspicion]
) -> tuple[Suspicion, ...]:
    """Suspicions whose examples say in which row they are first met."""
    wanted = tuple({one.value: one for each in found for one in each.examples}.values())
    field = next(column.field for column in landed.columns if column.header == values.name)
    rows = {one.value: one.row for one in placed(place, landed, field, wanted)}
    return tuple(
        replace(each, examples=tuple(replace(one, row=rows.get(one.value)) for one in each.examples))
        for each in found
    )
