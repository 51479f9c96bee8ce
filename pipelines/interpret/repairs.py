"""Source rows that people repaired: the text of single cells replaced before any rule sees it, rows waived.

A row is found by its key as found, or by its content where it has no key of its own. What was repaired is
text that the source holds: once the source itself says something else the repair is over, and that is told.
The rows keep what was found beside it (:meth:`pipelines.interpret.rows.Rows.found`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ContentKey
from pipelines.interpret.interface import CORRECTIONS, REPAIRS, Outcome
from pipelines.interpret.joined import Joined, joined
from pipelines.interpret.jsontext import row_json
from pipelines.interpret.keys import Keys, keys_of, repeated_rows
from pipelines.interpret.names import NAMES
from pipelines.interpret.parents import KNOWN
from pipelines.interpret.rows import Mask, Positions, Rows, as_mask
from pipelines.interpret.sql import Engine

WAIVE: Final = "waive"
HASH_DIGITS: Final = 32
"""Hexadecimal digits of the hash over the cells besides the key."""
NOWHERE: Final = np.empty(0, np.int64)


Seen = Callable[[Sequence[str]], frozenset[str]]
"""Row hashes in, those of rows that an earlier run has read out."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of rows from before."""

    names: pa.Table = field(default_factory=NAMES.empty_table)
    """NAMES: records that are known under other keys."""
    corrections: pa.Table = field(default_factory=CORRECTIONS.empty_table)
    """CORRECTIONS: cells and rows that people repaired."""
    seen: Seen = lambda hashes: frozenset()
    parties: pa.Table = field(default_factory=KNOWN.empty_table)
    """KNOWN: parties that earlier runs have loaded."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The rows of one map as the rules see them."""

    rows: Rows
    waived: Mask
    repairs: pa.Table
    """REPAIRS: what became of each correction that names this map."""
    whole: Mapping[str, Mapping[int, str | None]] = field(default_factory=dict)
    """New texts of columns whose lines are put together, by header and position of one of the lines."""

    def once_joined(self, found: Joined) -> Rows:
        """The rows whose lines were put together, with the texts that people corrected as a whole."""
        if not self.whole:
            return found.rows
        cells = {
            header: {int(found.leader[at]) if found.leader[at] >= 0 else at: text for at, text in one.items()}
            for header, one in self.whole.items()
        }
        return found.rows.overlaid(_changes(cells))


def repaired(loaded: LoadedRules, rows: Rows, *, known: Remembered, engine: Engine) -> Repaired:
    """The rows with the corrections in force, keys followed to those of before."""
    waived = np.zeros(len(rows), np.bool_)
    aliases = _Aliases.of(loaded, known.names)
    mine = [one for one in known.corrections.to_pylist() if aliases.speaks_of(one)]
    if not mine:
        return Repaired(rows, waived, REPAIRS.empty_table())
    work = _Repairing(loaded, rows, engine=engine, aliases=aliases, waived=waived, seen=known.seen)
    found = [work.repair(one, at) for one, at in work.places(mine)]
    table = pa.Table.from_pylist(found, schema=REPAIRS)
    mended = rows.overlaid(_changes(work.cells)) if work.cells else rows
    return Repaired(mended, waived, table, work.whole)


# --- which rows are meant ---
@dataclass(frozen=True, slots=True)
class _Aliases:
    """The keys that rows of a map bear today, by the place that a correction was made for."""

    own: str
    """``system.entity`` of the map today."""
    keys: Mapping[str, Sequence[str]]
    """Place (``system.entity:key``) -> keys of rows that stand for it, where they are others."""
    moved: Mapping[str, str]
    """Keys that stand for another place than their own -> that place."""

    @classmethod
    def of(cls, loaded: LoadedRules, names: pa.Table) -> _Aliases:
        """Out of the record ids that today's keys make and the records they stand for."""
        own = f"{loaded.rules.source.system}.{loaded.rules.map}"
        known = names.filter(pc.starts_with(names["new_id"], f"{own}:")).to_pylist() if len(names) else []
        keys: dict[str, list[str]] = {}
        moved: dict[str, str] = {}
        for row in known:
            place, key = _place_of(row["record_id"]), _place_of(row["new_id"]).removeprefix(f"{own}:")
            if place != f"{own}:{key}" and key not in moved:
                keys.setdefault(place, []).append(key)
                moved[key] = place
        return cls(own, keys, moved)

    def speaks_of(self, one: Mapping[str, Any]) -> bool:
        """Whether a correction is about rows of this map."""
        named = f"{one['system']}.{one['entity']}"
        return named == self.own or any(place.startswith(f"{named}:") for place in self.keys)

    def keys_of(self, one: Mapping[str, Any]) -> list[str]:
        """Keys of today's rows that a correction may be about."""
        if one["key"] is None:
            return []
        place = f"{one['system']}.{one['entity']}:{one['key']}"
        stays = place == f"{self.own}:{one['key']}" and one["key"] not in self.moved
        direct = [*([one["key"]] if stays else []), *self.keys.get(place, ())]
        return direct or list(self.keys.get(self.moved.get(one["key"], ""), ()))


def _place_of(record_id: str) -> str:
    """``system.entity:key`` of a record id; a record apart from others of its key has a place of its own."""
    place, _, part = record_id.partition("#")
    _, _, ordinal = part.partition("#")
    return f"{place}#{ordinal}" if ordinal else place


@dataclass(slots=True)
class _Repairing:
    """One map while its rows are repaired."""

    loaded: LoadedRules
    rows: Rows
    engine: Engine
    aliases: _Aliases
    waived: Mask
    seen: Seen
    cells: dict[str, dict[int, str | None]] = field(default_factory=dict)
    """New texts by header and position."""
    whole: dict[str, dict[int, str | None]] = field(default_factory=dict)
    """Those of texts put together of several lines, at one of them."""
    _joined: Joined | None = None

    def places(self, mine: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Positions]]:
        """Each correction with the rows it is about."""
        by_hash = _where(self.rows.origin("_row_hash"), (c["row_hash"] for c in mine if c["by_row"]))
        keyed = [one for one in mine if not one["by_row"]]
        by_key = _where(self._keys(), (key for one in keyed for key in self.aliases.keys_of(one)))
        at = {
            one["id"]: np.concatenate([NOWHERE, *(by_key.get(k, NOWHERE) for k in self.aliases.keys_of(one))])
            for one in keyed
        }
        strayed = self._by_rest([one for one in keyed if len(at[one["id"]]) == 0])
        for one in mine:
            here = by_hash.get(one["row_hash"], NOWHERE) if one["by_row"] else at[one["id"]]
            yield one, here if len(here) else strayed.get(one["rest_hash"], NOWHERE)

    def _keys(self) -> pa.Array:
        return self._live_keys()[0].text

    def _live_keys(self) -> tuple[Keys, Mask]:
        live = ~repeated_rows(self.rows) & as_mask(self.rows.origin("_problem").is_null())
        return keys_of(self.rows, self.loaded.rules.source.key, engine=self.engine, live=live), live

    def _together(self, header: str, at: Positions) -> Joined | None:
        """The rows with lines put together, where a correction is about such a text."""
        said = self.loaded.rules.source.join_rows
        if said is None or header not in said.columns or len(at) < 2:
            return None
        if self._joined is None:
            keys, live = self._live_keys()
            self._joined = joined(said, self.rows, keys=keys, live=live & ~self.rows.erased())
        leads = self._joined.leader[at]
        return self._joined if (leads >= 0).any() else None

    def _by_rest(self, lost: Sequence[Mapping[str, Any]]) -> dict[str, Positions]:
        """Rows whose key is new and whose other cells are those of a lost one: their key was changed."""
        key = self.loaded.rules.source.key
        if isinstance(key, ContentKey) or not any(one["rest_hash"] for one in lost):
            return {}
        able = np.zeros(len(self.rows), np.bool_)
        for one in lost:
            if self.rows.has(one["field"]):
                able |= _says(self.rows, one["field"], one["old_value"])
        at = np.flatnonzero(able)
        text = row_json(self.rows.at(at), without=key)
        frame = pa.table({"i": at, "t": text})
        hashed = self.engine.query(
            f"SELECT i, left(sha256(t), {HASH_DIGITS}) AS h FROM frame ORDER BY i", frame
        )
        found = _where(hashed["h"].combine_chunks(), (one["rest_hash"] for one in lost))
        alone = {rest: at[places] for rest, places in found.items() if len(places) == 1}
        hashes = self.rows.origin("_row_hash")
        told = {rest: hashes[int(places[0])].as_py() for rest, places in alone.items()}
        seen = self.seen(sorted(told.values())) if told else frozenset()
        return {rest: places for rest, places in alone.items() if told[rest] not in seen}

    def repair(self, one: Mapping[str, Any], at: Positions) -> dict[str, Any]:
        """Take one correction over, where it still holds; what became of it."""
        said = {"id": one["id"], "map": self.loaded.rules.map, "row_id": None, "found": None}
        if len(at) == 0:
            return said | {"outcome": Outcome.GONE}
        said["row_id"] = self.rows.origin("_row_id")[int(at[0])].as_py()
        if one["kind"] == WAIVE:
            self.waived[at] = True
            return said | {"outcome": Outcome.APPLIED}
        if not self.rows.has(one["field"]):
            return said | {"outcome": Outcome.NO_COLUMN}
        rows, cells = self.rows, self.cells
        if (together := self._together(one["field"], at)) is not None:
            rows, cells, at = together.rows, self.whole, at[together.leader[at] < 0]
        texts = [rows.found(one["field"])[int(place)].as_py() or None for place in at]
        same = [int(place) for place, text in zip(at, texts, strict=True) if text == one["old_value"]]
        cells.setdefault(one["field"], {}).update(dict.fromkeys(same, one["new_value"]))
        if same:
            return said | {"outcome": Outcome.APPLIED}
        agrees = texts[0] == one["new_value"]
        return said | {"outcome": Outcome.AGREES if agrees else Outcome.CHANGED, "found": texts[0]}


def _changes(cells: Mapping[str, Mapping[int, str | None]]) -> dict[str, tuple[Positions, pa.Array]]:
    """The new texts by header; a row that could not be read and was repaired counts as read."""
    changes = {}
    for header, texts in cells.items():
        at = np.array(sorted(texts), np.int64)
        changes[header] = (at, pa.array([texts[int(place)] for place in at], pa.string()))
    return changes


def _where(column: pa.Array, wanted: Iterable[str | None]) -> dict[str, Positions]:
    """Positions of the wanted values in a column."""
    values = sorted({value for value in wanted if value is not None})
    if not values:
        return {}
    places = pc.fill_null(pc.index_in(column, value_set=pa.array(values, pa.string())), -1)
    codes = places.to_numpy(zero_copy_only=False)
    at = np.flatnonzero(codes >= 0)
    order = at[np.argsort(codes[at], kind="stable")]
    ends = np.searchsorted(codes[order], np.arange(len(values)), side="right")
    parts = np.split(order, ends[:-1])
    return {value: part for value, part in zip(values, parts, strict=True) if len(part)}


def _says(rows: Rows, header: str, text: str | None) -> Mask:
    found = rows.found(header)
    if text is None:
        return as_mask(pc.or_(found.is_null(), pc.fill_null(pc.equal(found, ""), True)))
    return as_mask(pc.equal(found, text))


def told_of(repairs: pa.Table, corrections: pa.Table) -> pa.Table:
    """REPAIRS with those that no map of the project has rows for, each correction once.

    Of a map that was renamed the former one may be told of, too: where a row was found counts.
    """
    rows = {row["id"]: row for row in repairs.to_pylist() if row["outcome"] != Outcome.GONE}
    gone = {"map": None, "row_id": None, "outcome": Outcome.GONE, "found": None}
    told = [rows.get(number) or {"id": number, **gone} for number in corrections["id"].to_pylist()]
    return pa.Table.from_pylist(told, schema=REPAIRS).sort_by("id")
