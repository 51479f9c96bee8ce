"""The Excel pack: questions as clusters of records beside each other, keyed so that each finds its way back.

A cluster is one customer with everybody who may be the same: its own records first (side A), below them those
of the others (B, C ...), each of which is answered for. Every row carries its keys and a check over them, so
that it means the same wherever it is sorted to, whatever stands beside it and whatever was deleted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from crm_unify.run.place import digest
from crm_unify.schema.bookkeeping import mig_decision, mig_run, mig_source_record
from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.evidence import said
from crm_unify.steward.review.beside import likeness, records
from crm_unify.steward.review.values import Question, Reason, Side

SHEET: Final = "Clusters"
ANSWERS: Final = ("Same", "Different", "Unsure")
ANSWER, TAKE, NOTE = "Answer", "Take from here", "Note"
EDITED: Final = (ANSWER, TAKE, NOTE)
"""Columns that people fill in; nothing else is read back but the keys."""
QUESTION, RECORD, BESIDE, SAID, CHECK, PACK = "Question", "Record", "Beside", "State", "Check", "Pack"
KEYS: Final = (QUESTION, RECORD, BESIDE, SAID, CHECK, PACK)
ABOUT: Final = ("Cluster", "Side")
CONTEXT: Final = ("Why it is asked", "Likely", "Source", "Customer")
FIELDS: Final = (
    "Name", "Born", "E-mail", "Phone", "Address", "Identifier", "Account", "Title", "Name suffix",
    "Name at birth", "Nickname", "Gender", "Job title", "Language", "Legal form", "Web site", "Industry",
    "Fax", "Web page",
)  # fmt: skip
"""Labels of what records say, as in the report."""
HEADERS: Final = (*ABOUT, *EDITED, *FIELDS, *CONTEXT, *KEYS)
LONGEST_RUN: Final = 10
"""Digits of a number of a run, and one more: what is longer is no number of ours."""
SHOWN: Final = 50
"""Records of a side that have a row; an answer holds for all of them."""

_FIRST: Final = "compare with"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of which database a pack shows."""

    run: int
    decision: int
    """Number of the newest decision then."""
    seal: str
    """Hash of the project and the run."""

    def __str__(self) -> str:
        """As it stands in every row."""
        return f"P{self.run}-{self.decision}-{self.seal}"


def stamp(connection: sa.Connection, project: str) -> Stamp:
    """The stamp of the newest run and decision."""
    run = connection.scalar(sa.select(sa.func.max(mig_run.c.id)))
    decision = connection.scalar(sa.select(sa.func.max(mig_decision.c.id))) or 0
    assert run is not None, "a queue comes of a run"
    return Stamp(run, decision, seal(connection, project, run) or "")


def seal(connection: sa.Connection, project: str, run: int) -> str | None:
    """What a pack of this run carries; None where there was no such run."""
    r = mig_run.c
    row = connection.execute(
        sa.select(r.plan_hash, r.sources_hash, r.rules_hash, r.started_at).where(r.id == run)
    ).first()
    if row is None:
        return None
    made_of = f"{project} {run} {row.started_at} {digest(row.plan_hash, row.sources_hash, row.rules_hash)}"
    return _hash(made_of)[:12]


def sealed(connection: sa.Connection, project: str, run: str) -> str | None:
    """The seal of a run as a file that came back names it; None where there was no such run."""
    return seal(connection, project, int(run)) if run.isdecimal() and len(run) < LONGEST_RUN else None


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def state_of(record: str, beside: str, claims: Mapping[str, str]) -> str:
    """What two records said, as a hash; `claims` are hashes of claims by record."""
    return "S" + _hash(claims.get(record, ""), claims.get(beside, ""))[:10]


def check_of(keys: Mapping[str, str]) -> str:
    """The check over the other keys of a row."""
    return "K" + _hash(*(keys[name] for name in (QUESTION, RECORD, BESIDE, SAID, PACK)))[:10]


@dataclass(frozen=True, slots=True)
class PackRow:
    """One record in the pack."""

    values: Mapping[str, str]
    """By header; what is missing is empty."""
    likeness: Mapping[str, str]
    """By label of a field how alike it is to side A; empty on side A."""
    answers: bool
    """Whether an answer is asked for here."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a workbook shows."""

    stamp: Stamp
    project: str
    rows: tuple[PackRow, ...]
    questions: int
    clusters: int
    left_out: int
    """Open questions that are not in it: beyond the limit, or contradictions of decisions."""


@dataclass(frozen=True, slots=True)
class _Cluster:
    """One side and the questions about it."""

    first: Side
    lead: str
    """The record of the first side that the others are compared with."""
    others: tuple[tuple[Question, Side, str, str], ...]
    """Question, its other side, the leading record there and the one of the first side."""


def pack(
    connection: sa.Connection, questions: Iterable[Question], *, project: str, limit: int, found: int
) -> Pack:
    """The first `limit` of the questions as a pack; `found` are those there are."""
    asked = [one for one in questions if Reason.CONFLICT not in one.reasons][:limit]
    made, rows = stamp(connection, project), list[PackRow]()
    clusters = _clusters(asked)
    for number, cluster in enumerate(clusters, 1):
        rows += _rows(connection, number, cluster, made)
    return Pack(made, project, tuple(rows), len(asked), len(clusters), found - len(asked))


def _clusters(questions: Sequence[Question]) -> list[_Cluster]:
    """Each question once: around the sides that most of them are about, in the order of the questions."""
    often = Counter(side.records for question in questions for side in question.sides)
    around: dict[tuple[str, ...], list[tuple[Question, int]]] = {}
    for question in questions:
        one, other = question.sides
        first = 0 if (often[one.records], other.records) >= (often[other.records], one.records) else 1
        around.setdefault(question.sides[first].records, []).append((question, first))
    return [_cluster(asked) for asked in around.values()]


def _cluster(asked: Sequence[tuple[Question, int]]) -> _Cluster:
    question, first = asked[0]
    others = tuple((q, q.sides[1 - at], q.leading[1 - at], q.leading[at]) for q, at in asked)
    return _Cluster(question.sides[first], question.leading[first], others)


def _rows(connection: sa.Connection, number: int, cluster: _Cluster, made: Stamp) -> Iterator[PackRow]:
    leads = [cluster.lead, *(end for *_, end, beside in cluster.others for end in (end, beside))]
    sides = [cluster.first, *(side for _, side, *_ in cluster.others)]
    shown = [_shown(side, leads) for side in sides]
    wanted = dict.fromkeys([*leads, *(record for some in shown for record in some)])
    known = records(connection, list(wanted))
    claims = claims_hashes(connection, list(wanted))
    speaks = _speaks(known, shown[0])
    for record in shown[0]:
        keys = keys_of("", record, cluster.lead, claims, made)
        about = {"Cluster": str(number), "Side": "A"}
        values = _values(known, cluster.first, record) | _more(cluster.first, shown[0], record)
        yield PackRow(about | values | keys, {}, answers=False)
    for place, (question, side, _, beside) in enumerate(cluster.others, 1):
        for record in shown[place]:
            keys = keys_of(question.id, record, beside, claims, made)
            about = {"Cluster": str(number), "Side": letter(place)}
            about |= _why(question)
            fields = said(known[record]) if record in known else {}
            alike = {label: likeness(texts, speaks.get(label, ())) for label, texts in fields.items()}
            values = _values(known, side, record) | _more(side, shown[place], record)
            yield PackRow(about | values | keys, alike, answers=True)


def _shown(side: Side, leads: Sequence[str]) -> list[str]:
    """Records of a side that have a row, those first that lead a question."""
    first = [record for record in dict.fromkeys(leads) if record in side.records]
    return [*first, *(record for record in side.records if record not in first)][:SHOWN]


def letter(place: int) -> str:
    """A, B ... Z, AA, AB as spreadsheets count."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def keys_of(
    question: str, record: str, beside: str, claims: Mapping[str, str], made: Stamp
) -> dict[str, str]:
    """The key columns of a row; `claims` are hashes of claims by record."""
    keys = {QUESTION: question, RECORD: record, BESIDE: beside, PACK: str(made)}
    keys[SAID] = state_of(record, beside, claims)
    return keys | {CHECK: check_of(keys)}


def _why(question: Question) -> dict[str, str]:
    sure = "" if question.probability is None else f"{question.probability:.0%}"
    return {"Why it is asked": question.sentence, "Likely": sure}


def _more(side: Side, shown: Sequence[str], record: str) -> dict[str, str]:
    """On the first row of a side, that not all of its records are shown."""
    if record != shown[0] or len(side.records) == len(shown):
        return {}
    few = f"{len(shown)} of {len(side.records):,} records are shown, an answer holds for all"
    return {"Customer": f"{side.customer}: {few}"}


def _values(known: Mapping[str, KnownRecord], side: Side, record: str) -> dict[str, str]:
    fields = fields_of(known[record]) if record in known else {}
    return fields | {"Customer": side.customer or ""}


def fields_of(record: KnownRecord) -> dict[str, str]:
    """What a record says, by header, and where it comes from."""
    fields = {label: "; ".join(texts) for label, texts in said(record).items() if label in FIELDS}
    return fields | {"Source": record.system}


def _speaks(known: Mapping[str, KnownRecord], shown: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What the records of a side say together, by label."""
    found: dict[str, dict[str, None]] = {}
    for record in shown:
        for label, texts in (said(known[record]) if record in known else {}).items():
            found.setdefault(label, {}).update(dict.fromkeys(texts))
    return {label: tuple(texts) for label, texts in found.items()}


def claims_hashes(connection: sa.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Hashes of the claims of these records; unknown ones are left out."""
    r, found = mig_source_record.c, dict[str, str]()
    for start in range(0, len(ids), AT_ONCE):
        query = sa.select(r.record_id, r.claims_hash).where(r.record_id.in_(ids[start : start + AT_ONCE]))
        found |= {row.record_id: row.claims_hash or "" for row in connection.execute(query)}
    return found


AT_ONCE: Final = 500
"""Records in one query."""
