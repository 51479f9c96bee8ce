"""Drift: what is different about a source since the last run, said in words.

Columns come, go and are renamed; dates change their form, zeros in front are eaten, a column falls empty.
None of it stops a run by itself, and all of it is told: in the answer of `plan` and `run`, and in the report.
What rules need and the source no longer has is a guard, and so is any of this where a rule file says
`columns: exact`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ContentKey
from crm_unify.schema.target import reachable
from pipelines.drift import TEXT, SameValues, remembered, same_values, shape, values_now
from pipelines.landed import Landed
from pipelines.ledger import Ledger
from pipelines.sources.interface import Column, Reader

NEW: Final = "new"
GONE: Final = "gone"
RENAMED: Final = "renamed"
KIND: Final = "kind"
EMPTIED: Final = "emptied"
ZEROS: Final = "zeros"
COUNTED_FROM: Final = 10
"""Below this many values a share says nothing about what a column holds."""
MOSTLY: Final = 0.9
"""Share of its values that must be of one kind for a column to be of it."""
FEWER: Final = 0.1
"""A kind that lost this share of the column's values is worth a word."""
HALF: Final = 0.5
"""A column has fallen empty when less than this part of its former share is filled."""
ZEROS_FROM: Final = 0.02
"""Share of values with zeros in front whose disappearance is no chance."""

Shapes = Mapping[str, Mapping[str, Any]]
"""By map, what :func:`pipelines.drift.shape` says of its table."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is different about a source."""

    map: str
    what: str
    """new, gone, renamed, kind, emptied or zeros; gap, late or redelivered of a file."""
    column: str
    """The column as the source calls it now; of one that is gone, as it was called; or the file."""
    sentence: str

    def as_json(self) -> dict[str, str]:
        """Plain values by name."""
        return asdict(self)


def shapes(landed: Sequence[Landed], before: Shapes) -> dict[str, dict[str, Any]]:
    """What every table holds; one that has not changed since the last run is not looked at again."""
    found = {}
    for one in landed:
        last = before.get(one.map, {})
        headers = {column.header for column in one.columns}
        same = last.get("content") == one.content_hash and set(last["columns"]) == headers
        found[one.map] = dict(last) if same else shape(one)
    return found


def drifts(
    landed: Sequence[Landed], now: Shapes, ledger: Ledger, engine: sa.Engine, *, files: Sequence[LoadedRules]
) -> tuple[Drift, ...]:
    """Everything that is different since the last run, map by map; nothing for a map that is new."""
    before, rules = last_shapes(ledger), {loaded.rules.map: loaded for loaded in files}
    found: list[Drift] = []
    for one in landed:
        if one.map in before:
            found += _of_map(one, rules[one.map], before[one.map], now[one.map], engine)
    return tuple(found)


def last_shapes(ledger: Ledger) -> Shapes:
    """What every table held in the last run, by map."""
    found: Shapes = ledger.summary.get("shapes", {})
    return found


def _of_map(
    one: Landed, loaded: LoadedRules, before: Mapping[str, Any], now: Mapping[str, Any], engine: sa.Engine
) -> Iterator[Drift]:
    if before["content"] == now["content"] and set(before["columns"]) == set(now["columns"]):
        return
    gone = [header for header in before["columns"] if header not in now["columns"]]
    fresh = {c.header: c for c in one.columns if c.header not in before["columns"]}
    same = _renamed(loaded, engine, gone, fresh, one) if gone and fresh else ()
    yield from (Drift(one.map, RENAMED, s.new, _said(s)) for s in same)
    known = {s.old for s in same} | {s.new for s in same}
    yield from (Drift(one.map, GONE, h, f"column {h} is gone") for h in gone if h not in known)
    yield from (Drift(one.map, NEW, h, _arrived(h, now["columns"][h])) for h in fresh if h not in known)
    names = {s.new: s.old for s in same}
    for header, holds in now["columns"].items():
        held = before["columns"].get(names.get(header, header))
        if held is not None:
            yield from _of_column(one.map, header, Held(held, before["rows"]), Held(holds, now["rows"]))


# --- what columns hold ---
@dataclass(frozen=True, slots=True)
class Held:
    """What a column holds, out of its shape."""

    counts: Mapping[str, Any]
    rows: int
    """Of the table."""

    @property
    def filled(self) -> int:
        """Values that are not empty."""
        return int(self.counts["filled"])

    @property
    def kind(self) -> tuple[str, float]:
        """The most frequent kind of value, and its share of the filled ones."""
        kinds = self.counts["kinds"]
        best = min(kinds, key=lambda kind: (-kinds[kind], kind), default=TEXT)
        return best, self.share(best)

    def share(self, kind: str) -> float:
        """Share of the filled values that are of this kind."""
        return float(self.counts["kinds"].get(kind, 0)) / max(self.filled, 1)


def _of_column(name: str, header: str, before: Held, now: Held) -> Iterator[Drift]:
    """What is different about one column that both deliveries have."""
    if before.filled < COUNTED_FROM:
        return
    was, is_now = before.filled / max(before.rows, 1), now.filled / max(now.rows, 1)
    if now.rows >= COUNTED_FROM and is_now < HALF * was:
        sentence = f"column {header} was filled in {was:.0%} of rows and is filled in {is_now:.0%} now"
        yield Drift(name, EMPTIED, header, sentence)
    if now.filled < COUNTED_FROM:
        return
    kind, share = before.kind
    left, (other, much) = now.share(kind), now.kind
    if kind != TEXT and share >= MOSTLY and left < share - FEWER:
        rest = f"{other} ({much:.0%})" if other != kind else f"them in {left:.0%} only"
        sentence = f"column {header} held {kind} ({share:.0%} of its values) and holds {rest} now"
        yield Drift(name, KIND, header, sentence)
    zeros = before.counts["zeros"] / before.filled
    if zeros >= ZEROS_FROM and now.counts["zeros"] == 0:
        sentence = (
            f"{zeros:.0%} of the values of column {header} began with a zero and none does now: "
            "did a spreadsheet eat them?"
        )
        yield Drift(name, ZEROS, header, sentence)


def _arrived(header: str, holds: Mapping[str, Any]) -> str:
    kind, share = Held(holds, 0).kind
    if holds["filled"] == 0:
        return f"column {header} is new; it is empty"
    return f"column {header} is new; it holds {kind} ({share:.0%} of its values)"


# --- the same column under another name ---
def _renamed(
    loaded: LoadedRules, engine: sa.Engine, gone: Sequence[str], fresh: Mapping[str, Column], one: Landed
) -> tuple[SameValues, ...]:
    key = _key_fields(loaded, one.columns)
    fields = {header: column.field for header, column in fresh.items()}
    table = pq.read_table(one.path, columns=list(dict.fromkeys([*fields.values(), *key])))
    return _compared(loaded, engine, gone, values_now(table, fields, key))


def renamed_in(
    reader: Reader, loaded: LoadedRules, engine: sa.Engine, *, gone: Sequence[str], last: Sequence[str]
) -> tuple[str, ...]:
    """A sentence for each of these columns that a new one of the source seems to replace.

    Reads the source, which has not been landed: it lacks what the rules need.
    """
    columns = reader.header()
    fields = {column.header: column.field for column in columns if column.header not in last}
    if not fields:
        return ()
    key = _key_fields(loaded, columns)
    wanted = list(dict.fromkeys([*fields.values(), *key]))
    table = pa.Table.from_batches([batch.select(wanted) for batch in reader.batches()])
    return tuple(_said(s) for s in _compared(loaded, engine, gone, values_now(table, fields, key)))


def _compared(
    loaded: LoadedRules, engine: sa.Engine, gone: Sequence[str], now: pa.Table
) -> tuple[SameValues, ...]:
    with reachable(engine), engine.connect() as connection:
        before = remembered(connection, loaded.rules.map, gone)
    return same_values(before, now)


def _key_fields(loaded: LoadedRules, columns: Sequence[Column]) -> list[str]:
    """Fields of the key; none for a content key, and none when the source has lost one of them."""
    key = loaded.rules.source.key
    fields = {column.header: column.field for column in columns}
    if isinstance(key, ContentKey) or not set(key) <= set(fields):
        return []
    return [fields[header] for header in key]


def _said(same: SameValues) -> str:
    share = "every row" if same.share == 1 else f"{int(100 * same.share)} % of rows"
    return f"column {same.old} is gone; {same.new} holds the same values in {share}: was it renamed?"


# --- policy ---
def guard_drift(found: Sequence[Drift], files: Sequence[LoadedRules]) -> None:
    """Stop when a source whose rule file says `columns: exact` has drifted."""
    exact = {loaded.rules.map for loaded in files if loaded.rules.source.expects.columns == "exact"}
    mine = [one for one in found if one.map in exact]
    if mine:
        raise GuardStopped(
            f"the source of '{mine[0].map}' is not what it was in the last run",
            f"map {mine[0].map}",
            why="; ".join(one.sentence for one in mine) + " (the rule file says 'columns: exact')",
            remedy="ask whoever delivers the source; if it is right, say `columns: report` for one run",
        )
