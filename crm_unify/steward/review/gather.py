"""The review queue of the newest run, as it stands after everything people have decided since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.records import PLACEHOLDER
from crm_unify.run.decisions import CONFIRM, VERDICT, Decision, Rulings, live, read_decisions, rulings
from crm_unify.run.rekeyed import open_pairs
from crm_unify.schema.bookkeeping import mig_rekey, mig_source_record
from crm_unify.schema.crm import party_identifier
from crm_unify.schema.tables import arrow_schema
from crm_unify.steward.decisions import said_of
from crm_unify.steward.newest import Newest
from crm_unify.steward.review.asked import Asked
from crm_unify.steward.review.doubts import DOUBTS, WeakLink, between_customers, weak_links
from crm_unify.steward.review.known import assignments, known
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Done, Reason
from crm_unify.wording import counted
from matching.clustering import MAX_COMPONENT
from pipelines.database.read import fetch, matching

AT_WORK: Final = 900.0
"""Seconds between two answers of one person from which on there was a break."""
NO_WORKSPACE: Final = (
    "the scored pairs of the newest run are no longer in the workspace: what is listed is what the CRM "
    "database knows by itself; `crm-unify run` brings the rest back and writes nothing else"
)


def queue_of(newest: Newest, connection: sa.Connection) -> Queue:
    """The queue of a run, over one connection to its database."""
    decisions = read_decisions(connection)
    ruled = rulings(decisions, said_of(connection, decisions))
    pairs, figures = None, dict[str, Any]()
    if newest.folder is not None:
        results = newest.results
        pairs, figures = results.pairs, dict(results.figures)
    doubts = _doubts(pairs, figures, ruled, connection)
    weak = [] if pairs is None else weak_links(pairs, oversize=MAX_COMPONENT)
    lost = figures.get("lost_evidence", ())
    named = _named(doubts, weak, lost, ruled)
    ledger = known(connection, named)
    asked = Asked(ledger, ruled, decisions, assignments(connection))
    found = [*asked.between(doubts), *asked.inside(weak, lost), *asked.conflicts()]
    waiting = [one for one in found if not one.settled]
    done = [one.question.pairs for one in found if one.settled]
    holding = in_force(decisions, ruled)
    return Queue(
        [one.question for one in waiting],
        groups=[one.groups for one in waiting],
        apart=asked.apart(),
        done=Done(len(done), sum(done), len(holding), _pace(holding)),
        notes=(*_placeholders(connection), *(() if pairs is not None else (NO_WORKSPACE,))),
    )


def in_force(decisions: Sequence[Decision], ruled: Rulings) -> list[Decision]:
    """Verdicts and confirmations that hold, without the unsure ones that lapsed."""
    lapsed = {number for number, _, _ in ruled.lapsed}
    return [one for one in live(decisions) if one.kind in (VERDICT, CONFIRM) and one.id not in lapsed]


def _doubts(
    pairs: pa.Table | None, figures: Mapping[str, Any], ruled: Rulings, connection: sa.Connection
) -> pa.Table:
    """DOUBTS of every kind between customers."""
    found = [DOUBTS.empty_table()]
    if pairs is not None:
        found.append(between_customers(pairs, merge_bits=figures["lines"]["merge_bits"]))
    others: list[tuple[str, str, Reason, int | None]]
    others = [(one, other, Reason.STALE, number) for number, one, other in ruled.lapsed]
    others += [(one, other, Reason.OPEN_KEYS, None) for one, other in _open_keys(connection, ruled)]
    rows = [
        {"left": min(one, other), "right": max(one, other), "reason": reason, "decision": number}
        for one, other, reason, number in others
    ]
    found.append(pa.Table.from_pylist(rows, schema=DOUBTS))
    return pa.concat_tables(found)


def _open_keys(connection: sa.Connection, ruled: Rulings) -> list[tuple[str, str]]:
    """Records that are gone, each with one that has come and may be the same row."""
    rekeyed = fetch(connection, sa.select(*(mig_rekey.c[name] for name in arrow_schema("mig_rekey").names)))
    waiting = rekeyed.filter(pc.equal(rekeyed["state"], "open"))
    ids = pa.chunked_array([*waiting["record_id"].chunks, *waiting["new_id"].chunks], pa.string())
    r = mig_source_record.c
    records = matching(connection, sa.select(r.record_id, r.state), r.record_id, ids)
    asked = open_pairs(rekeyed, records, ruled.verdicts)
    return list(zip(asked["record_id"].to_pylist(), asked["new_id"].to_pylist(), strict=True))


def _placeholders(connection: sa.Connection) -> Iterator[str]:
    """What is no question between records, and still work: customers that no source has."""
    c, mark = party_identifier.c, party_identifier.c.scheme == PLACEHOLDER
    values = list(connection.scalars(sa.select(c.value).where(mark).order_by(c.value)))
    if values:
        shown = ", ".join(values[:SHOWN]) + (" ..." if len(values) > SHOWN else "")
        number = counted(len(values), "customer is a placeholder", "customers are placeholders")
        yield f"{number} for rows that no source has: {shown}"


SHOWN: Final = 5
"""Placeholders that a note names."""


def _named(
    doubts: pa.Table, weak: Sequence[WeakLink], lost: Sequence[Mapping[str, Any]], ruled: Rulings
) -> Iterator[str]:
    """Every record that matters."""
    for table in (doubts, ruled.verdicts):
        for side in ("left", "right"):
            yield from table[side].to_pylist()
    yield from ruled.confirmed["record_id"].to_pylist()
    for link in weak:
        yield from link.link
    for one in lost:
        yield from (record for part in one["parts"] for record in part)


def _pace(holding: Sequence[Decision]) -> float | None:
    """Median seconds between two answers of one person, breaks left out; None until somebody gave two."""
    last: dict[str, Decision] = {}
    gaps = []
    for decision in holding:
        before = last.get(decision.by)
        last[decision.by] = decision
        if before is not None:
            gaps.append((decision.at - before.at).total_seconds())
    at_work = [gap for gap in gaps if MOMENT <= gap <= AT_WORK]
    return median(at_work) if at_work else None


MOMENT: Final = 0.5
"""Seconds below which two decisions were recorded by one act (an import), not by two looks."""
