"""Pairs that people should look at: doubtful ones, and households that were rightly kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from crm_unify.schema.bookkeeping import mig_source_record, mig_xref
from crm_unify.steward.ledger_view import KnownRecord, LedgerView
from crm_unify.steward.report.evidence import of_pair
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.matches import MILLIBITS
from crm_unify.steward.report.reasons import reasons
from crm_unify.steward.report.who import Doubtful, Households, Pair, Shared
from matching.policy import COMPARISONS
from pipelines.database.read import matching

DOUBTFUL_SHOWN: Final = 8
HOUSEHOLDS_SHOWN: Final = 2
FAMILY: Final = "level_family"
SAME_FAMILY: Final = len(next(c for c in COMPARISONS["person"] if c.name == "family").levels) - 1
"""Level of equal family names."""
TELLING: Final = {
    "person": (
        ("level_address", -1),
        ("level_family", -1),
        ("level_phone", -1),
        ("level_given", 1),
        ("level_birth_date", 1),
    ),
    "organisation": (("level_address", -1), ("level_phone", -1), ("level_name", 1)),
}
"""What shows a household best: fields that should agree (-1: high level first) or differ (1: low first)."""


def doubtful(left: Leavings) -> Doubtful | None:
    """Pairs in the band between the lines, the strongest first; of two customers only the strongest pair."""
    if left.pairs is None:
        return None
    found = _with_customers(left.pairs.filter(pc.equal(left.pairs["band"], "review")), left)
    order = [("millibits", "descending"), ("left", "ascending"), ("right", "ascending")]
    rows = found.sort_by(order)
    between = rows.group_by(["one", "other"]).aggregate([])
    shown = _first_of_each(rows, DOUBTFUL_SHOWN)
    return Doubtful(len(found), len(between), tuple(_shown(shown, left)))


def households(left: Leavings) -> Households | None:
    """Customers of one household or site that are different customers."""
    if left.pairs is None:
        return None
    kept = pc.and_(pc.equal(left.pairs["class"], "household"), pc.equal(left.pairs["band"], "apart"))
    found = _with_customers(left.pairs.filter(kept), left)
    parts = [(title, kind, found.filter(where)) for title, kind, where in _kinds_of_places(found)]
    clearest = [(title, row) for title, kind, part in parts for row in _clearest(part, kind)]
    clearest = clearest[:HOUSEHOLDS_SHOWN]
    pairs = _shown([row for _, row in clearest], left)
    shown = tuple(Shared(title, pair) for (title, _), pair in zip(clearest, pairs, strict=True))
    homes, works, sites = (_groups(part) for _, _, part in parts)
    return Households(*homes, *works, *sites, shown=shown)


def _kinds_of_places(pairs: pa.Table) -> list[tuple[str, str, pa.ChunkedArray]]:
    """Households (persons of one family name), other places that persons share, sites of organisations."""
    persons = pc.equal(pairs["kind"], "person")
    named = persons
    if FAMILY in pairs.column_names:
        named = pc.fill_null(pc.equal(pairs[FAMILY], SAME_FAMILY), fill_value=False)
    return [
        ("Same household, not the same person", "person", pc.and_(persons, named)),
        ("Same place, not the same person", "person", pc.and_not(persons, named)),
        ("Same site, not the same organisation", "organisation", pc.equal(pairs["kind"], "organisation")),
    ]


def _with_customers(pairs: pa.Table, left: Leavings) -> pa.Table:
    """The pairs with their customers, ``one`` the smaller id; pairs inside a customer are left out."""
    ids = pc.unique(pa.concat_arrays([pairs[side].combine_chunks() for side in ("left", "right")]))
    query = sa.select(mig_xref.c.record_id, mig_xref.c.customer_id)
    xref = matching(left.connection, query, mig_xref.c.record_id, ids)
    records = xref["record_id"].combine_chunks()
    sides = [xref["customer_id"].take(pc.index_in(pairs[side], records)) for side in ("left", "right")]
    ascending = pc.less(*sides)
    table = pairs.append_column("one", pc.if_else(ascending, *sides))
    table = table.append_column("other", pc.if_else(ascending, *reversed(sides)))
    return table.filter(pc.not_equal(table["one"], table["other"]))


def _groups(pairs: pa.Table) -> tuple[int, int]:
    """Groups of customers that pairs join, and the customers in them."""
    if len(pairs) == 0:
        return 0, 0
    customers = pc.unique(pa.concat_arrays([pairs[side].combine_chunks() for side in ("one", "other")]))
    ends = [pc.index_in(pairs[side], customers).to_numpy() for side in ("one", "other")]
    size = len(customers)
    joined = coo_matrix((np.ones(len(pairs), np.int8), (ends[0], ends[1])), shape=(size, size))
    number, _ = connected_components(joined, directed=False)
    return int(number), size


def _clearest(pairs: pa.Table, kind: str) -> list[dict[str, Any]]:
    """The pairs that show best what a household is."""
    keys = [(name, "descending" if sign < 0 else "ascending") for name, sign in TELLING[kind]]
    known = [(name, order) for name, order in keys if name in pairs.column_names]
    stated = pairs
    for name, order in known:
        if order == "ascending":  # a field that one of the two lacks tells nobody apart
            stated = stated.filter(pc.greater_equal(stated[name], 0))
    rows = (stated if len(stated) else pairs).sort_by([*known, ("left", "ascending"), ("right", "ascending")])
    return _first_of_each(rows, HOUSEHOLDS_SHOWN)


def _first_of_each(rows: pa.Table, wanted: int) -> list[dict[str, Any]]:
    """The first pairs in order whose customers were not shown yet."""
    seen: set[str] = set()
    found: list[dict[str, Any]] = []
    for batch in rows.to_batches(max_chunksize=256):
        for row in batch.to_pylist():
            if len(found) < wanted and not {row["one"], row["other"]} & seen:
                seen |= {row["one"], row["other"]}
                found.append(row)
        if len(found) == wanted:
            break
    return found


def _shown(rows: Sequence[Mapping[str, Any]], left: Leavings) -> Iterator[Pair]:
    known = _records((row[side] for row in rows for side in ("left", "right")), left)
    for row in rows:
        shared, apart = ((), ()) if left.model is None else reasons(row, left.model)
        yield Pair(
            kind=row["kind"],
            bits=row["millibits"] / MILLIBITS,
            probability=row["probability"],
            shared=shared,
            apart=apart,
            evidence=of_pair([known[row["left"]], known[row["right"]]], left),
        )


def _records(ids: Iterable[str], left: Leavings) -> dict[str, KnownRecord]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = LedgerView(left.connection).records(mig_source_record.c.record_id.in_(wanted))
    return {record.record_id: record for record in found}
