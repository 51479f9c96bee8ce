"""Placeholders over several runs: a row that arrives takes over its customer, what was loaded needs none."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import NO_ROW, ORGANISATION, PARTIES
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.lookups import parents_of
from matching.rekey import PAIRED, PAIRS
from pipelines.interpret.parents import KNOWN
from pipelines.ledger import BETWEEN, Ledger

HOW: Final = "the row for which a placeholder stood"


def makes_placeholders(project: LoadedProject) -> bool:
    """Whether any rule lets placeholders stand for customers that are not there."""
    return any(one.rule.missing == "stub" for loaded in project.files for one in parents_of(loaded.rules))


def stands_in(known: pa.Table) -> pa.ChunkedArray:
    """Whether records of the ledger are placeholders."""
    return pc.match_substring(known["compared"], f"{BETWEEN}{NO_ROW}{BETWEEN}")


def known_parties(project: LoadedProject, ledger: Ledger) -> pa.Table:
    """KNOWN: the parties that rows may hang on although no source has them any more."""
    if not makes_placeholders(project):
        return KNOWN.empty_table()
    records = ledger.records
    parties = pc.is_in(records["kind"], pa.array(PARTIES))
    mine = records.filter(pc.and_(parties, pc.invert(stands_in(records))))
    place = pc.binary_join_element_wise(mine["map"], mine["key"], ":")
    rank = pc.if_else(pc.equal(mine["kind"], ORGANISATION), 0, 1)
    found = pa.table({"place": place, "rank": rank, "record_id": mine["record_id"]})
    order = [(name, "ascending") for name in found.column_names]
    return found.sort_by(order).select(KNOWN.names).cast(KNOWN)


def taken_over(gone: pa.Table, come: pa.Table) -> pa.Table:
    """PAIRS of placeholders that stand for nothing any more and the parties of the rows that arrived.

    A row that makes the record its placeholder was is under its id already, and is in none of both.
    """
    parties = come.filter(pc.is_in(come["kind"], pa.array(PARTIES)))
    place = pc.binary_join_element_wise(parties["map"], parties["key"], ":")
    rank = pc.if_else(pc.equal(parties["kind"], ORGANISATION), 0, 1)
    found = pa.table({"place": place, "rank": rank, "record_id": parties["record_id"]})
    found = found.sort_by([(name, "ascending") for name in found.column_names])
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
