"""What a run says about itself: counts for people and machines, the same for two equal runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.found import CURSORS, Given, last_headers
from crm_unify.run.gather import Sources
from crm_unify.run.placeholders import counts
from crm_unify.run.quality import QUALITY, quality
from crm_unify.run.said import rules_hash, sources_hash
from matching.engine import Matched
from pipelines.changes import Facts
from pipelines.cursor import states_of
from pipelines.interpret.interface import Interpreted, Outcome
from pipelines.landed import Landed
from pipelines.ledger import Ledger

SUMMED: Final = (
    "sums",
    "bands",
    "asked",
    "headers",
    "former",
    "shapes",
    "drift",
    "repairs",
    "placeholders",
    QUALITY,
)
"""The figures that later runs ask for: they stand in ``mig_run``."""


def figures(
    read: Sources, matched: Matched, ledger: Ledger, *, open_keys: Sequence[Sequence[str]], as_of: date
) -> dict[str, Any]:
    """Everything about the rows and matches of a run that is not a row itself, as plain values.

    `open_keys` are pairs of a vanished record and a new one that a person should speak on.
    """
    interpreted = read.interpreted
    headers = {source.rules.rules.map: list(source.headers) for source in read.sources}
    return {
        "account": {line.map: line.as_json() for line in read.account},
        **told(interpreted),
        "bands": {band: band_count(matched.pairs, band) for band in ("merge", "review")},
        "conflicts": matched.conflicts.to_pylist(),
        "lost_evidence": matched.lost.to_pylist(),
        "open_keys": [list(pair) for pair in open_keys],
        "placeholders": counts(interpreted.records),
        "asked": {"lost_evidence": len(matched.lost), "open_keys": len(open_keys)},
        "matching": [
            asdict(kind) | {"precision": kind.precision, "recall": kind.recall} for kind in matched.report
        ],
        "lines": {"merge_bits": matched.model.merge_bits, "review_bits": matched.model.review_bits},
        "headers": headers,
        "former": _former(headers, ledger),
        "shapes": read.shapes,
        "drift": [one.as_json() for one in read.drift],
        "repairs": _repairs(interpreted.repairs),
        QUALITY: quality(
            interpreted.fates,
            interpreted.rejections,
            interpreted.records,
            last=ledger.summary.get(QUALITY, {}),
            as_of=as_of.isoformat(),
        ),
        "repaired": _repaired(interpreted.repairs),
        "cursors": states_of({source.rules.rules.map: source.reader for source in read.sources}),
        "reading": {source.rules.rules.map: list(source.reader.notes()) for source in read.sources},
    }


def told(interpreted: Interpreted) -> dict[str, list[dict[str, Any]]]:
    """What the rows say together: control sums, how often each rule decided, notes."""
    return {
        "sums": [
            _plain(asdict(one)) | {"ok": one.ok, "difference": _number(one.difference)}
            for one in interpreted.sums
        ],
        "hits": interpreted.hits.to_pylist(),
        "codes": interpreted.codes.to_pylist(),
        "notes": [asdict(note) for note in interpreted.notes],
    }


def _repairs(repairs: pa.Table) -> dict[str, Any]:
    """How many corrections of people hold, and those that do not with the reason."""
    rows = repairs.to_pylist()
    dropped = [row for row in rows if row["outcome"] != Outcome.APPLIED]
    return {"applied": len(rows) - len(dropped), "dropped": dropped}


def _repaired(repairs: pa.Table) -> list[dict[str, Any]]:
    """The corrections that hold, with their rows: for whoever follows a cell."""
    rows = repairs.filter(pc.equal(repairs["outcome"], Outcome.APPLIED))
    found: list[dict[str, Any]] = rows.select(["id", "map", "row_id"]).to_pylist()
    return found


def _former(headers: Mapping[str, Sequence[str]], ledger: Ledger) -> dict[str, list[str]]:
    """By map the columns that its source once had and has no longer: they are no typing mistakes."""
    once = last_headers(ledger.last_run)
    gone = {name: [h for h in once[name] if h not in headers.get(name, ())] for name in once}
    return {name: former for name, former in gone.items() if former}


def band_count(pairs: pa.Table, band: str) -> int:
    """Scored pairs in a band."""
    return int(pc.sum(pc.equal(pairs["band"], band)).as_py() or 0)


def run_facts(
    project: LoadedProject,
    landed: Iterable[Landed],
    found: dict[str, Any],
    given: Given,
    unapproved: Sequence[str],
) -> Facts:
    """What the run is about, for ``mig_run`` and the head of the plan; `unapproved` are names of rules."""
    summary = {name: found[name] for name in (*SUMMED, "customers", "under")}
    if found["cursors"]:
        summary[CURSORS] = found["cursors"]
    if given.accepted:
        summary["accepted_rekey"] = sorted(given.accepted)
    if given.unapproved and unapproved:
        summary["unapproved"] = {"by": given.unapproved, "rules": sorted(unapproved)}
    return Facts(
        project=project.project.project,
        environment=project.environment,
        as_of=given.as_of,
        sources_hash=sources_hash(landed),
        rules_hash=rules_hash(project),
        account=json.dumps(found["account"], sort_keys=True),
        summary=json.dumps(summary, sort_keys=True, ensure_ascii=False),
        full=given.full,
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: Any) -> Any:
    """A decimal as JSON can hold it without loss: its text."""
    return str(value) if isinstance(value, Decimal) else value
