"""Placeholders over several runs: a row that arrives takes over its customer, what was loaded needs none."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import NO_ROW, PARTIES
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.lookups import parents_of
from matching.rekey import PAIRED, PAIRS
from pipelines.carry import DELETED, INACTIVE
from pipelines.interpret.lineage import lineages
from pipelines.interpret.parents import KNOWN
from pipelines.ledger import BETWEEN, COMPARED, Ledger

HOW: Final = "the row for which a placeholder stood"


def makes_placeholders(project: LoadedProject) -> bool:
    """Whether any rule lets placeholders stand for customers that are not there."""
    return any(one.rule.missing == "stub" for loaded in project.files for one in parents_of(loaded.rules))


def stands_in(known: pa.Table) -> pa.ChunkedArray:
    """Whether records of the ledger are placeholders."""
    return pc.match_substring(known["compared"], f"{BETWEEN}{NO_ROW}{BETWEEN}")


def known_parties(project: LoadedProject, ledger: Ledger) -> pa.Table:
    """KNOWN: the parties that rows may hang on although no source has them any more.

    What is deleted, or is about to be because its row is not there (`on_delete: delete`), carries nothing.
    """
    if not makes_placeholders(project):
        return KNOWN.empty_table()
    records = ledger.records
    stays = pc.or_(
        pc.equal(records["state"], INACTIVE), pc.invert(pc.is_in(records["map"], _deleting(project)))
    )
    mine = records.filter(
        pc.and_(
            pc.and_(_parties(records), pc.invert(stands_in(records))),
            pc.and_(stays, pc.not_equal(records["state"], DELETED)),
        )
    )
    said = pc.split_pattern(mine["compared"], BETWEEN)
    part, line = (pc.list_element(said, COMPARED.index(name)) for name in ("part", "lineage"))
    return _first_parties(project, mine, part=part, line=line).select(KNOWN.names).cast(KNOWN)


def _parties(records: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(records["kind"], pa.array(PARTIES))


def _deleting(project: LoadedProject) -> pa.Array:
    """Maps whose records go with their rows."""
    rules = (loaded.rules for loaded in project.files)
    names = [one.map for one in rules if one.on_delete == "delete" and one.source.state != "retired"]
    return pa.array(names, pa.string())


def _first_parties(
    project: LoadedProject, parties: pa.Table, *, part: pa.ChunkedArray, line: pa.ChunkedArray
) -> pa.Table:
    """``place, rank, record_id`` of parties, sorted: of each row first the one that other rows hang on.

    That is the one its branch makes first; of a branch that reads otherwise today the part counts.
    """
    ranks = _ranks(project)
    named = pc.binary_join_element_wise(parties["map"], part, "#")
    rank = pa.array([ranks.get(one, len(ranks)) for one in pc.unique(line).to_pylist()], pa.int64())
    by_line = rank.take(pc.index_in(line, pc.unique(line)).combine_chunks())
    rank = pa.array([ranks.get(one, len(ranks)) for one in pc.unique(named).to_pylist()], pa.int64())
    by_part = rank.take(pc.index_in(named, pc.unique(named)).combine_chunks())
    place = pc.binary_join_element_wise(parties["map"], parties["key"], ":")
    found = pc.if_else(pc.less(by_line, len(ranks)), by_line, by_part)
    table = pa.table({"place": place, "rank": found, "record_id": parties["record_id"]})
    return table.sort_by([(name, "ascending") for name in table.column_names])


def _ranks(project: LoadedProject) -> dict[str, int]:
    """Which record comes first in its branch, by lineage, and by ``map#part``."""
    found: dict[str, int] = {}
    for loaded in project.files:
        for number in range(1, len(loaded.rules.targets) + 1):
            for line in lineages(loaded.rules, number, file=loaded.tree.file):
                found[line.id] = len(found)
                found.setdefault(f"{loaded.rules.map}#{line.part}", len(found))
    return found


def taken_over(project: LoadedProject, gone: pa.Table, come: pa.Table) -> pa.Table:
    """PAIRS of placeholders that stand for nothing any more and the parties that rows hang on instead.

    A row that makes the record its placeholder was is under its id already, and is in none of both.
    """
    parties = come.filter(_parties(come))
    found = _first_parties(project, parties, part=parties["part"], line=parties["lineage"])
    wanted = pc.binary_join_element_wise(gone["map"], gone["key"], ":")
    at = pc.index_in(wanted, found["place"].combine_chunks())
    mine = pc.is_valid(at)
    pairs = [gone["record_id"].filter(mine), found["record_id"].take(at.filter(mine))]
    said = [pa.repeat(pa.scalar(text), len(pairs[0])) for text in (PAIRED, HOW)]
    return pa.table([*pairs, *said], schema=PAIRS)


def counts(records: pa.Table) -> dict[str, int]:
    """How many placeholders stand for rows of each map; `records` are RECORDS."""
    mine = records.filter(pc.equal(records["row_hash"], NO_ROW))
    rows = pc.value_counts(mine["map"]).to_pylist()
    return {row["values"]: row["counts"] for row in sorted(rows, key=lambda row: str(row["values"]))}
