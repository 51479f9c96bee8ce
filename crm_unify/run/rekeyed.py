"""Known records whose rows came back under other keys: found, named, and the unclear ones asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import PARTIES
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.model import ContentKey
from crm_unify.run.placeholders import stands_in, taken_over
from matching.engine import match
from matching.features import features
from matching.model import Model
from matching.rekey import equal, similar
from matching.scoring import MILLI
from matching.settings import Settings
from pipelines.carry import PAST, claims_of, rows_gone
from pipelines.interpret.interface import Interpreted
from pipelines.ledger import BETWEEN, COMPARED, Ledger
from pipelines.rekeyed import FIRST_KEY, OPEN, PAIRED, REKEYED, apart_rows, candidates, names_of, rekey_rows

Read = Callable[[pa.ChunkedArray], pa.Table]
"""Record ids in, whole rows of ``mig_source_record`` out."""
Again = Callable[[pa.Table], Interpreted]
"""NAMES in, the rows interpreted with them out."""


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The rows of a snapshot under the ids that their records bear, and what is new about keys."""

    interpreted: Interpreted
    rows: pa.Table
    """New rows of ``mig_rekey``."""
    gone: Mapping[str, int]
    """By map, records in force that no row made before they were paired."""
    come: Mapping[str, int]
    """By map, records that nobody knew."""

    @property
    def paired(self) -> int:
        """Records that keep their id under another key since this run."""
        mine = pc.and_(pc.equal(self.rows["state"], PAIRED), pc.not_equal(self.rows["how"], FIRST_KEY))
        return int(pc.sum(mine).as_py() or 0)


def rekeyed(
    project: LoadedProject, ledger: Ledger, *, read: Read, again: Again, model: Model | None
) -> Rekeyed:
    """Interpret the rows under the names that are known, and once more where there are new ones.

    `model` is the one the run scores with; without one only what is equal is paired.
    """
    found = again(names_of(ledger.rekeyed))
    rows = apart_rows(found.records, ledger.records)
    if len(rows):
        found = again(names_of(ledger.rekeyed, rows))
    sides = _sides(found, ledger, project)
    over, sides = _taken_over(sides, project, read=read, ledger=ledger)
    if len(over):
        rows = pa.concat_tables([_without(rows, over), over])
        found = again(names_of(ledger.rekeyed, rows))
    counts = [_by_map(side) for side in sides]
    if counts[0].keys() & counts[1].keys():
        more = _paired(found, sides, project, read=read, model=model, ledger=ledger)
        if pc.any(pc.equal(more["state"], PAIRED)).as_py():
            rows = pa.concat_tables([_without(rows, more), more])
            found = again(names_of(ledger.rekeyed, rows))
        else:
            rows = pa.concat_tables([rows, more])
    return Rekeyed(found, rows, counts[0], counts[1])


def _taken_over(
    sides: tuple[pa.Table, pa.Table], project: LoadedProject, *, read: Read, ledger: Ledger
) -> tuple[pa.Table, tuple[pa.Table, pa.Table]]:
    """New rows of ``mig_rekey`` for rows that placeholders stood for, and both sides without these."""
    gone, come = sides
    marks = stands_in(gone)
    placeholders = gone.filter(marks)
    if len(placeholders) == 0:
        return REKEYED.empty_table(), sides
    pairs = taken_over(project, placeholders, come)
    arrived = pc.is_in(come["record_id"], pairs["come"].combine_chunks())
    before = read(pairs["gone"])
    rows = _rows(pairs, before, come.filter(arrived), ledger)
    return rows, (gone.filter(pc.invert(marks)), come.filter(pc.invert(arrived)))


def _without(rows: pa.Table, news: pa.Table) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows["id"], news["id"].combine_chunks())))


def _by_map(records: pa.Table) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(records["map"]).to_pylist()}


# --- the two sides ---
def _sides(found: Interpreted, ledger: Ledger, project: LoadedProject) -> tuple[pa.Table, pa.Table]:
    """The known records that no row makes now, their maps as they are called today, and the unknown ones."""
    made = found.records["record_id"].combine_chunks()
    gone = rows_gone(ledger.records, made, found.fates)
    come = found.records.filter(pc.invert(pc.is_in(made, ledger.records["record_id"].combine_chunks())))
    renamed = _renamed_maps(gone, come, project, ledger)
    names = pa.array([renamed.get(name, name) for name in gone["map"].to_pylist()], pa.string())
    return gone.set_column(gone.column_names.index("map"), "map", names), come


def _renamed_maps(gone: pa.Table, come: pa.Table, project: LoadedProject, ledger: Ledger) -> dict[str, str]:
    """Former names of rule files, where one of a system is no longer there and one is new."""
    known = set(pc.unique(ledger.records["map"]).to_pylist())
    today = {loaded.rules.map: loaded.rules.source.system for loaded in project.files}
    lost: dict[str, list[str]] = {}
    for name in sorted(set(pc.unique(gone["map"]).to_pylist()) - set(today)):
        lost.setdefault(_system_of(gone, name), []).append(name)
    new: dict[str, list[str]] = {}
    for name in sorted(set(pc.unique(come["map"]).to_pylist()) - known):
        new.setdefault(today[name], []).append(name)
    return {
        names[0]: new[system][0]
        for system, names in lost.items()
        if len(names) == 1 and len(new.get(system, ())) == 1
    }


def _system_of(records: pa.Table, name: str) -> str:
    """The system of a map that the project no longer has."""
    first = records.filter(pc.equal(records["map"], name))["compared"][0].as_py()
    system: str = first.split(BETWEEN)[COMPARED.index("system")]
    return system


# --- who is who ---
def _paired(
    found: Interpreted,
    sides: tuple[pa.Table, pa.Table],
    project: LoadedProject,
    *,
    read: Read,
    model: Model | None,
    ledger: Ledger,
) -> pa.Table:
    """New rows of ``mig_rekey`` for the pairs of both sides."""
    maps = pa.array(sorted(_by_map(sides[0]).keys() & _by_map(sides[1]).keys()), pa.string())
    old, new = (side.filter(pc.is_in(side["map"], maps)) for side in sides)
    before = read(old["record_id"])
    place = pc.index_in(before["record_id"], old["record_id"].combine_chunks())
    before = before.set_column(before.column_names.index("map"), "map", old["map"].take(place))
    columns = _key_columns(project)
    gone, come = candidates(before, columns), candidates(new, columns)
    pairs = equal(gone, come)
    left = [
        side.filter(pc.invert(pc.is_in(side["record_id"], pairs[name].combine_chunks())))
        for side, name in ((gone, "gone"), (come, "come"))
    ]
    if model is not None and all(len(side) for side in left):
        pairs = pa.concat_tables([pairs, _similar(left[0], left[1], before, found, model=model)])
    return _rows(pairs, before, new, ledger)


def _key_columns(project: LoadedProject) -> dict[str, list[str]]:
    """The key columns of the maps that declare a key; a content key is the row itself."""
    keys = ((loaded.rules.map, loaded.rules.source.key) for loaded in project.files)
    return {name: list(key) for name, key in keys if not isinstance(key, ContentKey)}


def _similar(
    gone: pa.Table, come: pa.Table, before: pa.Table, found: Interpreted, *, model: Model
) -> pa.Table:
    """PAIRS of parties that the model calls one customer."""
    gone, come = (side.filter(pc.is_in(side["kind"], pa.array(PARTIES))) for side in (gone, come))
    old, new = _of(before, gone["record_id"]), _of(found.records, come["record_id"])
    remembered = claims_of(old.select(["record_id", "kind", "claims"]))
    claims = {
        kind: pa.concat_tables([_of(table, come["record_id"]), remembered[kind]])
        for kind, table in found.claims.items()
    }
    parties = pa.concat_tables([side.select(PARTY) for side in (old, new)]).sort_by("record_id")
    settings = Settings(merge_bits=model.merge_bits, review_bits=model.review_bits)
    scored = match(features(parties, claims), model=model, settings=settings).pairs
    return similar(
        scored,
        gone,
        come,
        merge_millibits=round(model.merge_bits * MILLI),
        review_millibits=round(model.review_bits * MILLI),
    )


PARTY: Final = ("record_id", "system", "entity", "kind", "created", "updated")


def _of(rows: pa.Table, record_ids: pa.ChunkedArray) -> pa.Table:
    return rows.filter(pc.is_in(rows["record_id"], record_ids.combine_chunks()))


def _rows(pairs: pa.Table, before: pa.Table, new: pa.Table, ledger: Ledger) -> pa.Table:
    """Rows of ``mig_rekey`` for these pairs, and for the first key of records that never had another."""
    rows = [REKEYED.empty_table()]
    for state in (PAIRED, OPEN):
        mine = pairs.filter(pc.equal(pairs["state"], state))
        place = pc.index_in(mine["come"], new["record_id"].combine_chunks())
        rows.append(rekey_rows(new.take(place), mine["gone"], state=state, how=mine["how"]))
    first = pc.and_(
        pc.is_in(before["record_id"], rows[1]["record_id"].combine_chunks()),
        pc.invert(pc.is_in(before["record_id"], ledger.rekeyed["record_id"].combine_chunks())),
    )
    fresh = before.filter(first)
    how = pa.repeat(pa.scalar(FIRST_KEY), len(fresh))
    return pa.concat_tables([*rows, rekey_rows(fresh, fresh["record_id"], state=PAIRED, how=how)])


def with_given(rows: pa.Table, given: pa.Table, records: pa.Table) -> pa.Table:
    """Rows of ``mig_rekey`` and those of another database that are about these records."""
    mine = _of(_without(given, rows), records["record_id"])
    return pa.concat_tables([rows, mine.select(rows.column_names)])


# --- what is open ---
def open_pairs(rekeyed: pa.Table, records: pa.Table, verdicts: pa.Table) -> pa.Table:
    """``record_id, new_id`` of the pairs that a person should speak on: one is gone, the other there.

    `rekeyed` are rows of ``mig_rekey``, `records` all known ones with ``state``, `verdicts` those in force.
    """
    asked = rekeyed.filter(pc.equal(rekeyed["state"], OPEN)).select(["record_id", "new_id"])
    if len(asked) == 0:
        return asked
    mine = _asked(records, asked)
    state = dict(zip(mine["record_id"].to_pylist(), mine["state"].to_pylist(), strict=True))
    spoken = zip(verdicts["left"].to_pylist(), verdicts["right"].to_pylist(), strict=True)
    said, past = {frozenset(pair) for pair in spoken}, PAST
    keep = [
        state.get(row["record_id"]) in past
        and state.get(row["new_id"]) not in (None, *past)
        and frozenset(row.values()) not in said
        for row in asked.to_pylist()
    ]
    order = [(name, "ascending") for name in asked.column_names]
    return asked.filter(pa.array(keep, pa.bool_())).sort_by(order)


def _asked(records: pa.Table, asked: pa.Table) -> pa.Table:
    ids = pa.chunked_array([*asked["record_id"].chunks, *asked["new_id"].chunks], pa.string())
    return _of(records, ids)
