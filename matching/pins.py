"""Pins: the claim a person chose for a golden field, or the value a person gave in its place.

A pin of a record holds wherever that record is: its claim wins the field. A pin of a value stands with the
customer that holds the record it was given for, whatever that record claims itself. Of several pins the
newest decision wins.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PINS: Final = pa.schema(
    [
        ("record_id", pa.string()),  # the record to take the claim from, or the one the value was given for
        (
            "field",
            pa.string(),
        ),  # kind.field of the field that stands for its group, or a table whose rows are kept
        ("decision", pa.int64()),  # number of the decision; the greater is the newer
        (
            "value",
            pa.string(),
        ),  # what a person gave: a JSON object of the fields that belong together; or null
    ]
)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Given:
    """Values people gave for one field, as further claims."""

    values: pa.Table
    """The fields that belong together, one row a pin."""
    record_ids: pa.Array
    """The record each was given for."""
    decisions: Ints
    """Number of the decision."""

    @property
    def names(self) -> pa.Array:
        """What stands in place of a record: ``decision 7``."""
        return pa.array([f"decision {number}" for number in self.decisions.tolist()], pa.string())


def ranks(pins: pa.Table | None, field: str, record_ids: pa.Array) -> Ints:
    """A sort key of claims: 0 without a pin, below 0 for a claim that a person chose, the newest least."""
    newest = np.zeros(len(record_ids), np.int64)
    chosen = _of(pins, field, given=False)
    if chosen is None or not len(chosen):
        return newest
    best = chosen.group_by("record_id").aggregate([("decision", "max")])
    place = pc.index_in(record_ids, value_set=best["record_id"].combine_chunks())
    found = best["decision_max"].take(place)
    return -np.asarray(pc.fill_null(found, 0).to_numpy(), np.int64)


def given(pins: pa.Table | None, field: str, schema: pa.Schema, *, known: pa.ChunkedArray) -> Given:
    """The values given for a field, those whose record is known; `schema` names what goes together."""
    chosen = _of(pins, field, given=True)
    rows = [] if chosen is None else chosen.filter(pc.is_in(chosen["record_id"], known)).to_pylist()
    texts = [json.loads(row["value"]) for row in rows]
    return Given(
        pa.table(
            {f.name: pa.array([text.get(f.name) for text in texts], f.type) for f in schema}, schema=schema
        ),
        pa.array([row["record_id"] for row in rows], pa.string()),
        np.array([row["decision"] for row in rows], np.int64),
    )


def _of(pins: pa.Table | None, field: str, *, given: bool) -> pa.Table | None:
    if pins is None:
        return None
    own = pins.filter(pc.equal(pins["field"], field))
    return own.filter(pc.is_valid(own["value"]) if given else pc.is_null(own["value"]))


def pinned_first(chain: Sequence[str]) -> tuple[str, ...]:
    """A survivorship chain that no setting can make deaf to what a person decided."""
    return ("pin", *(step for step in chain if step != "pin"))
