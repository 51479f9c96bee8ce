"""How many rows a customer has, which are the largest, and which sources know them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.run.taken_for import TakenFor
from crm_unify.steward.dedupe.choice import Large
from crm_unify.steward.dedupe.rows import InputRow
from crm_unify.steward.dedupe.values import LargeView, SizeView
from crm_unify.steward.report.drawing import Upset, stacked, upset

SIZES: Final = (
    (1, 1, "one row"), (2, 2, "two rows"), (3, 3, "three rows"), (4, 4, "four rows"), (5, 9, "5 to 9 rows"),
    (10, 19, "10 to 19 rows"), (20, 49, "20 to 49 rows"), (50, 199, "50 to 199 rows"),
    (200, None, "200 rows or more"),
)  # fmt: skip
"""Least and greatest number of rows of a customer, and how it is said."""
SOURCES_DRAWN: Final = 8
"""With more sources their overlaps are not drawn."""
NAMES_SHOWN: Final = 3

Ints = npt.NDArray[np.int64]


def size_views(sizes: Ints) -> tuple[SizeView, ...]:
    """Customers by their number of rows."""
    counted = []
    for least, most, said in SIZES:
        here = sizes[(sizes >= least) & ((sizes <= most) if most is not None else True)]
        counted.append((said, len(here), int(here.sum())))
    highest = max((customers for _, customers, _ in counted), default=0)
    return tuple(
        SizeView(said, customers, rows, stacked([("size", said, customers)], total=highest))
        for said, customers, rows in counted
        if customers
    )


def large_views(largest: Sequence[Large], rows: Mapping[str, InputRow]) -> tuple[LargeView, ...]:
    """The largest customers with what some of their rows call them."""
    return tuple(
        LargeView(one.records, _called([rows[member] for member in one.members]), one.members[0], one.weakest)
        for one in largest
    )


def _called(rows: Sequence[InputRow]) -> tuple[str, ...]:
    names = Counter(row.called for row in rows if row.called)
    return tuple(sorted(names, key=lambda name: (-names[name], name))[:NAMES_SHOWN])


def source_rows(tables: Sequence[TakenFor]) -> tuple[tuple[str, int], ...]:
    """The source systems with their rows, most first."""
    if not tables:
        return ()
    counts = pc.value_counts(pa.chunked_array([one.source for one in tables]))
    found = [(entry["values"] or "", entry["counts"]) for entry in counts.to_pylist()]
    return tuple(sorted(found, key=lambda entry: (-entry[1], entry[0])))


def overlap(tables: Sequence[TakenFor], membership: pa.Table) -> Upset | None:
    """Which combinations of sources know how many customers; None for one source, or too many."""
    names = [name for name, _ in source_rows(tables)]
    if not 1 < len(names) <= SOURCES_DRAWN:
        return None
    at = pc.index_in(pa.chunked_array([one.ids for one in tables]), membership["record_id"].combine_chunks())
    codes = membership["customer_id"].combine_chunks().dictionary_encode().indices.take(at.combine_chunks())
    system = pc.index_in(pa.chunked_array([one.source for one in tables]), pa.array(names)).to_numpy()
    mask = np.zeros(int(pc.max(codes).as_py()) + 1, np.int64)
    np.bitwise_or.at(mask, codes.to_numpy(), np.left_shift(1, np.asarray(system, np.int64)))
    return _drawn(mask, names)


def _drawn(mask: Ints, names: Sequence[str]) -> Upset | None:
    masks, customers = np.unique(mask, return_counts=True)
    groups = [
        (tuple(name for i, name in enumerate(names) if code >> i & 1), int(number))
        for code, number in zip(masks.tolist(), customers, strict=True)
    ]
    known = [(name, sum(number for held, number in groups if name in held)) for name in names]
    shown = sorted(groups, key=lambda group: (-group[1], len(group[0]), group[0]))
    return upset(sorted(known, key=lambda one: (-one[1], one[0])), shown)
