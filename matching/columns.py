"""Dictionary-encoded columns: each distinct value is held once, a record holds the codes of its values.

Invariant: the distinct values stand in code-point order, so codes do not depend on the order of the rows,
and a record's codes stand in ascending order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Small = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

MISSING = -1
"""The code of a record that has no value."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One field of all records of a kind."""

    values: npt.NDArray[np.object_]
    """The distinct values, ascending; a code is a position in it."""
    codes: Codes
    """The codes of all records' values, one after the other."""
    offsets: Ints
    """Record i has codes[offsets[i]:offsets[i + 1]]; one more than there are records."""
    first: Codes
    """The least code of each record, MISSING where it has none."""
    single: bool
    """No record has more than one value."""
    counts: Ints
    """Rough customers that carry each value, see `recounted` (at least as many as the model in force knew
    of)."""
    degree: Ints
    """How many different parties, told apart by name, carry each value; 1 where that was not asked."""

    @property
    def records(self) -> int:
        """Number of records."""
        return len(self.first)

    @property
    def carriers(self) -> Ints:
        """Record of each entry of `codes`."""
        return np.repeat(np.arange(self.records), np.diff(self.offsets))

    @property
    def filled(self) -> int:
        """Number of records that have a value."""
        return int((self.first != MISSING).sum())

    def attribute(self, of: Callable[[str], str]) -> Column:
        """A column of a property of the values (a phonetic key, an initial): '' means none."""
        texts = [of(value) for value in self.values]
        return column(self.carriers, pa.array(texts, pa.string()).take(pa.array(self.codes)), self.records)


def column(carriers: npt.NDArray[np.int64], texts: pa.Array | pa.ChunkedArray, records: int) -> Column:
    """A column from the record of each text and the texts; null and '' are no value, repeats count once."""
    flat = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = pc.dictionary_encode(flat.cast(pa.string()))
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, np.int64)
    rank[order], rank[-1] = np.arange(len(order)), MISSING
    values = encoded.dictionary.take(pa.array(order)).to_numpy(zero_copy_only=False).astype(object)
    codes = rank[pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)]
    if len(values) and values[0] == "":
        codes = np.where(codes == 0, MISSING, codes)
    keep = codes != MISSING
    return from_codes(np.asarray(carriers)[keep], codes[keep], records, values)


def from_codes(carriers: Ints, codes: Ints, records: int, values: npt.NDArray[np.object_]) -> Column:
    """A column from the record and the code of each value; repeats within a record count once."""
    width = len(values) + 1
    entries = np.unique(carriers.astype(np.int64) * width + codes)
    carrier, code = entries // width, (entries % width).astype(np.int32)
    sizes = np.bincount(carrier, minlength=records)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    first = np.full(records, MISSING, np.int32)
    has = sizes > 0
    first[has] = code[offsets[:-1][has]]
    counts = np.bincount(code, minlength=len(values)).astype(np.int64)
    return Column(
        values, code, offsets, first, bool((sizes <= 1).all()), counts, np.ones(len(values), np.int64)
    )


def with_degree(col: Column, name: Codes) -> Column:
    """The column with the number of different names among the carriers of each value.

    `name` has a code per record; carriers without a name (MISSING) count as no further party.
    """
    who = name[col.carriers]
    named = who != MISSING
    width = int(name.max(initial=0)) + 1
    distinct = np.unique(col.codes[named].astype(np.int64) * width + who[named]) // width
    degree = np.bincount(distinct, minlength=len(col.values)).astype(np.int64)
    return replace(col, degree=np.maximum(degree, 1))


def combinations(a: Column, b: Column, left: Ints, right: Ints) -> tuple[Ints, Codes, Codes]:
    """Every combination of a left record's value in `a` with the right record's value in `b`.

    Returns the position of the pair, ascending, and the two codes.
    """
    if a.single and b.single:
        one, two = a.first[left], b.first[right]
        where = np.flatnonzero((one != MISSING) & (two != MISSING))
        return where, one[where], two[where]
    size_a, size_b = np.diff(a.offsets)[left], np.diff(b.offsets)[right]
    sizes = size_a * size_b
    where = np.repeat(np.arange(len(left)), sizes)
    within = np.arange(len(where)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = size_b[where]
    one = a.codes[a.offsets[left][where] + within // np.maximum(width, 1)]
    two = b.codes[b.offsets[right][where] + within % np.maximum(width, 1)]
    return where, one, two


def per_distinct(one: Codes, two: Codes, compare: Callable[[Codes, Codes], Small]) -> Small:
    """The result of a symmetric comparison, worked out once for each distinct pair of codes."""
    low, high = np.minimum(one, two).astype(np.int64), np.maximum(one, two).astype(np.int64)
    key = (low << 32) | high
    distinct, back = np.unique(key, return_inverse=True)
    found = compare((distinct >> 32).astype(np.int32), (distinct & 0xFFFFFFFF).astype(np.int32))
    return found[back]


def rows_of(table: pa.Table, record_ids: pa.Array) -> Ints:
    """The position of each row's record in the sorted record ids; -1 where it is not among them."""
    found = pc.index_in(table["record_id"].cast(pa.string()), value_set=record_ids)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def empty(records: int) -> Column:
    """A column in which no record has a value."""
    return column(np.empty(0, np.int64), pa.array([], pa.string()), records)


def merge(columns: Sequence[Column]) -> Column:
    """One column with the values of several, all of the same records."""
    records = columns[0].records
    carriers = np.concatenate([c.carriers for c in columns])
    texts = np.concatenate([c.values[c.codes] for c in columns])
    return column(carriers, pa.array(texts, pa.string()), records)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of the values of a column: the postcode of addresses, the domain of e-mail addresses."""

    values: npt.NDArray[np.object_]
    """The distinct parts, ascending."""
    codes: Codes
    """Code of the part of each value of the column, MISSING where the value lacks it."""
    counts: Ints
    """Rough customers that carry each part (at least as many as the model in force knew of)."""


def part(texts: Sequence[str], whole: Column) -> Part:
    """The part `texts` of each value of a column; '' is none."""
    coded = column(np.arange(len(texts)), pa.array(texts, pa.string()), len(texts))
    return recounted_part(Part(coded.values, coded.first, coded.counts), whole, np.arange(whole.records))


def recounted(col: Column, customer: Ints) -> Column:
    """The column with carriers counted as rough customers: five records of one person are one carrier.

    `customer` names the rough customer of each record. Counting records instead would make the values of
    whoever has many duplicates look common.
    """
    return replace(col, counts=_carriers(col.codes, customer[col.carriers], len(col.values)))


def recounted_part(piece: Part, whole: Column, customer: Ints) -> Part:
    """The part of a column with carriers counted as rough customers."""
    held = piece.codes[whole.codes] if len(piece.codes) else np.empty(0, np.int32)
    mine = held != MISSING
    return replace(piece, counts=_carriers(held[mine], customer[whole.carriers[mine]], len(piece.values)))


def _carriers(codes: Codes, customer: Ints, values: int) -> Ints:
    width = int(customer.max(initial=0)) + 1
    entries = np.unique(codes.astype(np.int64) * width + customer)
    return np.bincount(entries // width, minlength=values).astype(np.int64)
