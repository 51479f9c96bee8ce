"""Taking an answer: recorded once, whoever else acts meanwhile, and told only after it is committed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import Overtaken, UsageError
from crm_unify.run.consequences import described
from crm_unify.run.deciding import Draft, about, drafted, insert, revoking
from crm_unify.run.decisions import Decision, read_decisions
from crm_unify.schema.stewards import mig_answer, mig_note, mig_proposal
from crm_unify.steward.review.values import Settled
from crm_unify.steward.web.acts import PAST, VERDICTS, Action, Given, by_others_since, drafts, two_confirmed
from crm_unify.steward.web.audit import audited, moment
from crm_unify.steward.web.canvas import Subject, subject_of
from crm_unify.steward.web.samples import verdicts
from crm_unify.steward.web.site import Site
from matching.decisions import DIFFERENT


@dataclass(frozen=True, slots=True)
class Acts:
    """What was written for an answer."""

    decisions: tuple[int, ...] = ()
    note: int | None = None
    proposal: int | None = None
    closed: tuple[int, ...] = ()
    """Proposals that were agreed to or contradicted with it: open again when it is undone."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        own = {"decisions": list(self.decisions), "note": self.note, "proposal": self.proposal}
        return own | {"closed": list(self.closed)}


def answered(site: Site, given: Given, *, by: str) -> dict[str, Any]:
    """Record an answer and tell what it did; the same key again tells the same again.

    Raises UsageError for what cannot be recorded, Overtaken where somebody else was faster, Unreachable
    while a load holds the database: nothing is recorded then.
    """
    with site.reading() as connection:
        before = _told(connection, given.key)
        if before is not None:
            return before
        behind = _behind(site, connection, given.canvas)
        found = None
        if given.action != Action.UNDO:
            found = subject_of(site, connection, given.canvas, given.added)
    answer = site.appending(lambda connection: _act(connection, site, given, found, by))
    with site.reading() as connection:
        settled = _on_the_board(site, connection, given, found, answer)
        answer |= {"next": _next(site, connection, given, answer, behind)}
    if settled is not None and settled.others:
        answer["said"] += f"; {settled.sentence}"
    return answer


def _told(connection: sa.Connection, key: str) -> dict[str, Any] | None:
    """What was answered to this key before."""
    text = connection.scalar(sa.select(mig_answer.c.answer).where(mig_answer.c.id == key))
    return None if text is None else dict(json.loads(text))


def _behind(site: Site, connection: sa.Connection, name: str) -> tuple[str, ...]:
    with site.board.queue(connection) as queue:
        return queue.after(name)


# --- what is written ---
def _act(
    connection: sa.Connection, site: Site, given: Given, found: Subject | None, by: str
) -> dict[str, Any]:
    """Write an answer with everything it stands for; what to tell the person."""
    before = _told(connection, given.key)
    if before is not None:  # the same answer came twice at once
        return before
    if given.action == Action.UNDO:
        return _undo(connection, given, by)
    assert found is not None, "all but undoing is about a cluster"
    decisions = read_decisions(connection, about=found.records)
    if given.action == Action.NOTE:
        return _note(connection, given, found, by)
    wanted = drafts(connection, given, found, site.clock().date())
    others = by_others_since(decisions, given.seen, found.records, by)
    if others and given.action != Action.REVOKE:
        raise _overtaken(others)
    closed = _contradicted(connection, wanted, by)
    if any(two_confirmed(connection, one, by) for one in wanted):
        closed = _agreed(connection, found, by)
        if not closed:
            return _proposed(connection, given, found, by)
    numbers = _decide(connection, wanted, why=given.words, by=by)
    said = f"{PAST[given.action]}: recorded as decision {', '.join(map(str, numbers))}"
    return _kept(connection, given, Acts(numbers, closed=closed), said, by)


def _overtaken(others: Sequence[Decision]) -> Overtaken:
    why = "; ".join(f"decision {one.id}: {described(one)}" for one in others[:3])
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


def _asked(found: Subject) -> tuple[str, str]:
    """The two records, one of each confirmed customer, by which a proposal is found again."""
    left, right = sorted((found.sides[0][0], found.sides[-1][0]))
    return left, right


def _agreed(connection: sa.Connection, found: Subject, by: str) -> tuple[int, ...]:
    """Close what somebody else proposed, for a second one has said the same now; nothing where nobody did.

    Raises UsageError where it is one's own proposal.
    """
    (left, right), p = _asked(found), mig_proposal.c
    same = sa.and_(p.left_record == left, p.right_record == right, p.state == "open")
    before = connection.execute(sa.select(p.id, p.proposed_by).where(same).order_by(p.id)).all()
    others = tuple(row.id for row in before if row.proposed_by != by)
    if before and not others:
        why = "both customers were confirmed by a person, and you have said already that they are one"
        raise UsageError("a second person has to say so", why=why, remedy="ask somebody to answer it")
    return _close(connection, others, "agreed", by)


def _contradicted(connection: sa.Connection, wanted: Sequence[Draft], by: str) -> tuple[int, ...]:
    """Close proposals whose two records are kept apart now."""
    p, apart = mig_proposal.c, [one.sides for one in wanted if one.verdict == DIFFERENT]
    if not apart:
        return ()
    rows = connection.execute(sa.select(p.id, p.left_record, p.right_record).where(p.state == "open")).all()
    found = [
        row.id for row in rows if any(_parts(sides, row.left_record, row.right_record) for sides in apart)
    ]
    return _close(connection, found, "withdrawn", by)


def _parts(sides: Sequence[Sequence[str]], left: str, right: str) -> bool:
    places = [number for one in (left, right) for number, side in enumerate(sides) if one in side]
    return len(set(places)) > 1


def _close(connection: sa.Connection, numbers: Sequence[int], state: str, by: str) -> tuple[int, ...]:
    mine = mig_proposal.c.id.in_(numbers)
    connection.execute(mig_proposal.update().where(mine).values(state=state, closed_by=by))
    return tuple(numbers)


def _proposed(connection: sa.Connection, given: Given, found: Subject, by: str) -> dict[str, Any]:
    """Keep what the first person says of two confirmed customers; it holds when a second says the same."""
    left, right = _asked(found)
    number = (connection.scalar(sa.select(sa.func.max(mig_proposal.c.id))) or 0) + 1
    row = {"id": number, "left_record": left, "right_record": right, "why": given.words, "proposed_by": by}
    connection.execute(mig_proposal.insert().values(**row, proposed_at=moment(), state="open"))
    said = "both are confirmed: it holds as soon as a second person says the same"
    return _kept(connection, given, Acts(proposal=number), said, by)


def _kept(connection: sa.Connection, given: Given, acts: Acts, said: str, by: str) -> dict[str, Any]:
    """Keep the answer under its key, and in the audit."""
    answer = {"said": said, "canvas": given.canvas, "action": given.action, **acts.as_json()}
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
    reopened = mig_proposal.c.id.in_(acts.get("closed", ()))
    connection.execute(mig_proposal.update().where(reopened).values(state="open", closed_by=None))
    said = f"undone: {told['said']}"
    if acts["proposal"] is not None:
        said = _withdrawn(connection, acts["proposal"], by) or said
    connection.execute(mig_answer.update().where(a.id == last.id).values(undone_at=now))
    answer = {"said": said, "canvas": told["canvas"], "decisions": list(numbers)}
    row = {"id": given.key, "answered_by": by, "answered_at": now, "acts": NOTHING}
    connection.execute(mig_answer.insert().values(**row, answer=json.dumps(answer)))
    audited(
        connection, by=by, action="answer-undo", subject=told["canvas"], detail={"decisions": list(numbers)}
    )
    return answer


def _withdrawn(connection: sa.Connection, number: int, by: str) -> str | None:
    """Withdraw one's proposal; in words why it cannot be, where somebody has agreed to it."""
    row = connection.execute(sa.select(mig_proposal).where(mig_proposal.c.id == number)).one()
    if row.state == "agreed":
        return f"{row.closed_by} has agreed, so it holds; take back that decision on the canvas to undo it"
    if row.state == "open":
        _close(connection, [number], "withdrawn", by)
    return None


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
    """Tell the queue of an answer to its question, or of a pin; all else has it made anew."""
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
        return None  # the queue is made anew when somebody looks at it
    with site.board.queue(connection):  # takes it in
        return site.board.settled(numbers[-1])


def _next(
    site: Site,
    connection: sa.Connection,
    given: Given,
    answer: Mapping[str, Any],
    behind: Sequence[str],
) -> str:
    """Where to go on: back to what was undone, on to the next question, or stay."""
    canvas = str(answer["canvas"])
    kind = {"Q-": "questions", "S-": "samples"}.get(canvas[:2], "clusters")
    if given.action not in VERDICTS or kind == "clusters":
        return f"/{kind}/{canvas}"
    if kind == "samples":
        sample = site.samples.current()
        done = verdicts(connection, sample)
        return f"/samples/{next((name for name in sample.pairs if name not in done), 'done')}"
    with site.board.queue(connection) as queue:
        following = next((name for name in behind if queue.question(name) is not None), None)
    return "/" if following is None else f"/questions/{following}"
