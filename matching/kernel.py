"""Comparison and scoring as a function from record batches to record batches, for engines that bring pairs.

A batch holds pairs with the fields of both sides; what comes back holds levels and weights. Any engine that
hands Arrow batches to Python (DuckDB, Spark's ``mapInArrow``) can run it, in any split and order: the outcome
of a pair depends on its two records and on the vocabulary alone. Inside, a batch becomes features of as many
records as it has sides, and the comparisons and the scoring of the local path do the rest.

What a record cannot know by itself, how many carry a value, is in the vocabulary: the distinct values of all
records with their traits, made once and sent to every worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.cells import levels
from matching.columns import Column, Ints, from_codes
from matching.comparisons import compare
from matching.features import KindFeatures
from matching.model import KindModel
from matching.places import Places
from matching.policy import CLASSES, COMPARISONS
from matching.scoring import score

SIDES = ("left", "right")
"""Prefixes of the two records of a pair: ``left`` and ``right`` are their ids, ``left_email`` the e-mails."""


def vocabulary(features: KindFeatures) -> KindFeatures:
    """The distinct values of all records with all that is known of each, and no record."""
    columns = {name: _refilled(col, _no_codes(), _no_codes(), 0) for name, col in features.columns.items()}
    ids = pa.array([], features.record_ids.type)
    return replace(
        features, record_ids=ids, columns=columns, places=_placed(features, columns["address"])
    )


def fields(features: KindFeatures) -> pa.Table:
    """What a batch says of each side: ``record_id`` and for each field the list of the record's values."""
    lists = {}
    for name, col in features.columns.items():
        lists[name] = pa.ListArray.from_arrays(pa.array(col.offsets, pa.int32()), col.values.take(col.codes))
    return pa.table({"record_id": features.record_ids, **lists})


def scored(
    batches: Iterator[pa.RecordBatch], known: KindFeatures, weights: KindModel
) -> Iterator[pa.RecordBatch]:
    """The pairs of every batch with ``level_<comparison>``, millibits, evidence, class and probability.

    A batch has ``left`` and ``right`` and for each field of :func:`fields` a list column ``left_<field>`` and
    ``right_<field>``; `known` is the vocabulary, `weights` the model of the kind. Levels are int8, -1 where a
    side lacks the field; ``class`` is one of ``CLASSES``. Raises ValueError for a value that is not in the
    vocabulary, and KeyError for a batch that lacks a field.
    """
    for batch in batches:
        yield _scored(batch, known, weights)


def _scored(batch: pa.RecordBatch, known: KindFeatures, weights: KindModel) -> pa.RecordBatch:
    pairs = batch.num_rows
    both = _records(batch, known)
    cells = compare(both, np.arange(pairs), np.arange(pairs, 2 * pairs))
    found = score(known.kind, cells, weights)
    level = levels(cells)
    told = {f"level_{one.name}": pa.array(level[row]) for row, one in enumerate(COMPARISONS[known.kind])}
    return pa.RecordBatch.from_pydict(
        {side: batch.column(side) for side in SIDES}
        | told
        | {
            "millibits": pa.array(found.millibits),
            "evidence": pa.array(found.evidence),
            "class": pa.array(CLASSES).take(pa.array(found.klass)),
            "probability": pa.array(found.probability),
        }
    )


def _records(batch: pa.RecordBatch, known: KindFeatures) -> KindFeatures:
    """Features of the batch's left records, then of its right ones; a record counts as often as it occurs."""
    columns = {name: _column(batch, name, col) for name, col in known.columns.items()}
    ids = pa.concat_arrays([_flat(batch.column(side)) for side in SIDES])
    return replace(known, record_ids=ids, columns=columns, places=_placed(known, columns["address"]))


def _column(batch: pa.RecordBatch, field: str, known: Column) -> Column:
    """One field of both sides, in the codes of the vocabulary."""
    carriers, texts = [], []
    for number, side in enumerate(SIDES):
        lists = _flat(batch.column(f"{side}_{field}"))
        owner = pc.list_parent_indices(lists).to_numpy() + number * batch.num_rows
        carriers.append(owner.astype(np.int64))
        texts.append(pc.list_flatten(lists).cast(pa.string()))
    values = pa.concat_arrays(texts)
    codes = known.values.find(values)
    if len(codes) and codes.min() < 0:
        strange = values.filter(pa.array(codes < 0))[0].as_py()
        raise ValueError(f"the {field} {strange!r} is not in the vocabulary")
    return _refilled(known, np.concatenate(carriers), codes, 2 * batch.num_rows)


def _refilled(col: Column, carriers: Ints, codes: Ints, records: int) -> Column:
    """The column's values, and what is known of them, with other records."""
    made = from_codes(carriers, codes, records, col.values)
    return replace(made, counts=col.counts, degree=col.degree)


def _placed(features: KindFeatures, address: Column) -> Places:
    return replace(features.places, address=address)


def _no_codes() -> Ints:
    return np.empty(0, np.int64)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
