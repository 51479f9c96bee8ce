"""A comparison made ready for the records of one kind: tables of its values first, then batches of pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.cells import NO_LEVEL, best
from matching.columns import Codes, Column, Ints, Small, combinations

Found = TypeVar("Found", bound=npt.NDArray[Any])

CellsOfPairs = Callable[[Ints, Ints], Small]
"""From pairs of records (positions left < right) to cells."""

LevelsOfPairs = Callable[[Ints, Ints], Codes]
"""From pairs of records to levels."""

CellsOfValues = Callable[[Codes, Codes], Small]
"""From pairs of values (codes) to cells; the order of the two does not matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparer:
    """One comparison of the records of one kind."""

    compare: CellsOfPairs
    """The cells of pairs of records."""
    ceiling: Ceiling | None = None
    """What is known of a pair's cell before it is worked out; None: nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """What two records' values tell of their cell at a glance: whether they are equal."""

    column: Column
    """The field, of at most one value a record: of several, any two might agree."""
    same: Small
    """The cell of two records that agree on each value; that of another field's values is never better."""
    unlike: int
    """The greatest level of two records that do not agree on a value."""
    told: bool = False
    """True where a record without a value has no cell."""
    limit: LevelsOfPairs | None = None
    """Of pairs of records that do not agree on a value, which of `limits` their level is in: what a glance
    tells."""
    limits: tuple[tuple[int, ...], ...] = ()
    """Sets of levels."""


def ceiling(
    column: Column,
    same: Small,
    *,
    unlike: int,
    told: bool = False,
    limit: LevelsOfPairs | None = None,
    limits: tuple[tuple[int, ...], ...] = (),
) -> Ceiling | None:
    """The ceiling of a comparison by one field, None where a record may have several values.

    Where there is a `limit` and no `limits`, it tells the greatest level.
    """
    told_levels = limits or tuple(tuple(range(NO_LEVEL, most + 1)) for most in range(unlike + 1))
    return Ceiling(column, same, unlike, told, limit, told_levels) if column.single else None


def by_values(column: Column, same: Small, unlike: CellsOfValues, *, repeated: bool = False) -> CellsOfPairs:
    """The best cell among all pairs of values that two records have in a field.

    `same` holds the cell of each value with itself, `unlike` works out those of two different ones;
    `repeated` says that the same two values meet so often that each such pair is better worked out once.
    """
    made = per_distinct(same, unlike) if repeated else per_pair(same, unlike)

    def compare(left: Ints, right: Ints) -> Small:
        where, one, two = combinations(column, column, left, right)
        return best(where, made(one, two), len(left))

    return compare


def per_pair(same: Small, unlike: CellsOfValues) -> CellsOfValues:
    """The cells of pairs of values: those of equal values are looked up, the others worked out."""

    def compare(one: Codes, two: Codes) -> Small:
        differ = np.flatnonzero(one != two)
        if len(differ) == len(one):
            return unlike(one, two)
        out = same[one]
        out[differ] = unlike(one[differ], two[differ])
        return out

    return compare


def per_distinct(same: Small, unlike: CellsOfValues) -> CellsOfValues:
    """As `per_pair`, but each pair of unlike values is worked out once however often it comes.

    They are told apart by Arrow's hash table, in a third of the time of a sort (70 ns a pair against 235).
    """
    return per_pair(same, lambda one, two: once(one, two, unlike))


def once(one: Codes, two: Codes, compare: Callable[[Codes, Codes], Found]) -> Found:
    """What a symmetric comparison finds, worked out once for each distinct pair of codes."""
    low, high = np.minimum(one, two).astype(np.int64), np.maximum(one, two)
    encoded = pc.dictionary_encode(pa.array((low << 32) | high))
    keys = encoded.dictionary.to_numpy()
    found = compare((keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32))
    picked: Found = found[encoded.indices.to_numpy()]
    return picked
