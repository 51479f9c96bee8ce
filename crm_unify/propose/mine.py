"""Examples out of real rows for the parts of a rule file that no example tries yet, with values of nobody.

A row on which the part makes a difference is looked for, its values are masked, and what is left is run
again: only a masked row that still tries the part is proposed. Columns that it does without are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.propose.common_codes import CommonCodes, common_codes
from crm_unify.propose.masks import masked, shaped
from crm_unify.propose.mined import column_targets, expected, named, needed_columns
from crm_unify.propose.table_codes import TableCodes, table_codes
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.lookups import lookups_of
from pipelines.interpret.coverage import Part, marks_of
from pipelines.interpret.example import example_table
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.stage import interpret_watched
from pipelines.interpret.work import Tally, Touch
from pipelines.sources.interface import ORIGIN, Column, Reader

LOOKED_AT: Final = 50_000
"""Rows of a source among which examples are looked for, the first ones"""
TRIED: Final = 5
"""Rows that are tried for each part, the shortest first"""
NOT_LENT: Final = (
    "no row tries it without rows of the maps that are looked up, and those are not mined: write `beside`"
)
"""Why there is no example of a lookup, nor of what is done with the text it finds."""
Given = dict[str, str]


@dataclass(frozen=True, slots=True)
class Mined:
    """A proposed example."""

    name: str
    given: Given
    expect: Mapping[str, list[dict[str, Any]]]
    tries: tuple[Part, ...]
    """What it tries that no other example does."""

    def as_yaml(self) -> dict[str, Any]:
        """The example as an entry of `tests:`."""
        return {"name": self.name, "given": [self.given], "expect": dict(self.expect)}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one rule file."""

    map: str
    examples: tuple[Mined, ...]
    left: Mapping[Part, str]
    """Parts without an example, each with the reason."""


def mine(loaded: LoadedRules, reader: Reader, untried: Sequence[Part], *, as_of: date) -> Found:
    """Look for examples of the untried parts among the first rows of the source."""
    small, columns = loaded.for_examples(), reader.header()
    table = _with_ids(_first_rows(reader), columns)
    try:
        whole, tally = interpret_watched(small, table, columns, as_of=as_of)
    except GuardStopped as stop:
        why = f"a run with these rows stops: {stop.why}"  # `what` may show texts of the rows
        return Found(loaded.rules.map, (), dict.fromkeys(untried, why))
    common = _common(loaded, table, columns)
    mapped, lengths = _mapped(whole, table), _lengths(table, columns)
    look = _Look(small, table, columns, mapped, tally, as_of, lengths, common, table_codes(loaded))
    examples: list[Mined] = []
    left: dict[Part, str] = {}
    done: set[Part] = set()
    for part in untried:
        if part in done:
            continue
        found = look.example(part, [p for p in untried if p not in done])
        if isinstance(found, str):
            left[part] = found
        else:
            examples.append(found)
            done.update(found.tries)
    return Found(loaded.rules.map, tuple(examples), {p: why for p, why in left.items() if p not in done})


def _common(loaded: LoadedRules, table: pa.Table, columns: Sequence[Column]) -> CommonCodes:
    rows = table.select([column.field for column in columns])
    rows = rows.rename_columns([column.header for column in columns])
    conditions = [branch.when for branch in loaded.rules.targets]
    return common_codes(rows, column_targets(loaded), conditions)


def _first_rows(reader: Reader) -> pa.Table:
    batches, rows = [], 0
    for batch in reader.batches():
        batches.append(batch)
        rows += batch.num_rows
        if rows >= LOOKED_AT:
            break
    columns = [pa.field(column.field, pa.string()) for column in reader.header()]
    empty = pa.schema([*ORIGIN, *columns]).empty_table()
    return pa.Table.from_batches(batches).slice(0, LOOKED_AT).combine_chunks() if batches else empty


def _with_ids(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The rows with ids that tell repeated ones; nothing of them is kept."""
    texts = [pc.fill_null(table[column.field].combine_chunks(), "\x1e") for column in columns]
    codes = pc.binary_join_element_wise(*texts, "\x1f").dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    firsts = np.flatnonzero(np.r_[True, np.diff(codes[order]) != 0]) if len(codes) else order
    ordinals = np.empty(len(codes), np.int64)
    ordinals[order] = np.arange(len(codes)) - np.repeat(firsts, np.diff(np.r_[firsts, len(codes)])) + 1
    hashes = pc.utf8_lpad(pc.cast(pa.array(codes), pa.string()), width=8, padding="0")
    ids = pc.binary_join_element_wise(hashes, pc.cast(pa.array(ordinals), pa.string()), "-")
    table = table.select([*ORIGIN.names, *(column.field for column in columns)])
    return table.append_column("_row_hash", hashes).append_column("_row_id", ids)


def _mapped(whole: Interpreted, table: pa.Table) -> np.ndarray:
    """Which rows made records."""
    fates = dict(zip(whole.fates["row_id"].to_pylist(), whole.fates["fate"].to_pylist(), strict=True))
    return np.array([fates[one] == "mapped" for one in table["_row_id"].to_pylist()], np.bool_)


def _lengths(table: pa.Table, columns: Sequence[Column]) -> np.ndarray:
    sizes = [pc.fill_null(pc.utf8_length(table[column.field]), 0).to_numpy() for column in columns]
    return np.asarray(np.sum(sizes, axis=0)) if sizes else np.zeros(len(table))


@dataclass(frozen=True, slots=True)
class _Look:
    """Rows of a source, and what the rules made of them."""

    loaded: LoadedRules
    table: pa.Table
    columns: Sequence[Column]
    mapped: np.ndarray
    tally: Tally
    as_of: date
    lengths: np.ndarray
    """Characters of each row."""
    common: CommonCodes
    """Codes that examples may show."""
    codes: TableCodes
    """Codes that the project's tables explain."""

    def example(self, part: Part, wanted: Sequence[Part]) -> Mined | str:
        """An example that tries the part, or why there is none; `wanted` are all parts that lack one."""
        places = self._places(part)
        if not len(places):
            return NOT_LENT if self._looks_up() else "no row of the source tries it"
        for place in places[:TRIED]:
            for given in self._maskings(int(place)):
                found = self._tried(part, wanted, given)
                if found is not None:
                    return found
        return "rows try it, and none does once its values are masked"

    def _looks_up(self) -> bool:
        """Whether other maps decide what becomes of a row: what they would lend is not known here."""
        return any(lookups_of(self.loaded.rules))

    def _places(self, part: Part) -> np.ndarray:
        """Rows that try the part: mapped ones first, then those with least text."""
        found = np.zeros(len(self.table), np.bool_)
        for mark in part.marks:
            touched = self.tally.touched or {}
            held = self.tally.hits.get(str(mark[1])) if mark[0] == "rule" else touched.get(mark)
            if held is not None:
                found |= held
        places = np.flatnonzero(found)
        return np.asarray(places[np.lexsort((self.lengths[places], ~self.mapped[places]))])

    def _row(self, place: int) -> Given:
        one = self.table.slice(place, 1).to_pylist()[0]
        row = {column.header: one[column.field] for column in self.columns}
        return {header: text for header, text in row.items() if text is not None and text.strip()}

    def _flags(self, place: int) -> Given:
        one = self.table.slice(place, 1).to_pylist()[0]
        return {flag: "true" for flag in ("row_hidden", "row_struck") if one[flag.replace("row", "")]}

    def _maskings(self, place: int) -> Iterator[Given]:
        """The row with made-up values, then with those that keep the shape of what stands there."""
        row, parse, targets = self._row(place), self.loaded.rules.source.parse, column_targets(self.loaded)
        country = parse.phone_country or parse.country

        def masked_by(mask: Callable[[str, str], str | None]) -> Given:
            made = {n: text if self.codes.are(n, text) else mask(n, text) for n, text in row.items()}
            return {name: text for name, text in made.items() if text is not None} | self._flags(place)

        shows = self.common.shows
        yield masked_by(
            lambda n, t: masked(
                t, targets.get(n, ()), dates=parse.dates, country=country, nobodys=shows(n, t)
            )
        )
        yield masked_by(lambda n, t: shaped(t) if targets.get(n) else None)

    def _tried(self, part: Part, wanted: Sequence[Part], given: Given) -> Mined | None:
        """The example, with as few columns as it needs; None when the masked row does not try the part."""
        now = self._marks(given)
        if now is None or not part.marks & now[1]:
            return None
        tries = [one for one in wanted if one.marks & now[1]]
        fewer = {name: text for name, text in given.items() if name in needed_columns(self.loaded, tries)}
        then = self._marks(fewer)
        if then is not None and _fate(then[0]) == _fate(now[0]) and all(p.marks & then[1] for p in tries):
            given, now = fewer, then
        return Mined(named(tries), given, expected(self.loaded, now[0], tries), tuple(tries))

    def _marks(self, given: Given) -> tuple[Interpreted, set[Touch]] | None:
        try:
            made, tally = interpret_watched(
                self.loaded, *example_table(self.loaded.rules, [given]), as_of=self.as_of
            )
        except GuardStopped:
            return None
        return made, marks_of(tally)


def _fate(made: Interpreted) -> tuple[str, str | None]:
    (row,) = made.fates.to_pylist()
    return row["fate"], row["rule"]
