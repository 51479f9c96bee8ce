"""Records that rows of other maps may hang on: who is the customer of this order, the order of this line.

A reference is the key of the parent's row, compared byte by byte. A row whose parent's row is in quarantine
or waits itself is held, whatever the rule says about missing parents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import Fate
from pipelines.interpret.fates import Fates
from pipelines.interpret.keys import Keys, encoded
from pipelines.interpret.names import NAMES, named
from pipelines.interpret.problems import PARENT_HELD, PARENT_MISSING, PARENT_QUARANTINED

CUSTOMER: Final = "customer"
"""The role of a map's first party record; other roles are kinds of children."""

ROLES: Final = {"customer": CUSTOMER, "order": "sales_order"}
"""Which record of the parent's row a parent field names."""


@dataclass(frozen=True, slots=True)
class MapIndex:
    """The rows of one interpreted map by key."""

    keys: pa.Array
    """Keys of mapped, held and quarantined rows, each once, for the first of these fates it has."""
    problem: pa.Array
    """Why the row gives no parent; null for a mapped one."""
    records: Mapping[str, pa.Array]
    """By role, the record of each row; null where the row makes none."""
    discarded: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    """Keys of rows that a rule threw away."""


NO_ROWS: Final = MapIndex(pa.array([], pa.string()), pa.array([], pa.string()), {})
"""The index of a map that is not read any more."""


def map_index(keys: Keys, fates: Fates, *, records: Mapping[str, pa.Array]) -> MapIndex:
    """Index one interpreted map; `records` are as long as its rows."""
    found, held = fates.of(Fate.MAPPED), fates.of(Fate.HELD)
    waiting = found | held | fates.of(Fate.QUARANTINED)
    rank = np.where(found, 0, np.where(held, 1, 2))
    order = np.argsort(rank, kind="stable")
    order = order[(waiting & (keys.codes >= 0))[order]]
    _, firsts = np.unique(keys.codes[order], return_index=True)
    chosen = pa.array(order[np.sort(firsts)])
    problem = pa.array([None, PARENT_HELD, PARENT_QUARANTINED], pa.string()).take(pa.array(rank)).take(chosen)
    made = {role: column.take(chosen) for role, column in records.items()}
    thrown = keys.text.filter(pa.array(fates.of(Fate.DISCARDED)))
    return MapIndex(keys.text.take(chosen), problem, made, thrown.drop_null())


@dataclass(frozen=True, slots=True)
class Referred:
    """The parents of a column of references."""

    record_id: pa.Array
    problem: pa.Array
    """PARENT-MISSING, PARENT-QUARANTINED or PARENT-HELD; null where there is a parent."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the placeholder of a row is."""

    part: str
    kind: str


STANDING: Final = pa.schema(
    [
        ("record_id", pa.string()),
        ("system", pa.string()),  # of the row that is not there
        ("map", pa.string()),
        ("key", pa.string()),
        ("raw", pa.string()),  # where its key stands, as JSON
    ]
)
"""Parents that rows name and no source has, once for each row that names them."""

KNOWN: Final = pa.schema([("place", pa.string()), ("record_id", pa.string())])
"""Parties that earlier runs have loaded, by ``map:key``, sorted by both."""


@dataclass(frozen=True, slots=True)
class Parents:
    """The maps interpreted so far, and what may stand for rows that they lack."""

    maps: Mapping[str, MapIndex]
    assumed: bool = False
    """Whether every reference finds a parent: an example of a rule file knows no other maps."""
    given: Mapping[str, pa.Array] = field(default_factory=dict)
    """Keys of the rows that an example gives of other maps; of these maps no other rows are there."""
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    """By map."""
    known: pa.Table = field(default_factory=KNOWN.empty_table)
    """KNOWN."""
    deferred: frozenset[str] = frozenset()
    """Maps whose rows are not waited for: rows hang on them once these are there."""
    names: pa.Table = field(default_factory=NAMES.empty_table)
    """NAMES."""

    def refer(self, system: str, name: str, *, reference: pa.Array, role: str) -> Referred:
        """The record in this role of the row of map `name` whose key is the reference."""
        keys = encoded(reference)
        if self.assumed:
            if name in self.given:
                there = pc.is_in(keys, value_set=self.given[name])
                keys = pc.if_else(there, keys, pa.scalar(None, pa.string()))
            made = pc.binary_join_element_wise(f"{system}.{name}:", keys, f"#{role}", "")
            return Referred(
                made, pc.if_else(made.is_null(), pa.scalar(PARENT_MISSING), pa.scalar(None, pa.string()))
            )
        index = self.maps[name]
        place = pc.index_in(keys, value_set=index.keys)
        record_id = (
            index.records[role].take(place) if role in index.records else pa.nulls(len(place), pa.string())
        )
        problem = pc.coalesce(
            index.problem.take(place),
            pc.if_else(record_id.is_null(), PARENT_MISSING, pa.scalar(None, pa.string())),
        )
        return Referred(pc.if_else(problem.is_null(), record_id, pa.scalar(None, pa.string())), problem)

    def discarded(self, name: str, reference: pa.Array) -> pa.Array:
        """Whether the row of map `name` with this key is there, and was thrown away by a rule."""
        if self.assumed:
            return pa.repeat(pa.scalar(False), len(reference))
        return pc.is_in(encoded(reference), value_set=self.maps[name].discarded)

    def remembered(self, name: str, reference: pa.Array) -> pa.Array:
        """The party that an earlier run has loaded of the row of map `name` with this key, else null."""
        places = pc.binary_join_element_wise(name, encoded(reference), ":")
        found = pc.index_in(places, value_set=self.known["place"].combine_chunks())
        return self.known["record_id"].combine_chunks().take(found)

    def placeholder(self, system: str, name: str, reference: pa.Array) -> pa.Array:
        """The record that stands for a row which is not there; null where nothing is named."""
        standing = self.stand_ins.get(name)
        part = CUSTOMER if standing is None else standing.part
        made = pc.binary_join_element_wise(f"{system}.{name}:", encoded(reference), f"#{part}", "")
        return named(made, self.names)
