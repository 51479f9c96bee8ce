"""The stage: landed rows and rules in, records, claims, rejections and the fate of every row out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from crm_unify.arrow_sql import SMALL
from crm_unify.progress import Progress
from crm_unify.records import OBJECTIONS, REJECTIONS, ROW_FATES
from crm_unify.rules.expressions import connection
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.lookups import deferred
from pipelines.interpret.assembly import records_and_claims
from pipelines.interpret.example import example_table
from pipelines.interpret.interface import CODES, HITS, REPAIRS, Interpreted
from pipelines.interpret.lending import (
    Lending,
    asked_of,
    keys_by_examples,
    lenders,
    lending_notes,
    lent,
    lent_by_examples,
    nothing_lent,
)
from pipelines.interpret.notes import codes, hits, notes
from pipelines.interpret.order import parents_first
from pipelines.interpret.parents import NO_ROWS, Parents, StandIn
from pipelines.interpret.placeholders import placeholders, stand_ins
from pipelines.interpret.repairs import Remembered, repaired, told_of
from pipelines.interpret.rows import Mask, Rows
from pipelines.interpret.source_map import MapResult, run_map
from pipelines.interpret.sql import Engine
from pipelines.interpret.work import Tally, Touch
from pipelines.sources.interface import Column

if TYPE_CHECKING:
    from pipelines.landed import Landed


def interpret(
    landed: Sequence[Landed],
    project: LoadedProject,
    *,
    as_of: date,
    progress: Progress,
    known: Remembered | None = None,
) -> Interpreted:
    """Interpret the landed rows of every map of the project, with what is known of them from before.

    Maps that look each other up are worked out twice: without each other, and then with what there is.
    Pure but for reading the landed files. Raises GuardStopped where a rule says that the run must stop.
    """
    by_map = {one.map: one for one in landed}
    results: dict[str, tuple[MapResult, Sequence[str]]] = {}
    read = [loaded for loaded in project.files if loaded.rules.map in by_map]
    unread = [loaded.rules.map for loaded in project.files if loaded.rules.map not in by_map]
    known_parents = _known_parents(project, known or Remembered())
    lending = _lending(read, by_map, as_of=as_of, known=known or Remembered())
    later = deferred([loaded.rules for loaded in read])
    order = parents_first(read, unread)
    again = [loaded for loaded in order if loaded.rules.map in later]
    nobody = dict.fromkeys([*unread, *(other for others in later.values() for other in others)], NO_ROWS)
    with progress.stage("interpret", sum(by_map[one.rules.map].rows for one in (*order, *again))) as stage:
        for loaded in (*order, *again):
            name = loaded.rules.map
            one, found = by_map[name], {other: result.index for other, (result, _) in results.items()}
            parents = replace(known_parents, maps=nobody | found, deferred=later.get(name, frozenset()))
            engine = replace(engine_of(loaded, as_of, one.rows), lending=lending)
            made = run_map(loaded, _landed_rows(one, loaded), engine=engine, parents=parents, known=known)
            results[name] = (made, [column.header for column in one.columns])
            pa.default_memory_pool().release_unused()  # the landed rows of this map are let go of here
            stage.advance(one.rows)
    whole = _assembled([results[name] for name in sorted(results)], known_parents.stand_ins)
    whole = replace(whole, notes=(*whole.notes, *lending_notes(read, lending)))
    return whole if known is None else replace(whole, repairs=told_of(whole.repairs, known.corrections))


def _known_parents(project: LoadedProject, known: Remembered) -> Parents:
    return Parents({}, stand_ins=stand_ins(project.files), known=known.parties, names=known.names)


def _landed_rows(one: Landed, loaded: LoadedRules, headers: Collection[str] | None = None) -> Rows:
    """The landed rows of a map, of the `headers` alone where these are all that is asked for."""
    names = None
    if headers is not None:
        fields = {column.field for column in one.columns}
        wanted = {column.field for column in one.columns if column.header in headers}
        names = [name for name in pq.read_schema(one.path).names if name not in fields or name in wanted]
    table = pq.read_table(one.path, columns=names).combine_chunks()
    return Rows(table, one.columns, loaded.rules.source.parse.null_tokens)


def _lending(
    read: Sequence[LoadedRules], landed: Mapping[str, Landed], *, as_of: date, known: Remembered
) -> Lending:
    """What the maps lend each other; one that is not read has nothing to lend."""
    by_name, found = {loaded.rules.map: loaded for loaded in read}, {}
    for name, pairs in sorted(asked_of(read).items()):
        if name not in landed:
            found.update({(name, *pair): nothing_lent() for pair in pairs})
            continue
        loaded = by_name[name]
        engine = engine_of(loaded, as_of, landed[name].rows)
        whole = loaded.rules.source.join_rows is not None or len(known.corrections)
        headers = None if whole else {header for pair in pairs for header in pair}
        mended = repaired(loaded, _landed_rows(landed[name], loaded, headers), known=known, engine=engine)
        rows, idle = lenders(loaded, mended, engine=engine)
        found.update({(name, *pair): lent(rows, pair, idle=idle) for pair in pairs})
    return found


def interpret_rows(
    loaded: LoadedRules,
    given: Sequence[Mapping[str, str | None]],
    *,
    as_of: date,
    known: Remembered | None = None,
) -> Interpreted:
    """Interpret rows given as text, by the same code: for the examples of a rule file.

    Columns absent from a row are NULL. No other map is there, so every reference is taken to find its parent,
    and nothing is said of texts that are looked up.
    """
    rows = _given_rows(loaded, *example_table(loaded.rules, given))
    return _tallied(loaded, rows, engine_of(loaded, as_of, len(rows)), touched=None, known=known)[0]


def interpret_watched(
    loaded: LoadedRules,
    table: pa.Table,
    columns: Sequence[Column],
    *,
    as_of: date,
    beside: Mapping[str, Sequence[Mapping[str, str | None]]] | None = None,
) -> tuple[Interpreted, Tally]:
    """The same for a table of rows, and which parts of the rule file made a difference on which of them.

    `beside` are rows of other maps, by map, that they look texts up in.
    """
    rows = _given_rows(loaded, table, columns)
    engine = replace(engine_of(loaded, as_of, len(rows)), lending=lent_by_examples(loaded, beside or {}))
    return _tallied(loaded, rows, engine, touched={}, given=keys_by_examples(loaded, beside or {}))


def _given_rows(loaded: LoadedRules, table: pa.Table, columns: Sequence[Column]) -> Rows:
    return Rows(table, columns, loaded.rules.source.parse.null_tokens)


def _tallied(
    loaded: LoadedRules,
    rows: Rows,
    engine: Engine,
    *,
    touched: dict[Touch, Mask] | None,
    known: Remembered | None = None,
    given: Mapping[str, pa.Array] | None = None,
) -> tuple[Interpreted, Tally]:
    tally = Tally(len(rows), touched=touched)
    parents = Parents({}, assumed=True, given=given or {})
    found = run_map(loaded, rows, engine=engine, parents=parents, known=known, tally=tally)
    return _assembled([(found, [column.header for column in rows.columns])]), tally


def engine_of(loaded: LoadedRules, as_of: date, rows: int = 0) -> Engine:
    """What runs the expressions of a rule file over so many rows."""
    return Engine(connection(threads=1 if rows <= SMALL else 2), as_of, loaded.tree.file)


def _assembled(
    results: Sequence[tuple[MapResult, Sequence[str]]], standing: Mapping[str, StandIn] | None = None
) -> Interpreted:
    """The maps together and the placeholders that their rows need, every table sorted by its ids."""
    maps = [result for result, _ in results]
    branches = [branch for one in maps for branch in one.branches]
    branches += placeholders([branch.standing for branch in branches], standing or {})
    records, claims = records_and_claims(branches)
    return Interpreted(
        records=records,
        claims=claims,
        rejections=pa.concat_tables([REJECTIONS.empty_table(), *(one.rejections for one in maps)]),
        fates=pa.concat_tables([ROW_FATES.empty_table(), *(one.fates for one in maps)]),
        objections=_sorted([OBJECTIONS.empty_table(), *(one.objections for one in maps)]),
        lineages=tuple(line for branch in branches for line in branch.lineages),
        sums=tuple(one for result in maps for one in result.sums),
        hits=pa.concat_tables([HITS.empty_table(), *(hits(one.loaded.rules.map, one.tally) for one in maps)]),
        notes=tuple(
            note
            for one, headers in results
            for note in notes(one.loaded, headers, tally=one.tally, file=one.loaded.tree.file)
        ),
        codes=pa.concat_tables([CODES.empty_table(), *(codes(one.loaded, one.tally) for one in maps)]),
        repairs=pa.concat_tables([REPAIRS.empty_table(), *(one.repairs for one in maps)]).sort_by("id"),
    )


def _sorted(tables: Sequence[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.sort_by([(name, "ascending") for name in whole.column_names])
