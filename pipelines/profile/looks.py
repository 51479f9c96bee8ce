"""What the distinct values of a column look like, gathered batch by batch: patterns, shapes, marks, dates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, nulls, replace
from pipelines.profile.interface import Pattern, Patterns
from pipelines.profile.marks import by_pattern, by_value, every
from pipelines.profile.patterns import exact_patterns, word_patterns
from pipelines.profile.shapes import DATED, NAMES, TIMED, shapes_of
from pipelines.profile.tally import Counts, Flags, Tally

PATTERNS_MOST: Final = 300_000
"""Exact patterns from which on a column is told by words from the start"""
_EXACT_MOST: Final = 40
"""Exact patterns up to which they are of use as they are"""
_EXACT_TOP, _EXACT_SHARE = 5, 0.8
"""...or when so few of them stand for so large a share of the rows"""
PATTERNS_SHOWN: Final = 20
_DAY: Final = tuple(NAMES.index(name) for name in (*DATED, "eight digits"))
_TIMED: Final = tuple(NAMES.index(name) for name in TIMED)
_CLOCK: Final = r"(?:[T ]| +)\d{1,2}:\d{2}.*$"


@dataclass(slots=True, eq=False)
class Looks:
    """One column over all batches so far."""

    shapes: Counter[str] = field(default_factory=Counter)
    """Kind of shape -> rows"""
    by_shape: dict[str, Tally] = field(default_factory=dict)
    marks: dict[str, Tally] = field(default_factory=dict)
    dates: list[pa.Table] = field(default_factory=list)
    """v, n: dates without the time of day, and numbers of eight digits"""
    clock: int = 0
    """Rows of dates with a time of day other than midnight"""
    patterns: list[pa.Table] = field(default_factory=list)
    """p, n, least"""
    words: bool = False
    """The patterns are by words"""

    def add(self, values: Strings, counts: Counts) -> None:
        """Look at a batch of distinct values; counts are their rows."""
        exact = exact_patterns(values)
        coded: Any = exact.dictionary_encode()
        codes = coded.indices.to_numpy()
        shapes = shapes_of(coded.dictionary)[codes]
        self._shapes(values, counts, shapes)
        marks = every(by_pattern(coded.dictionary), codes) | by_value(values, exact)
        for name, flags in marks.items():
            self.marks.setdefault(name, Tally()).add(values, counts, flags)
        self._dates(values, counts, np.isin(shapes, _DAY))
        self.clock += int(counts[np.isin(shapes, _TIMED) & ~_midnight(values)].sum())
        self._patterns(exact, values, counts)

    def tally(self, mark: str) -> Tally:
        """The rows and values with a mark."""
        return self.marks.get(mark, Tally())

    def dated(self) -> pa.Table:
        """v, n: every different date text with its rows, ascending."""
        if not self.dates:
            return _table(nulls(0), np.zeros(0, np.int64))
        return _summed(self.dates).sort_by("v")

    def as_patterns(self) -> Patterns:
        """The patterns, exact where that is of use."""
        if not self.patterns:
            return Patterns((), 0, exact=True)
        table = _grouped(self.patterns)
        exact = not self.words and _useful(table["n"].to_numpy())
        if not exact and not self.words:
            table = _grouped([_worded(table)])
        order = table.sort_by([("n", "descending"), ("p", "ascending")]).slice(0, PATTERNS_SHOWN)
        top = tuple(Pattern(row["p"], row["n"], row["least"]) for row in order.to_pylist())
        return Patterns(top, table.num_rows, exact=exact)

    def _shapes(self, values: Strings, counts: Counts, shapes: npt.NDArray[np.int8]) -> None:
        for place in np.unique(shapes).tolist():
            name, flags = NAMES[place], shapes == place
            self.shapes[name] += int(counts[flags].sum())
            self.by_shape.setdefault(name, Tally()).add(values, counts, flags)

    def _dates(self, values: Strings, counts: Counts, dated: Flags) -> None:
        at = np.flatnonzero(dated)
        if len(at):
            days = replace(values.take(pa.array(at)), _CLOCK, "")
            self.dates = [_summed([*self.dates, _table(days, counts[at])])]

    def _patterns(self, exact: Strings, values: Strings, counts: Counts) -> None:
        found = pa.table({"p": exact, "n": counts, "least": values})
        self.patterns.append(_grouped([_worded(found) if self.words else found]))
        if sum(table.num_rows for table in self.patterns) > PATTERNS_MOST:
            self.patterns = [_grouped(self.patterns)]
            if self.patterns[0].num_rows > PATTERNS_MOST and not self.words:
                self.words = True
                self.patterns = [_grouped([_worded(self.patterns[0])])]


def _table(values: Any, counts: Counts) -> pa.Table:
    return pa.table({"v": values, "n": pa.array(counts, pa.int64())})


def _summed(tables: list[pa.Table]) -> pa.Table:
    found = pa.concat_tables(tables).group_by("v").aggregate([("n", "sum")])
    return found.rename_columns({"n_sum": "n"}).select(["v", "n"])


def _grouped(tables: list[pa.Table]) -> pa.Table:
    found = pa.concat_tables(tables).group_by("p").aggregate([("n", "sum"), ("least", "min")])
    return found.rename_columns({"n_sum": "n", "least_min": "least"}).select(["p", "n", "least"])


def _worded(table: pa.Table) -> pa.Table:
    return table.set_column(0, "p", word_patterns(table["p"].combine_chunks()))


def _useful(rows: Counts) -> bool:
    """Whether exact patterns say more than patterns by words would."""
    if len(rows) <= _EXACT_MOST:
        return True
    top = np.partition(rows, len(rows) - _EXACT_TOP)[-_EXACT_TOP:]
    return float(top.sum()) >= _EXACT_SHARE * float(rows.sum())


def _midnight(values: Strings) -> Flags:
    flags: Flags = pc.match_substring_regex(values, r"[T ]0?0:00(?::00(?:[.,]0+)?)?").to_numpy(
        zero_copy_only=False
    )
    return flags
