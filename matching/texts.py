"""Distinct texts of a column, held by Arrow: a quarter of the memory of as many Python objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Objects = npt.NDArray[np.object_]

CHUNK = 100_000
"""Texts made Python objects at a time while they are walked through."""


class Texts:
    """An immutable sequence of distinct texts; an array of positions picks an array of Python strings."""

    __slots__ = ("_traits", "array")

    def __init__(self, array: pa.StringArray) -> None:
        self.array = array
        self._traits: dict[Any, npt.NDArray[Any]] = {}

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Texts of a sequence of Python strings, in its order."""
        return cls(pa.array(list(texts), pa.string()))

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.array), CHUNK):
            yield from self.array.slice(start, CHUNK).to_pylist()

    @overload
    def __getitem__(self, at: int | np.integer[Any]) -> str: ...

    @overload
    def __getitem__(self, at: npt.NDArray[np.integer[Any]]) -> Objects: ...

    def __getitem__(self, at: int | np.integer[Any] | npt.NDArray[np.integer[Any]]) -> str | Objects:
        if isinstance(at, np.ndarray):
            return np.asarray(self.take(at).to_numpy(zero_copy_only=False), dtype=object)
        return str(self.array[int(at)].as_py())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Objects:
        return np.asarray(self.array.to_numpy(zero_copy_only=False), dtype=object)

    def take(self, at: npt.NDArray[np.integer[Any]]) -> pa.StringArray:
        """The texts at positions, as an Arrow array; null at a negative position."""
        return self.array.take(pa.array(at, mask=at < 0))

    def find(self, texts: pa.Array | Texts) -> npt.NDArray[np.int64]:
        """The position of each of other texts among these, -1 where it is not there."""
        wanted = texts.array if isinstance(texts, Texts) else texts
        return positions(wanted, self.array)

    def trait(self, of: Callable[[str], Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """A trait of each text, worked out once however often it is asked for."""
        if of not in self._traits:
            self._traits[of] = np.fromiter((of(text) for text in self), dtype, len(self))
        return self._traits[of]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Characters of each text."""
        if "lengths" not in self._traits:
            lengths = pc.utf8_length(self.array).to_numpy(zero_copy_only=False)
            self._traits["lengths"] = lengths.astype(np.int64)
        return self._traits["lengths"]

    @property
    def heads(self) -> npt.NDArray[np.uint32]:
        """The first four bytes of each text as one number, the first byte highest; 0 where it is shorter."""
        if "heads" not in self._traits:
            ends, data = bounds(self.array)
            heads = np.zeros(len(self), np.uint32)
            for byte in range(4):
                at = ends[:-1] + byte
                held = at < ends[1:]
                heads[held] |= data[at[held]].astype(np.uint32) << np.uint32(24 - 8 * byte)
            self._traits["heads"] = heads
        return self._traits["heads"]

    @property
    def letters(self) -> npt.NDArray[np.uint64]:
        """The set of characters of each text, in 64 bits; different characters may share a bit.

        A character sets one bit, by the first byte of its UTF-8 form, so that the bits one text has more than
        another are never more than the characters it has more.
        """
        if "letters" not in self._traits:
            self._traits["letters"] = _letters(self.array)
        return self._traits["letters"]


def bounds(texts: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each text starts and the last ends, and all their bytes."""
    _, offsets, data = texts.buffers()
    count = len(texts)
    if not count or data is None:
        return np.zeros(count + 1, np.int64), np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + count + 1]
    return ends.astype(np.int64), np.frombuffer(data, np.uint8)


def _letters(texts: pa.StringArray) -> npt.NDArray[np.uint64]:
    ends, data = bounds(texts)
    count = len(texts)
    out = np.zeros(count, np.uint64)
    table = np.array([0 if 0x80 <= byte < 0xC0 else 1 << (byte & 63) for byte in range(256)], np.uint64)
    for first in range(0, count, CHUNK):
        some = ends[first : first + CHUNK + 1]
        bits = table[data[some[0] : some[-1]]]
        full = np.flatnonzero(np.diff(some))
        if len(full):
            out[first + full] = np.bitwise_or.reduceat(bits, some[:-1][full] - some[0])
    return out


def positions(texts: pa.Array, among: pa.Array) -> npt.NDArray[np.int64]:
    """The position of each text among others, -1 where it is not there or null."""
    found = pc.index_in(texts, value_set=among)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)
