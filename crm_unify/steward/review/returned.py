"""What a pack that came back says: decisions to record, and what cannot be taken, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import UsageError, nearest_name
from crm_unify.run.deciding import Draft
from crm_unify.run.decisions import VERDICT, Decision
from crm_unify.run.pinning import KEPT, pinning
from crm_unify.run.subjects import subject
from crm_unify.steward.report.evidence import CONTACTS, DETAILS
from crm_unify.steward.review.answers import DECIDE
from crm_unify.steward.review.pack import (
    ANSWER,
    ANSWERS,
    BESIDE,
    CHECK,
    EDITED,
    KEYS,
    NOTE,
    PACK,
    QUESTION,
    RECORD,
    SAID,
    TAKE,
    check_of,
    claims_hashes,
    seal,
    state_of,
)
from crm_unify.steward.review.pack_read import ReadRow
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.standing import Standing
from crm_unify.steward.review.values import Question
from matching.decisions import DIFFERENT, SAME
from pipelines.ledger import last_run

BY_PACK: Final = "answered in a review pack"
"""Why, where no note was written."""
PINS: Final[Mapping[str, str]] = {
    **{label: name for fields in DETAILS.values() for name, label in fields.items()},
    **dict.fromkeys(CONTACTS.values(), KEPT[0]),
    "Address": KEPT[1],
    "Identifier": KEPT[2],
}
"""Field to pin by the label of a column; a name is a person's or an organisation's."""


class Trouble(StrEnum):
    """Why something in a pack is not taken."""

    NONSENSE = "nonsense"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    GONE = "gone"
    CHANGED = "changed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not taken."""

    trouble: Trouble
    place: str
    """Cell or row as the spreadsheet shows it."""
    raw: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision that is not recorded yet."""

    draft: Draft
    why: str
    place: str
    question: str
    """Its id; empty for a pin, and for what is asked no longer."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Everything a pack says."""

    taken: tuple[Taken, ...]
    problems: tuple[Problem, ...]
    already: int
    """Answers that hold already."""
    empty: int
    """Questions that came back without an answer."""


@dataclass(slots=True)
class _Found:
    """The outcome while it is worked out."""

    taken: list[Taken] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    already: int = 0
    empty: int = 0

    def problem(self, trouble: Trouble, place: str, raw: str, sentence: str) -> None:
        self.problems.append(Problem(trouble, place, raw[:RAW], sentence))


RAW: Final = 200
"""Characters shown of what stood in a cell."""


def returned(
    connection: sa.Connection,
    rows: Sequence[ReadRow],
    *,
    project: str,
    queue: Queue,
    holding: Sequence[Decision],
    as_of: date,
) -> Returned:
    """What the rows of a pack say beside the queue and the decisions that hold today.

    Raises UsageError where all of it is of another project or database.
    """
    found = _Found()
    ours = _ours(connection, rows, project, found)
    known = claims_hashes(connection, sorted({row.text(name) for row in ours for name in (RECORD, BESIDE)}))
    usable = [row for row in ours if _stands(row, known, found)]
    standing = Standing(holding)
    asked: dict[str, list[tuple[ReadRow, str | None]]] = {}
    for row in usable:
        answer = _answer(row, found)
        if row.text(QUESTION):
            asked.setdefault(row.text(QUESTION), []).append((row, answer))
        elif answer is not None:
            _of_side_a(row, found)
    for name, answered in asked.items():
        row, _ = answered[0]
        question = queue.question(name) or queue.between(row.text(RECORD), row.text(BESIDE))
        _question(question, answered, standing, found)
    for row in usable:
        _pins(connection, row, as_of, found)
    return Returned(tuple(found.taken), tuple(found.problems), found.already, found.empty)


# --- is the row ours, and does it still mean what it did? ---
def _ours(connection: sa.Connection, rows: Iterable[ReadRow], project: str, found: _Found) -> list[ReadRow]:
    seals: dict[str, bool] = {}
    ours, strangers = [], []
    for row in rows:
        text = row.text(PACK)
        if text not in seals:
            seals[text] = _is_ours(connection, text, project)
        (ours if seals[text] else strangers).append(row)
    if strangers and not ours:
        run = last_run(connection)
        raise UsageError(
            "this pack is not of this project and database",
            strangers[0].place,
            why=f"it carries {strangers[0].text(PACK) or 'no stamp'!r}, which no run here ever gave",
            remedy=f"give it to the project it came from; here the newest run is {run.id if run else 'none'}",
        )
    for row in strangers:
        if any(row.text(name) for name in EDITED):
            sentence = "this row is of another pack: its stamp is none that a run here gave"
            found.problem(Trouble.FOREIGN, row.place, row.text(PACK), sentence)
    return ours


def _is_ours(connection: sa.Connection, text: str, project: str) -> bool:
    run, _, rest = text.removeprefix("P").partition("-")
    _, _, sealed = rest.partition("-")
    return run.isdigit() and len(run) < LONGEST_RUN and seal(connection, project, int(run)) == sealed


LONGEST_RUN: Final = 10
"""Digits of a number of a run, and one more: what is longer is no number of ours."""


def answers(rows: Sequence[ReadRow], stamped: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The verdict by question of rows that carry this stamp, and what cannot be understood.

    Of several answers to a question the first counts; the others are listed.
    """
    found, said = _Found(), dict[str, str]()
    for row in rows:
        name, answer = row.text(QUESTION), row.text(ANSWER)
        if not name or not answer:
            continue
        keys = {key: row.text(key) for key in KEYS}
        if keys[PACK] != stamped:
            sentence = "this row is of another sample"
            found.problem(Trouble.FOREIGN, row.place, keys[PACK], sentence)
        elif check_of(keys) != keys[CHECK]:
            found.problem(Trouble.DAMAGED, row.place, answer, DAMAGED)
        elif (verdict := _answer(row, found)) is not None and said.setdefault(name, verdict) != verdict:
            sentence = f"another row says {said[name]} of the same pair; the first counts"
            found.problem(Trouble.CONFLICT, row.cells[ANSWER].place, answer, sentence)
    return said, tuple(found.problems)


DAMAGED: Final = "the hidden keys of this row were changed: nobody can say which records it is about"


def _stands(row: ReadRow, known: Mapping[str, str], found: _Found) -> bool:
    """Whether the row may be taken; if it says anything and may not, that is listed."""
    keys = {name: row.text(name) for name in KEYS}
    if not any(row.text(name) for name in EDITED):
        return check_of(keys) == keys[CHECK]
    raw = row.text(ANSWER) or row.text(TAKE)
    if any(row.cells[name].formula for name in KEYS) or check_of(keys) != keys[CHECK]:
        found.problem(Trouble.DAMAGED, row.place, raw, DAMAGED)
        return False
    gone = [keys[name] for name in (RECORD, BESIDE) if keys[name] not in known]
    if gone:
        sentence = f"the record {gone[0]} is not there any more"
        found.problem(Trouble.GONE, row.place, raw, sentence)
        return False
    if state_of(keys[RECORD], keys[BESIDE], known) != keys[SAID]:
        sentence = "one of the records says something else since the pack was made: look at it again"
        found.problem(Trouble.CHANGED, row.place, raw, sentence)
        return False
    return True


def _answer(row: ReadRow, found: _Found) -> str | None:
    """The verdict of a row; None where there is none, or none that can be understood (listed)."""
    cell = row.cells[ANSWER]
    if not cell.text:
        return None
    if cell.formula:
        found.problem(Trouble.NONSENSE, cell.place, cell.text, "a formula is no answer: choose from the list")
        return None
    if cell.text.casefold() in (SAME, DIFFERENT, "unsure"):
        return cell.text.casefold()
    near = nearest_name(cell.text, ANSWERS)
    said = f"did you mean {near}?" if near else f"one of: {', '.join(ANSWERS)}"
    found.problem(Trouble.NONSENSE, cell.place, cell.text, f"this is no answer; {said}")
    return None


def _of_side_a(row: ReadRow, found: _Found) -> None:
    cell = row.cells[ANSWER]
    sentence = (
        "side A is what the others are compared with: answer in their rows; "
        "`crm-unify split` parts records of one customer"
    )
    found.problem(Trouble.NONSENSE, cell.place, cell.text, sentence)


# --- what was answered ---
def _question(
    question: Question | None,
    answered: Sequence[tuple[ReadRow, str | None]],
    standing: Standing,
    found: _Found,
) -> None:
    said = [(row, verdict) for row, verdict in answered if verdict is not None]
    if not said:
        found.empty += 1
        return
    for verdict in dict.fromkeys(verdict for _, verdict in said):
        rows = [row for row, other in said if other == verdict]
        sides = _sides(question, rows, whole=len({verdict for _, verdict in said}) == 1)
        _say(question, rows, sides, verdict, standing=standing, found=found)


def _sides(
    question: Question | None, rows: Sequence[ReadRow], *, whole: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All records of both sides; where a side got several answers, the records of these rows alone."""
    named = tuple(sorted({row.text(RECORD) for row in rows}))
    besides = tuple(sorted({row.text(BESIDE) for row in rows}))
    if question is None:
        return named, besides
    one, other = (side.records for side in question.sides)
    if named[0] in one:
        one, other = other, one
    return (other if whole and named[0] in other else named), one


def _say(
    question: Question | None,
    rows: Sequence[ReadRow],
    sides: tuple[tuple[str, ...], tuple[str, ...]],
    verdict: str,
    *,
    standing: Standing,
    found: _Found,
) -> None:
    """Take a verdict, unless it holds already, or others that hold are against it."""
    cell = rows[0].cells[ANSWER]
    holds = standing.holds(sides, verdict)
    if holds:
        found.already += 1
        return
    against = standing.against(sides, verdict)
    if against is not None:
        found.problem(Trouble.CONFLICT, cell.place, cell.text, f"{against}; nothing was changed")
    else:  # also where a run asks no longer: what a person says of two records holds all the same
        standing.say(sides, verdict, cell.place)
        why = "; ".join(dict.fromkeys(row.text(NOTE) for row in rows if row.text(NOTE))) or BY_PACK
        draft = Draft(VERDICT, DECIDE, sides, verdict=verdict)
        found.taken.append(Taken(draft, why, cell.place, "" if question is None else question.id))


# --- what was picked ---
def _pins(connection: sa.Connection, row: ReadRow, as_of: date, found: _Found) -> None:
    cell = row.cells[TAKE]
    if cell.formula:
        found.problem(Trouble.NONSENSE, cell.place, cell.text, "a formula is no field: choose from the list")
        return
    for label in _labels(cell.text):
        known = {name.casefold(): name for name in PINS}
        if label.casefold() not in known:
            near = nearest_name(label, PINS)
            said = f"did you mean {near}?" if near else f"one of: {', '.join(PINS)}"
            found.problem(Trouble.NONSENSE, cell.place, label, f"this is no field to take; {said}")
            continue
        record = row.text(RECORD)
        try:
            named = subject(connection, record)
            field_name = PINS[known[label.casefold()]]
            field_name = _of_kind(named.kind, field_name)
            draft = pinning(connection, named.customer, field_name, value=None, source=record, as_of=as_of)
        except UsageError as error:
            found.problem(Trouble.NONSENSE, cell.place, label, f"{error.what}: {error.where}")
            continue
        found.taken.append(Taken(draft, row.text(NOTE) or BY_PACK, cell.place, ""))


def _labels(text: str) -> Iterator[str]:
    for part in text.replace(",", ";").split(";"):
        if part.strip():
            yield part.strip()


def _of_kind(kind: str, name: str) -> str:
    """A person's name is a full name."""
    return {"person": "full_name", "organisation": "name"}[kind] if name in ("full_name", "name") else name
