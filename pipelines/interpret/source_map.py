"""All rows of one map: each settled into its fate, those that are mapped turned into records and claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.records import OBJECTIONS, Fate, Severity
from crm_unify.rules.loaded import LoadedRules
from pipelines.interpret.branch import BranchResult, RowFacts, run_branch
from pipelines.interpret.fates import Fates
from pipelines.interpret.findings import Finding, rejections
from pipelines.interpret.interface import ControlSum
from pipelines.interpret.jsontext import row_json
from pipelines.interpret.keys import Keys, keys_of
from pipelines.interpret.mojibake import mojibake_findings
from pipelines.interpret.objections import may_object, objections, without_party
from pipelines.interpret.parents import MapIndex, Parents, map_index
from pipelines.interpret.reading import point_in_time, reading
from pipelines.interpret.reconcile import control_sums
from pipelines.interpret.repairs import Remembered, repaired
from pipelines.interpret.routing import Reception, Routes, routes
from pipelines.interpret.rows import Positions, Rows, as_mask
from pipelines.interpret.sql import Engine
from pipelines.interpret.work import Tally, Work


@dataclass(frozen=True, slots=True)
class MapResult:
    """What became of one map."""

    loaded: LoadedRules
    branches: tuple[BranchResult, ...]
    fates: pa.Table
    rejections: pa.Table
    tally: Tally
    index: MapIndex
    """For the maps whose rows hang on this one's records."""
    sums: tuple[ControlSum, ...]
    objections: pa.Table
    """Of rows that make no record."""
    repairs: pa.Table
    """REPAIRS."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One map while its branches are worked out."""

    loaded: LoadedRules
    rows: Rows
    engine: Engine
    parents: Parents
    keys: Keys
    names: pa.Table
    """NAMES."""
    fates: Fates
    tally: Tally
    repairs: pa.Table
    """REPAIRS."""


def run_map(
    loaded: LoadedRules,
    found: Rows,
    *,
    engine: Engine,
    parents: Parents,
    known: Remembered | None = None,
    tally: Tally | None = None,
) -> MapResult:
    """Interpret the rows of one map, as they were `found`.

    Raises GuardStopped where a rule says that the run must stop.
    """
    rules, fates, tally = loaded.rules, Fates(len(found)), tally or Tally(len(found))
    _guard_size(loaded, len(found), engine=engine)
    known = known or Remembered()
    mended = repaired(loaded, found, known=known, engine=engine)
    rows = mended.rows
    reception = Reception(rules, rows=rows, fates=fates, engine=engine, tally=tally)
    reception.discard_erased()
    reception.refuse_broken()
    reception.discard_repeated()
    reception.discard_waived(mended.waived)
    keys = keys_of(rows, rules.source.key, engine=engine, live=fates.open)
    rows = reception.join_lines(keys, mended)
    routed = routes(rows, rules.targets, engine=engine, open_rows=fates.open)
    for number in range(len(rules.targets)):
        tally.touch(("branch", number), np.flatnonzero(routed == number))
    reception.discard(routed)
    reception.refuse_shared_keys(keys)
    reception.refuse_unrouted(routed)
    reception.refuse_keyless(keys)
    reception.set_aside(routed)
    run = _Run(loaded, rows, engine, parents, keys, known.names, fates, tally, mended.repairs)
    worked = list(_branches(run, routed))
    findings = [*reception.findings, *(f for _, result in worked for f in result.findings)]
    findings += mojibake_findings(rules, rows, loaded=fates.of(Fate.MAPPED) | fates.of(Fate.HELD))
    unheard = _objections(run, routed)
    index = map_index(keys, fates, records=_roles(len(rows), worked))
    before = len(reception.findings)
    reception.refuse_lines(fates.follow())
    return _result(run, worked, findings=[*findings, *reception.findings[before:]], rest=(index, unheard))


def _guard_size(loaded: LoadedRules, rows: int, *, engine: Engine) -> None:
    least = loaded.rules.source.expects.min_rows
    if least is not None and rows < least:
        raise GuardStopped(
            f"'{loaded.rules.map}' has {rows} rows, at least {least} are expected",
            engine.file,
            why="a delivery this small is taken for a broken one (expects.min_rows)",
            remedy="deliver the whole source, or lower min_rows",
        )


def _branches(run: _Run, routed: Routes) -> Iterator[tuple[Positions, BranchResult]]:
    for number, branch in enumerate(run.loaded.rules.targets):
        if branch.entries:
            positions = _by_record(run.keys, np.flatnonzero((routed == number) & run.fates.open))
            if len(positions) or run.tally.touched is None:  # an example has few rows, and time for no more
                yield positions, _branch(run, number, positions=positions)


def _objections(run: _Run, routed: Routes) -> pa.Table:
    """What the rows that made no record object to, worked out by the branch that would have taken them.

    What is wrong with these rows has been told, so findings and counts are made anew and let go of.
    """
    unmade = run.fates.of(Fate.QUARANTINED) | run.fates.of(Fate.HELD)
    tables = [OBJECTIONS.empty_table()]
    for number, branch in enumerate(run.loaded.rules.targets):
        if may_object(branch):
            positions = np.flatnonzero((routed == number) & (unmade | without_party(branch, run.rows)))
            if len(positions):
                rows, tally = run.rows.at(positions), Tally(len(run.rows))
                work = Work(
                    run.loaded, number + 1, rows=rows, positions=positions, engine=run.engine, tally=tally
                )
                key = run.keys.text.take(pa.array(positions))
                tables.append(objections(work, key=key, names=run.names, unmade=unmade[positions]))
    return pa.concat_tables(tables)


def _by_record(keys: Keys, positions: Positions) -> Positions:
    """The rows in the order of their record ids, in which a key is followed by `#` and the part."""
    ids = pc.binary_join_element_wise(keys.text.take(pa.array(positions)), "#", "")
    ordered: Positions = positions[pc.sort_indices(ids).to_numpy()]
    return ordered


def _branch(run: _Run, number: int, *, positions: Positions) -> BranchResult:
    rows = run.rows.at(positions)
    work = Work(run.loaded, number + 1, rows=rows, positions=positions, engine=run.engine, tally=run.tally)
    result = run_branch(work, _facts(run, work), parents=run.parents)
    for finding in result.findings:
        if finding.severity is Severity.QUARANTINE:
            _settle_quarantined(run.fates, finding)
    here = np.zeros(len(run.rows), np.bool_)
    here[positions] = True
    waits = _scattered(result.waits, positions, length=len(run.rows))
    run.fates.settle_each(here & as_mask(waits.is_valid()), Fate.HELD, rules=waits)
    run.fates.settle(here, Fate.MAPPED, rule=None)
    return result


def _scattered(column: pa.Array, positions: Positions, *, length: int) -> pa.Array:
    """A column of a branch over all rows of the map, null on the others."""
    places = np.full(length, -1, np.int64)
    places[positions] = np.arange(len(positions))
    return column.take(pa.array(places, mask=places < 0))


def _settle_quarantined(fates: Fates, finding: Finding) -> None:
    """The first thing that puts a row into quarantine is its fate's code."""
    codes = finding.code
    for code in [codes] if isinstance(codes, str) else sorted(codes.unique().to_pylist()):
        found = (
            np.ones(len(finding.positions), np.bool_)
            if isinstance(codes, str)
            else as_mask(pc.equal(codes, code))
        )
        where = np.zeros(len(fates.open), np.bool_)
        where[finding.positions[found]] = True
        fates.settle(where, Fate.QUARANTINED, rule=code)


def _facts(run: _Run, work: Work) -> RowFacts:
    key = run.keys.text.take(pa.array(work.positions))
    source = run.loaded.rules.source
    return RowFacts(
        work.rows.origin("_row_id"),
        work.rows.origin("_row_hash"),
        key,
        _moment(work, "created", column=source.created),
        _moment(work, "updated", column=source.updated),
        lambda start, stop: row_json(run.rows.at(work.positions[start:stop])),
        run.names,
    )


def _moment(work: Work, name: str, *, column: str | None) -> pa.Array:
    """When the source says its row was made or changed; what cannot be read is a finding."""
    if column is None:
        return pa.nulls(len(work.rows), pa.string())
    found = point_in_time(work.rows.clean(column), reading(work.rules.source))
    finding = {
        "target": f"source.{name}",
        "column": column,
        "code": found.problem,
        "raw": work.rows.raw(column),
    }
    work.find(as_mask(found.problem.is_valid()), finding, severity=Severity.WITHHOLD, own=None)
    return found.value


def _result(
    run: _Run,
    worked: Sequence[tuple[Positions, BranchResult]],
    *,
    findings: Sequence[Finding],
    rest: tuple[MapIndex, pa.Table],
) -> MapResult:
    rules, rows, fates = run.loaded.rules, run.rows, run.fates
    results = tuple(result for _, result in worked)
    return MapResult(
        run.loaded,
        results,
        fates.table(rules.map, rows, run.keys),
        rejections(
            rules.map, findings, row_id=rows.origin("_row_id"), quarantined=fates.of(Fate.QUARANTINED)
        ),
        run.tally,
        rest[0],
        control_sums(rules, rows, fates=fates, branches=results, engine=run.engine),
        rest[1],
        run.repairs,
    )


def _roles(length: int, worked: Sequence[tuple[Positions, BranchResult]]) -> dict[str, pa.Array]:
    """For every row of the map the record in each role."""
    roles: dict[str, pa.Array] = {}
    for positions, result in worked:
        for role, found in result.roles.items():
            here = _scattered(found, positions, length=length)
            roles[role] = pc.coalesce(roles[role], here) if role in roles else here
    return roles
