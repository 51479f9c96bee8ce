"""Hashes of combined keys: records that share them share a block, or are one rough customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import MISSING, Column, Ints, within
from matching.texts import bounds

Hashes = npt.NDArray[np.uint64]


def extended(records: npt.NDArray[np.integer], hashes: Hashes, key: Column) -> tuple[Ints, Hashes]:
    """Entries extended by a key: one for each of the record's values, none where it has none.

    Returns the entry that each new one comes from and its hash.
    """
    if key.single:
        code = key.first[records]
        entry = np.flatnonzero(code != MISSING)
        return entry, mixed(hashes[entry], code[entry])
    offsets = key.offsets
    begin = offsets[records]
    sizes = offsets[records + 1] - begin
    entry = np.repeat(np.arange(len(records)), sizes)
    return entry, mixed(hashes[entry], key.codes[begin[entry] + within(sizes)])


def mixed(hashes: Hashes, code: npt.NDArray[np.integer]) -> Hashes:
    """A hash of the key so far and one more code (the finaliser of splitmix64)."""
    x = hashes * np.uint64(0x9E3779B97F4A7C15) + code.astype(np.uint64) + np.uint64(0x632BE59BD9B4E019)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)


LAST_BYTES = 64
"""Bytes of a text that its hash looks at, from its end: ids differ there."""


def of_texts(texts: pa.StringArray) -> Hashes:
    """A hash of each text: its length and its last bytes in order, mixed one by one."""
    ends, data = bounds(texts)
    hashes = np.diff(ends).astype(np.uint64)
    size = np.minimum(np.diff(ends), LAST_BYTES)
    start = ends[1:] - size
    for byte in range(int(size.max(initial=0))):
        # Texts differ in length: the shorter ones are done.
        some = np.flatnonzero(size > byte)
        hashes[some] = mixed(hashes[some], data[start[some] + byte])
    return hashes


def in_blocks(hashes: Hashes) -> tuple[Ints, Hashes]:
    """The order that brings equal hashes together, equal ones as they stood, and the hashes so ordered.

    Place and hash are packed into one number and sorted as such, which takes half as long as an argsort. The
    hash loses as many of its lowest bits as there are bits in a place: 44 remain of a million, and two keys
    that fall together cost a few needless comparisons.
    """
    low = np.uint64(max(len(hashes) - 1, 1).bit_length())
    packed = np.sort((hashes >> low << low) | np.arange(len(hashes), dtype=np.uint64))
    return (packed & ((np.uint64(1) << low) - np.uint64(1))).astype(np.int64), packed >> low


def groups(keys: list[tuple[Column, ...]], records: int) -> Ints:
    """Records joined by any of several combinations of keys, as the number of the group of each record."""
    one, two = [], []
    for columns in keys:
        owner, hashes = np.arange(records, dtype=np.int64), np.zeros(records, np.uint64)
        for col in columns:
            entry, hashes = extended(owner, hashes, col)
            owner = owner[entry]
        order, hashes = in_blocks(hashes)
        owner = owner[order]
        same = np.flatnonzero(hashes[1:] == hashes[:-1])
        one.append(owner[same])
        two.append(owner[same + 1])
    left, right = np.concatenate(one), np.concatenate(two)
    graph = sp.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
