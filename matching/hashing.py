"""Hashes of combined keys: records that share them share a block, or are one rough customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import MISSING, Column, Ints, within

Hashes = npt.NDArray[np.uint64]


def joined(records: Ints, hashes: Hashes, key: Column) -> tuple[Ints, Hashes]:
    """Entries extended by a key: one for each of the record's values, none where it has none."""
    if key.single:
        code = key.first[records]
        has = code != MISSING
        return records[has], mixed(hashes[has], code[has])
    offsets = key.offsets
    begin = offsets[records]
    sizes = offsets[records + 1] - begin
    entry = np.repeat(np.arange(len(records)), sizes)
    code = key.codes[begin[entry] + within(sizes)]
    return records[entry], mixed(hashes[entry], code)


def mixed(hashes: Hashes, code: npt.NDArray[np.integer]) -> Hashes:
    """A hash of the key so far and one more code (the finaliser of splitmix64)."""
    x = hashes * np.uint64(0x9E3779B97F4A7C15) + code.astype(np.uint64) + np.uint64(0x632BE59BD9B4E019)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)


def groups(keys: list[tuple[Column, ...]], records: int) -> Ints:
    """Records joined by any of several combinations of keys, as the number of the group of each record."""
    one, two = [], []
    for columns in keys:
        owner, hashes = np.arange(records, dtype=np.int64), np.zeros(records, np.uint64)
        for col in columns:
            owner, hashes = joined(owner, hashes, col)
        order = np.argsort(hashes, kind="stable")
        owner, hashes = owner[order], hashes[order]
        same = np.flatnonzero(hashes[1:] == hashes[:-1])
        one.append(owner[same])
        two.append(owner[same + 1])
    left, right = np.concatenate(one), np.concatenate(two)
    graph = sp.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
