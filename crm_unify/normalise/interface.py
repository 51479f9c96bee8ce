"""What every normaliser returns, and how a column is reduced to its distinct values.

A kernel is a pure function of one value, so it is asked once for each distinct value and the answers
are spread over the rows.  Blank text is missing: null value, no problem.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa

from crm_unify.normalise.columns import Column, Strings, nulls

MANY = 50_000
"""Distinct values from which on a kernel works on them side by side"""

MOST_TEXT = 2**31 - 2**20
"""Bytes of text that one Arrow string array can address, with room to spare"""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised column and what was wrong with the values it could not take."""

    value: pa.Array[Any]
    """As long as the input: text, int64 or struct; null where missing or not understood"""
    problem: Strings
    """As long as the input: a code of `problems.PROBLEMS`, null where all is well"""


Kernel: TypeAlias = Callable[[Strings], Normalised]
"""From distinct, non-null texts to their normal form."""


def distinct(column: Column, kernel: Kernel) -> Normalised:
    """Normalise each distinct value once and spread the answers over the rows."""
    dictionary, indices = encoded(column)
    answer = _answered(dictionary, kernel)
    return Normalised(answer.value.take(indices), answer.problem.take(indices))


def _answered(values: Strings, kernel: Kernel) -> Normalised:
    """What a kernel makes of distinct values; of many, halves in two threads, as Arrow lets go of the GIL."""
    if len(values) < MANY:
        return kernel(values)
    half = len(values) // 2
    parts: Any = (values.slice(0, half), values.slice(half))
    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(kernel, parts))
    value: Any = pa.concat_arrays([part.value for part in found])
    problem: Any = pa.concat_arrays([part.problem for part in found])
    return Normalised(value, problem)


def distinct_by(
    column: Column, key: str | Column | None, *, kernel: Callable[[Strings, str | None], Normalised]
) -> Normalised:
    """The same where the kernel depends on a key (a country, a currency), one for all rows or a column."""
    if key is None or isinstance(key, str):
        return distinct(column, lambda values: kernel(values, key))
    keys, codes = encoded(key)
    groups = codes.fill_null(len(keys)).to_numpy(zero_copy_only=False)
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(len(keys) + 2))
    rows = _flat(column).take(pa.array(order))
    names = [*cast("list[str | None]", keys.to_pylist()), None]
    parts = [
        _slice(rows, int(start), int(stop), key=name, kernel=kernel)
        for name, start, stop in zip(names, bounds[:-1], bounds[1:], strict=True)
        if stop > start
    ]
    return _regroup(parts, order) if parts else distinct(column, lambda values: kernel(values, None))


def _slice(
    rows: Any, start: int, stop: int, *, key: str | None, kernel: Callable[[Strings, str | None], Normalised]
) -> Normalised:
    return distinct(rows.slice(start, stop - start), lambda values: kernel(values, key))


def _regroup(parts: list[Normalised], order: np.ndarray[Any, Any]) -> Normalised:
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    where = pa.array(back)
    value: Any = pa.concat_arrays([part.value for part in parts])
    problem: Any = pa.concat_arrays([part.problem for part in parts])
    return Normalised(value.take(where), problem.take(where))


def encoded(column: Column) -> tuple[Strings, Any]:
    """The distinct texts of a column in order of appearance, and for each row the index of its text."""
    text: Any = column if pa.types.is_string(column.type) else column.cast(pa.string())
    if isinstance(text, pa.ChunkedArray):
        return _encoded_chunks(text)
    coded = text.dictionary_encode()
    return coded.dictionary, coded.indices


def _encoded_chunks(text: Any) -> tuple[Strings, Any]:
    if text.nbytes < MOST_TEXT:
        coded = text.combine_chunks().dictionary_encode()
        return coded.dictionary, coded.indices
    # Six times slower than one dictionary over one chunk, but a chunk holds no more text than that.
    chunks = text.dictionary_encode().unify_dictionaries().chunks
    return chunks[0].dictionary, pa.concat_arrays([chunk.indices for chunk in chunks])


def _flat(column: Column) -> Any:
    dictionary, indices = encoded(column)
    return dictionary.take(indices)


def fine(value: Any) -> Normalised:
    """A normalised column without problems."""
    return Normalised(value, nulls(len(value)))
