"""What is looked at to tell a column's role: how it is filled, and a sample of its distinct values.

The sample is chosen by a hash of the values alone, so the order of the rows does not move it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, nulls
from crm_unify.normalise.text import folded, squeezed
from crm_unify.roles.weights import weighed

SAMPLE: Final = 1000
"""Distinct values looked at; the share of a thousand is known to one or two points in a hundred."""
LONGEST: Final = 400
"""Characters of a value that are looked at; nothing but text is longer"""

Ints = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One column in figures."""

    name: str
    """Header as the reader named it"""
    rows: int
    """Rows of the table"""
    filled: int
    """Rows with a value"""
    distinct: int
    """Different values"""
    texts: Strings
    """The sample: distinct values, squeezed, ascending"""
    folded: Strings
    """The sample folded (upper-case ASCII words); '' where nothing is left"""
    weights: Weights
    """Weight of each value of the sample: the square root of its number of rows, so that a frequent filler
    does not outvote all other values; they add up to 1"""
    counts: Ints
    """Rows of each value of the sample"""
    codes: npt.NDArray[np.int32]
    """For each row the index of its value among the distinct values, -1 for none; empty `without_rows`"""
    picked: Ints
    """Indices of the sample among the distinct values"""

    @property
    def in_sample(self) -> npt.NDArray[np.bool_]:
        """For each row whether its value is in the sample."""
        chosen = np.zeros(int(self.codes.max(initial=-1)) + 2, np.bool_)
        chosen[self.picked] = True
        chosen[-1] = False
        return chosen[self.codes]

    def without_rows(self) -> Profile:
        """The figures and the sample, without the codes of all rows: what is worth keeping."""
        return replace(self, codes=np.empty(0, np.int32))

    @property
    def unique(self) -> float:
        """Different values by filled rows, 0 to 1; 1: no value stands twice."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def fill(self) -> float:
        """Share of the rows with a value."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def usual(self) -> int:
        """How many values make up nineteen rows of twenty of the sample; slips aside, so to speak."""
        if not len(self.counts):
            return 0
        covered = np.cumsum(np.sort(self.counts)[::-1])
        return int(np.searchsorted(covered, 0.95 * covered[-1])) + 1

    def share(self, mask: Any) -> float:
        """Weighted share of the sample for which an Arrow mask holds."""
        return weighed(pc.fill_null(mask, False), self.weights)

    def rows_share(self, mask: Any) -> float:
        """Share of the rows of the sample for which an Arrow mask holds: of codes, where slips are rare."""
        total = float(self.counts.sum())
        return weighed(pc.fill_null(mask, False), self.counts) / total if len(self.counts) else 0.0


def profile(name: str, dictionary: Strings, codes: npt.NDArray[np.int32]) -> Profile:
    """The profile of a column given as distinct values and each row's index among them, -1 for none."""
    held = codes[codes >= 0]
    counts = np.bincount(held, minlength=len(dictionary)).astype(np.int64)
    used = np.flatnonzero(counts)
    picked = used[sampled(dictionary.take(pa.array(used)))]
    cut = pc.utf8_slice_codeunits(dictionary.take(pa.array(picked)), 0, LONGEST)
    texts = pc.fill_null(squeezed(cut), "")
    order = pc.sort_indices(texts).to_numpy()
    texts = texts.take(pa.array(order))
    weights = np.sqrt(counts[picked][order].astype(np.float64))
    weights = weights / weights.sum() if len(weights) else weights
    words = pc.fill_null(folded(texts), "") if len(texts) else nulls(0)
    return Profile(
        name, len(codes), len(held), len(used), texts, words, weights,
        counts=counts[picked][order], codes=codes, picked=picked,
    )  # fmt: skip


def sampled(values: Strings, size: int = SAMPLE) -> Ints:
    """Positions of a sample of distinct values: those with the smallest hashes.

    Values that share a hash are in or out together, so the sample may be a little larger.
    """
    if len(values) <= size:
        return np.arange(len(values))
    hashes = content_hashes(values)
    line = np.partition(hashes, size - 1)[size - 1]
    within = np.flatnonzero(hashes <= line)
    if len(within) <= 2 * size:
        return within
    order = pc.sort_indices(values.take(pa.array(within))).to_numpy()
    return np.sort(within[order[:size]])


def content_hashes(values: Strings) -> npt.NDArray[np.uint64]:
    """A hash of each text from its length and its first and last eight bytes."""
    offsets, data = _buffers(values)
    start, stop = offsets[:-1], offsets[1:]
    found = _mixed((stop - start).astype(np.uint64))
    for base, direction in ((start, 1), (stop - 1, -1)):
        word = np.zeros(len(start), np.uint64)
        for step in range(8):
            at = base + direction * step
            inside = (at >= start) & (at < stop)
            byte = data[np.where(inside, at, 0)] if len(data) else np.zeros(len(start), np.uint8)
            word = (word << np.uint64(8)) | np.where(inside, byte, 0).astype(np.uint64)
        found = _mixed(found ^ word)
    return found


def _buffers(values: Strings) -> tuple[Ints, npt.NDArray[np.uint8]]:
    flat: Any = values
    _, offsets, data = flat.buffers()
    places = np.frombuffer(offsets, np.int32)[flat.offset : flat.offset + len(flat) + 1].astype(np.int64)
    return places, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
