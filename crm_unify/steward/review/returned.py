"""What a pack that came back says: decisions to record, and what cannot be taken, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError, nearest_name
from crm_unify.run.deciding import Draft
from crm_unify.run.decisions import VERDICT, Decision
from crm_unify.steward.review.answers import DECIDE
from crm_unify.steward.review.found import BY_PACK, Found, Problem, Returned, Taken, Trouble
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
    sealed,
    state_of,
)
from crm_unify.steward.review.pack_read import ReadRow
from crm_unify.steward.review.picked import pins_of
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.standing import Standing
from crm_unify.steward.review.values import Question
from matching.decisions import DIFFERENT, SAME
from pipelines.ledger import last_run


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
    found = Found()
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
        pins_of(connection, row, as_of, found)
    return Returned(tuple(found.taken), tuple(found.problems), found.already, found.empty)


# --- is the row ours, and does it still mean what it did? ---
def _ours(connection: sa.Connection, rows: Iterable[ReadRow], project: str, found: Found) -> list[ReadRow]:
    seals: dict[str, bool] = {}
    ours, strangers = list[ReadRow](), list[ReadRow]()
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
    _, _, said = rest.partition("-")
    found = sealed(connection, project, run)
    return found is not None and found == said


def answers(rows: Sequence[ReadRow], stamped: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The verdict by question of rows that carry this stamp, and what cannot be understood.

    Of several answers to a question the first counts; the others are listed.
    """
    found, said = Found(), dict[str, str]()
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


def _stands(row: ReadRow, known: Mapping[str, str], found: Found) -> bool:
    """Whether the row may be taken; if it says anything and may not, that is listed."""
    keys = {name: row.text(name) for name in KEYS}
    if not any(row.text(name) for name in EDITED):
        return check_of(keys) == keys[CHECK]
    raw = row.text(ANSWER) or row.text(TAKE)
    if any(row.cells[name].formula for name in KEYS) or check_of(keys) != keys[CHECK]:
        found.problem(Trouble.DAMAGED, row.place, raw, DAMAGED)
        return False
    note = row.cells[NOTE]
    if note.formula:
        sentence = "a formula is no reason: write the text itself"
        found.problem(Trouble.NONSENSE, note.place, note.text, sentence)
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


def _answer(row: ReadRow, found: Found) -> str | None:
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


def _of_side_a(row: ReadRow, found: Found) -> None:
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
    found: Found,
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
    found: Found,
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
