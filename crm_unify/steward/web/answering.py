"""Taking an answer: recorded once, whoever else acts meanwhile, and told only after it is committed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import Overtaken, UsageError
from crm_unify.run.consequences import described
from crm_unify.run.deciding import Draft, about, drafted, insert, revoking
from crm_unify.run.decisions import Decision, read_decisions
from crm_unify.schema.stewards import mig_answer, mig_note
from crm_unify.steward.review.values import Settled
from crm_unify.steward.web.acts import (
    PAST,
    VERDICTS,
    Action,
    Given,
    by_others_since,
    confirmed_ones,
    drafts,
)
from crm_unify.steward.web.audit import audited, moment
from crm_unify.steward.web.canvas import Subject, subject_of
from crm_unify.steward.web.making import NotReady
from crm_unify.steward.web.proposals import Ones, agreed, contradicted, proposed, reopened, withdrawn
from crm_unify.steward.web.samples import following
from crm_unify.steward.web.site import Site
from crm_unify.steward.web.veil import Veil

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Who:
    """Who answers, and when."""

    name: str
    veil: Veil
    """What they do not see; nor is it told them."""
    day: date


@dataclass(frozen=True, slots=True)
class Acts:
    """What was written for an answer."""

    decisions: tuple[int, ...] = ()
    note: int | None = None
    proposals: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    """Proposals that were agreed to or contradicted with it: open again when it is undone."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        own = {"decisions": list(self.decisions), "note": self.note, "proposals": list(self.proposals)}
        return own | {"closed": list(self.closed)}


def answered(site: Site, given: Given, *, by: str, veil: Veil) -> dict[str, Any]:
    """Record an answer and tell what it did, but for what is veiled; the same key again tells the same again.

    Raises UsageError for what cannot be recorded, Overtaken where somebody else was faster, Unreachable
    while a load holds the database: nothing is recorded then.
    """
    found, behind, who = None, tuple[str, ...](), Who(by, veil, site.clock().date())
    with site.reading() as connection:
        answer = _told(connection, given.key)
        if answer is None:
            behind = _behind(site, connection, given.canvas)
            if given.action != Action.UNDO:
                found = subject_of(site, connection, given.canvas, given.added)
    if answer is None:
        answer = site.appending(lambda connection: _act(connection, given, found, behind, who))
    return _led_on(site, given, found, answer)


def _led_on(site: Site, given: Given, found: Subject | None, answer: dict[str, Any]) -> dict[str, Any]:
    """What is told of an answer: where to go on, and what it settled besides.

    It is committed by now. What fails here is no failure of the answer: it is logged, the queue is made anew.
    """
    behind = answer.pop("behind", ())
    try:
        with site.reading() as connection:
            settled = _on_the_board(site, connection, given, found, answer)
            answer["next"] = _next(site, connection, answer, behind)
        if settled is not None and settled.others:
            answer["said"] += f"; {settled.sentence}"
    except NotReady:
        answer["next"] = _back(answer)
    except Exception:
        LOG.exception("an answer is recorded, but the queue could not take it in: it is made anew")
        site.board.anew()
        answer["next"] = "/" if str(answer["canvas"]).startswith("Q-") else _back(answer)
    return answer


def _told(connection: sa.Connection, key: str) -> dict[str, Any] | None:
    """What was answered to this key before."""
    text = connection.scalar(sa.select(mig_answer.c.answer).where(mig_answer.c.id == key))
    return None if text is None else dict(json.loads(text))


def _behind(site: Site, connection: sa.Connection, name: str) -> tuple[str, ...]:
    """The questions behind this one, for whoever asks again where an answer leads."""
    if not name.startswith("Q-"):
        return ()
    with site.board.queue(connection) as queue:
        return queue.after(name)[:BEHIND]


BEHIND: Final = 40
"""Questions that are kept with an answer: whoever asks again is led on to the first that is open still."""


# --- what is written ---
def _act(
    connection: sa.Connection, given: Given, found: Subject | None, behind: Sequence[str], who: Who
) -> dict[str, Any]:
    """Write an answer with everything it stands for; what to tell the person."""
    by = who.name
    before = _told(connection, given.key)
    if before is not None:  # the same answer came twice at once
        return before
    if given.action == Action.UNDO:
        return _undo(connection, given, by)
    assert found is not None, "all but undoing is about a cluster"
    decisions = read_decisions(connection, about=found.records)
    if given.action == Action.NOTE:
        return _note(connection, given, found, by)
    wanted = drafts(connection, given, found, who.day)
    others = by_others_since(decisions, given.seen, found.records, by)
    if others and given.action != Action.REVOKE:
        raise _overtaken(others, who.veil)
    closed = contradicted(connection, wanted, by)
    for ones in (confirmed_ones(connection, one, by) for one in wanted):
        if len(ones) > 1:
            both = agreed(connection, ones, by)
            if not both:
                return _proposed(connection, given, found, ones, behind, by)
            closed += both
    numbers = _decide(connection, wanted, why=given.words, by=by)
    said = f"{PAST[given.action]}: recorded as decision {', '.join(map(str, numbers))}"
    return _kept(connection, given, Acts(numbers, closed=closed), said, by, behind=behind)


def _overtaken(others: Sequence[Decision], veil: Veil) -> Overtaken:
    shown = (replace(one, why=veil.words(one.why)) for one in others[:3])
    why = "; ".join(f"decision {one.id}: {described(one)}" for one in shown)
    remedy = "look at it again; your answer is kept beside it"
    return Overtaken("somebody else was faster", why=why, remedy=remedy)


def _decide(connection: sa.Connection, wanted: Sequence[Draft], *, why: str, by: str) -> tuple[int, ...]:
    numbers = []
    for draft in wanted:
        decision = drafted(draft, connection, why=why, by=by)
        insert(connection, decision)
        numbers.append(decision.id)
    return tuple(numbers)


def _note(connection: sa.Connection, given: Given, found: Subject, by: str) -> dict[str, Any]:
    text = given.words.strip()
    if not text:
        raise UsageError("the note is empty", remedy="write something, or leave it with Escape")
    number = (connection.scalar(sa.select(sa.func.max(mig_note.c.id))) or 0) + 1
    row = {"id": number, "record_id": found.records[0], "text": text, "written_by": by}
    connection.execute(mig_note.insert().values(**row, written_at=moment()))
    return _kept(connection, given, Acts(note=number), "noted", by)


def _proposed(
    connection: sa.Connection, given: Given, found: Subject, ones: Ones, behind: Sequence[str], by: str
) -> dict[str, Any]:
    """Keep what the first person says of confirmed customers; it holds when a second says the same."""
    numbers = proposed(connection, ones, found.records, why=given.words, by=by)
    said = "both are confirmed: it holds as soon as a second person says the same"
    return _kept(connection, given, Acts(proposals=numbers), said, by, behind=behind)


def _kept(
    connection: sa.Connection, given: Given, acts: Acts, said: str, by: str, *, behind: Sequence[str] = ()
) -> dict[str, Any]:
    """Keep the answer under its key, and in the audit."""
    answer = {"said": said, "canvas": given.canvas, "action": given.action, **acts.as_json()}
    answer |= {"behind": list(behind)}
    row = {"id": given.key, "answered_by": by, "answered_at": moment(), "acts": json.dumps(acts.as_json())}
    connection.execute(mig_answer.insert().values(**row, answer=json.dumps(answer)))
    audited(connection, by=by, action=f"answer-{given.action}", subject=given.canvas, detail=acts.as_json())
    return answer


# --- undoing ---
def _undo(connection: sa.Connection, given: Given, by: str) -> dict[str, Any]:
    """Take back the newest answer of this person that still stands; again and again, to the first."""
    a = mig_answer.c
    query = sa.select(mig_answer).where(a.answered_by == by, a.undone_at.is_(None), a.acts != NOTHING)
    last = connection.execute(query.order_by(a.answered_at.desc(), a.id).limit(1)).first()
    if last is None:
        raise UsageError(
            "there is nothing to undo", why="you have taken back all you answered", remedy="go on"
        )
    acts = json.loads(last.acts)
    numbers = _revoke(connection, acts["decisions"], by)
    now = moment()
    if acts["note"] is not None:
        n = mig_note.c
        connection.execute(mig_note.update().where(n.id == acts["note"]).values(withdrawn_at=now))
    told = json.loads(last.answer)
    reopened(connection, acts["closed"])
    said = withdrawn(connection, acts["proposals"], by) or f"undone: {told['said']}"
    connection.execute(mig_answer.update().where(a.id == last.id).values(undone_at=now))
    answer = {"said": said, "canvas": told["canvas"], "decisions": list(numbers)}
    row = {"id": given.key, "answered_by": by, "answered_at": now, "acts": NOTHING}
    connection.execute(mig_answer.insert().values(**row, answer=json.dumps(answer)))
    audited(
        connection, by=by, action="answer-undo", subject=told["canvas"], detail={"decisions": list(numbers)}
    )
    return answer


NOTHING: Final = "{}"
"""The acts of an undoing, which is not undone itself."""


def _revoke(connection: sa.Connection, numbers: Sequence[int], by: str) -> tuple[int, ...]:
    """Revoke decisions, the newest first; what somebody else took back already stays so."""
    records = {record for number in numbers for record in about(connection, number) or ()}
    said = read_decisions(connection, about=sorted(records))
    live = {one.id for one in said if one.revoked_by is None}
    wanted = [revoking(connection, number) for number in reversed(numbers) if number in live]
    return _decide(connection, wanted, why="undone by the person who answered", by=by)


# --- what the queue makes of it ---
def _on_the_board(
    site: Site,
    connection: sa.Connection,
    given: Given,
    found: Subject | None,
    answer: Mapping[str, Any],
) -> Settled | None:
    """Tell the queue of an answer to its question, or of a pin; of all else it finds out by itself."""
    numbers = answer["decisions"]
    if not numbers or found is None:
        return None
    sides = [set[str](), *(set(side) for side in found.sides)]
    whole = found.question is not None and set(given.selected) in sides and not given.added
    if given.action in VERDICTS and whole:
        site.board.recorded(numbers, found.key, given.action.value)
    elif given.action == Action.PIN:
        site.board.recorded(numbers, "", "")
    else:
        return None
    with site.board.queue(connection):  # takes it in
        return site.board.settled(numbers[-1])


def _next(site: Site, connection: sa.Connection, answer: Mapping[str, Any], behind: Sequence[str]) -> str:
    """Where to go on: back to what was undone, on to the next question, or stay."""
    canvas = str(answer["canvas"])
    if answer.get("action") not in VERDICTS or not canvas.startswith(("Q-", "S-")):
        return _back(answer)
    if canvas.startswith("S-"):
        return f"/samples/{following(connection, site.samples.of(connection, canvas))}"
    with site.board.queue(connection) as queue:
        open_ones = (name for name in behind if queue.question(name) is not None)
        name = next(open_ones, None) or next(iter(queue.after(canvas)), None)
    return "/" if name is None else f"/questions/{name}"


def _back(answer: Mapping[str, Any]) -> str:
    """The page on which an answer was given."""
    canvas = str(answer["canvas"])
    return f"/{({'Q-': 'questions', 'S-': 'samples'}).get(canvas[:2], 'clusters')}/{canvas}"
