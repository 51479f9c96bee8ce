"""Rows that are lines of one: a note of eighty characters a row, numbered, is one note again.

Lines are the rows of one key. The first of them stands for all: its text is theirs, put together in the order
of their numbers, and what becomes of it becomes of them. Each line stays a row of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.rules.source_model import JoinRows
from pipelines.interpret.keys import Keys
from pipelines.interpret.problems import LINES_MISSING, LINES_UNORDERED
from pipelines.interpret.rows import Mask, Positions, Rows, as_mask

_NUMBER: Final = r"^\d{1,18}(\.0*)?$"


@dataclass(frozen=True, slots=True)
class TooLong:
    """Texts that were left out because they are longer than agreed."""

    column: str
    positions: Positions
    raw: pa.Array
    """How each begins."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of a map with their lines put together."""

    rows: Rows
    leader: Positions
    """For each line that is not the first of its row the position of the first; -1 elsewhere."""
    refused: dict[str, Mask]
    """Lines that cannot be put together, all of the row, by code."""
    too_long: tuple[TooLong, ...]

    @property
    def unjoined(self) -> Mask:
        """Lines that cannot be put together."""
        found = np.zeros(len(self.leader), np.bool_)
        for lines in self.refused.values():
            found |= lines
        return found


BEGINNING: Final = 200
"""Characters that are shown of a text that is too long."""


def joined(said: JoinRows, rows: Rows, *, keys: Keys, live: Mask) -> Joined:
    """Put the live lines of each key together; a row that is alone stays as it is."""
    lines = _lines(said, rows, keys, live)
    unordered = lines.unordered()
    refused = {LINES_UNORDERED: unordered, LINES_MISSING: lines.missing(said, rows) & ~unordered}
    bad = np.logical_or.reduce(list(refused.values()))
    several = (lines.sizes > 1) & ~bad[lines.order[lines.starts]]
    leader = np.full(len(rows), -1, np.int64)
    group = np.repeat(np.arange(len(lines.starts)), lines.sizes)
    follows = several[group]
    follows[lines.starts] = False
    leader[lines.order[follows]] = lines.order[lines.starts][group[follows]]
    first = lines.order[lines.starts][several]
    texts = {column: lines.together(rows.raw(column), by, several) for column, by in said.columns.items()}
    kept, too_long = _within(texts, first, said.max_length)
    up = np.argsort(first)
    changes = {column: (first[up], text.take(pa.array(up))) for column, text in kept.items()}
    whole = rows.joined(changes) if len(first) else rows
    return Joined(whole, leader, {c: m for c, m in refused.items() if m.any()}, too_long)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a map, sorted by key and number."""

    order: Positions
    starts: npt.NDArray[np.int64]
    """Where each key begins in `order`."""
    sizes: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    """Of each line of `order`; -1 where it has none."""
    length: int

    def _of_groups(self, bad: Mask) -> Mask:
        found = np.zeros(self.length, np.bool_)
        found[self.order] = np.repeat(bad, self.sizes)
        return found

    def unordered(self) -> Mask:
        """Lines of keys with several lines of which one has no number, or two have the same."""
        again = np.zeros(len(self.order), np.bool_)
        again[1:] = self.number[1:] == self.number[:-1]
        again[self.starts] = False
        return self._of_groups(self._any(again | (self.number < 0)) & (self.sizes > 1))

    def missing(self, said: JoinRows, rows: Rows) -> Mask:
        """Lines of keys that have another number of lines than one of them says, or say what is no number."""
        if said.count is None:
            return np.zeros(self.length, np.bool_)
        text = rows.clean(said.count)
        told = _numbers(text)
        told, unread = told[self.order], (as_mask(text.is_valid()) & (told < 0))[self.order]
        differs = (told >= 0) & (told != np.repeat(self.sizes, self.sizes))
        return self._of_groups(self._any(differs | unread))

    def _any(self, wrong: Mask) -> Mask:
        """Keys of which a line of `order` is so."""
        if len(self.starts) == 0:
            return np.empty(0, np.bool_)
        return np.logical_or.reduceat(wrong, self.starts)

    def together(self, column: pa.Array, by: str, which: Mask) -> pa.Array:
        """The texts of some keys, put together; a line without a text is an empty one."""
        texts = pc.fill_null(column, "").take(pa.array(self.order))
        ends = np.append(self.starts, len(self.order)).astype(np.int32)
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), texts), by).filter(pa.array(which))


def _lines(said: JoinRows, rows: Rows, keys: Keys, live: Mask) -> _Lines:
    at = np.flatnonzero(live & (keys.codes >= 0))
    number = _numbers(rows.clean(said.order))
    order = at[np.lexsort((at, number[at], keys.codes[at]))]
    codes = keys.codes[order]
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) if len(codes) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(order)]).astype(np.int64)
    return _Lines(order, starts, sizes, number[order], len(rows))


def _numbers(column: pa.Array) -> npt.NDArray[np.int64]:
    """Whole numbers, also as spreadsheets write them (1.0); -1 for anything else."""
    fits = pc.fill_null(pc.match_substring_regex(column, _NUMBER), False)
    texts = pc.if_else(fits, column, pa.scalar(None, pa.string()))
    whole = pc.cast(pc.replace_substring_regex(texts, r"\..*$", ""), pa.int64())
    found: npt.NDArray[np.int64] = pc.fill_null(whole, -1).to_numpy(zero_copy_only=False)
    return found


def _within(
    texts: dict[str, pa.Array], first: Positions, most: int
) -> tuple[dict[str, pa.Array], tuple[TooLong, ...]]:
    """The texts without those that are too long, and these."""
    kept, told = {}, []
    for column, text in texts.items():
        long = pc.greater(pc.utf8_length(text), most)
        kept[column] = pc.if_else(long, pa.scalar(None, pa.string()), text)
        if pc.any(long).as_py():
            shown = pc.utf8_slice_codeunits(text.filter(long), 0, BEGINNING)
            told.append(TooLong(column, first[as_mask(long)], shown))
    return kept, tuple(told)
