"""A sample as a pack: two records beside each other, and nothing that tells what the machine made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.evidence import said
from crm_unify.steward.review.beside import likeness, records
from crm_unify.steward.review.pack import (
    AT_ONCE,
    Pack,
    PackRow,
    Stamp,
    claims_hashes,
    fields_of,
    keys_of,
    stamp,
)
from crm_unify.steward.review.sample import Drawn


def sample_pack(connection: sa.Connection, drawn: Drawn, *, project: str) -> Pack:
    """The pairs of a sample, each a cluster of its own; no score, no customer, no reason."""
    made = stamp(connection, project)
    rows = drawn.pairs.select(["question", "left", "right"]).to_pylist()
    ids = sorted({row[side] for row in rows for side in ("left", "right")})
    claims, known = claims_hashes(connection, ids), dict[str, KnownRecord]()
    for start in range(0, len(ids), AT_ONCE):
        known |= records(connection, ids[start : start + AT_ONCE])
    shown = [
        row
        for number, pair in enumerate(rows, 1)
        for row in _pair(number, pair, known, claims=claims, made=made)
    ]
    return Pack(made, project, tuple(shown), len(rows), len(rows), 0)


def _pair(
    number: int,
    pair: Mapping[str, str],
    known: Mapping[str, KnownRecord],
    *,
    claims: Mapping[str, str],
    made: Stamp,
) -> Iterator[PackRow]:
    left, right = (known[pair[side]] for side in ("left", "right"))
    first, other = said(left), said(right)
    alike = {label: likeness(texts, first.get(label, ())) for label, texts in other.items()}
    for side, record, question in (("A", left, ""), ("B", right, pair["question"])):
        keys = keys_of(question, record.record_id, left.record_id, claims, made)
        values = {"Cluster": str(number), "Side": side, **fields_of(record), **keys}
        yield PackRow(values, alike if question else {}, answers=bool(question))
