"""Columns that tell the rows of a table apart: single ones by their values, pairs by one scan and a proof."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

from crm_unify.roles.interface import Role
from pipelines.profile.interface import CandidateKey, ColumnProfile
from pipelines.profile.scratch import Landed, Scratch

NEARLY: Final = 0.99
"""Share of rows told apart from which on a column is nearly a key"""
FEWEST_ROWS: Final = 3
"""With fewer rows anything is a key"""
PAIRS_MOST: Final = 120
"""Pairs looked at, those of columns with more values first: 16 columns"""
PAIRS_TOLD: Final = 5
_LONGEST: Final = 60
"""Characters; longer values are no part of a key"""
_ABOUT: Final = 0.9
"""HyperLogLog is within a few per cent; a pair it puts below this share of the rows is no key"""
_KEYLIKE: Final = frozenset({"integer", "digits", "code", "text", "date", "email"})


def candidate_keys(
    place: Scratch, landed: Landed, columns: Sequence[ColumnProfile]
) -> tuple[CandidateKey, ...]:
    """Keys of one column and near keys, numberings first; where there is none, pairs of columns."""
    if landed.rows < FEWEST_ROWS:
        return ()
    ordered = sorted(columns, key=lambda column: not _numbered(column))
    single = [key for column in ordered if (key := _single(column)) is not None]
    single.sort(key=lambda key: not key.holds)
    if any(key.holds for key in single):
        return tuple(single)
    return (*_pairs(place, landed, columns), *single)


def _single(column: ColumnProfile) -> CandidateKey | None:
    """A column that is a key, or nearly one."""
    if column.type.name not in _KEYLIKE or column.lengths is None or column.lengths.longest > _LONGEST:
        return None
    if column.distinct < (NEARLY if _numbered(column) else 1) * column.rows:
        return None
    return CandidateKey((column.name,), column.filled - column.once, column.rows - column.filled)


def _numbered(column: ColumnProfile) -> bool:
    """Whether a column is a numbering, in which a repeated value is a slip; names are unique by chance."""
    return column.type.name in ("integer", "digits", "code") or column.role.role == Role.ROW_KEY


def _pairs(place: Scratch, landed: Landed, columns: Sequence[ColumnProfile]) -> list[CandidateKey]:
    fields = {column.header: column.field for column in landed.columns}
    able = [column for column in columns if _may_be_part(column)]
    wanted = sorted(
        (pair for pair in combinations(able, 2) if pair[0].distinct * pair[1].distinct >= landed.rows),
        key=lambda pair: -(pair[0].distinct * pair[1].distinct),
    )[:PAIRS_MOST]
    if not wanted:
        return []
    about = _one_row(place, f"SELECT {', '.join(_about(fields, pair) for pair in wanted)} FROM {landed.view}")
    likely = [pair for pair, count in zip(wanted, about, strict=True) if count >= _ABOUT * landed.rows]
    likely.sort(key=lambda pair: (_length(pair), columns.index(pair[0]), columns.index(pair[1])))
    found = []
    for pair in likely[: 2 * PAIRS_TOLD]:
        names = (pair[0].name, pair[1].name)
        both = ", ".join(_quoted(fields[name]) for name in names)
        (distinct,) = _one_row(place, f"SELECT count(*) FROM (SELECT DISTINCT {both} FROM {landed.view})")
        if distinct == landed.rows:
            found.append(CandidateKey(names, 0, 0))
    return found[:PAIRS_TOLD]


def _may_be_part(column: ColumnProfile) -> bool:
    """Filled in every row, of more than one value, short."""
    short = column.lengths is not None and column.lengths.longest <= _LONGEST
    return short and column.filled == column.rows and column.distinct > 1 and column.type.name in _KEYLIKE


def _about(fields: dict[str, str], pair: tuple[ColumnProfile, ColumnProfile]) -> str:
    first, second = (_quoted(fields[column.name]) for column in pair)
    return f"approx_count_distinct(hash({first}, {second}))"


def _length(pair: tuple[ColumnProfile, ColumnProfile]) -> float:
    """Short pairs are likelier meant as keys than long ones."""
    return sum(column.lengths.mean for column in pair if column.lengths is not None)


def _one_row(place: Scratch, query: str) -> tuple[Any, ...]:
    row = place.con.execute(query).fetchone()
    assert row is not None, "an aggregate has a row"
    return tuple(row)


def _quoted(field: str) -> str:
    return f'"{field}"'
