"""The queue in memory: pages in order of worth, filters, search, and what each answer settles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from crm_unify.steward.review.values import Done, Page, Progress, Question, Reason, Settled, Wanted
from matching.decisions import SAME
from matching.questions import Closure, Doubt, likely_answers

PAGE = 50
"""Questions on a page."""


class Queue:
    """Everything that is asked; answers change it, a new run makes a new one.

    Not for several threads at once: a server holds a lock around :meth:`answered`.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        *,
        groups: Sequence[tuple[int, int] | None],
        apart: Iterable[tuple[int, int]] = (),
        done: Done | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """`groups` are the groups of records on both sides of each question; None: it is about one customer.

        `apart` are groups that verdicts keep apart, `done` what is answered already, `notes` what a
        person should know of the list.
        """
        order = sorted(range(len(questions)), key=lambda at: _rank(questions[at]))
        self._questions = [questions[at] for at in order]
        self._groups = [groups[at] for at in order]
        self._at = {question.id: number for number, question in enumerate(self._questions)}
        self._text = [_text(question) for question in self._questions]
        self._lone = {number for number, both in enumerate(self._groups) if both is None}
        self._closure = Closure(
            [_doubt(q, both) for q, both in zip(self._questions, self._groups, strict=True)]
        )
        for one, other in apart:
            self._closure.say(one, other, same=False)
        self._done = done or Done()
        self._list: list[int] | None = None
        self._likely: int | None = None
        self._of_record: dict[str, set[int]] | None = None
        self.notes = notes

    def page(self, wanted: Wanted | None = None, *, start: int = 0, size: int = PAGE) -> Page:
        """Some of the open questions that are looked for, those whose answer is worth most first."""
        found = self._fitting(wanted)
        return Page(tuple(self._shown(at) for at in found[start : start + size]), len(found), start)

    def next(self, wanted: Wanted | None = None, *, passed: Iterable[str] = ()) -> Question | None:
        """The question to ask now, but for those a person has `passed`; None when nothing is left."""
        skip, wanted = set(passed), wanted or Wanted()
        for at in self._ordered():
            question = self._questions[at]
            if question.id not in skip and _fits(question, self._text[at], wanted):
                return self._shown(at)
        return None

    def question(self, name: str) -> Question | None:
        """The open question of this id."""
        at = self._at.get(name)
        return None if at is None or not self._waits(at) else self._shown(at)

    def after(self, name: str, wanted: Wanted | None = None) -> tuple[str, ...]:
        """Ids of the open questions looked for: those behind this one, then around to the one before."""
        fitting = self._fitting(wanted)
        here = self._at.get(name)
        place = fitting.index(here) if here in fitting else -1
        around = fitting[place + 1 :] + fitting[: max(place, 0)]
        return tuple(self._questions[at].id for at in around)

    def between(self, one: str, other: str) -> Question | None:
        """The open question that has these two records on its two sides."""
        if self._of_record is None:
            self._of_record = {}
            for at, question in enumerate(self._questions):
                for record in (record for side in question.sides for record in side.records):
                    self._of_record.setdefault(record, set()).add(at)
        for at in sorted(self._of_record.get(one, set()) & self._of_record.get(other, set())):
            sides = [side.records for side in self._questions[at].sides]
            if self._waits(at) and not any(one in side and other in side for side in sides):
                return self._shown(at)
        return None

    def every(self) -> Iterator[Question]:
        """All open questions, those whose answer is worth most first."""
        return (self._shown(at) for at in self._ordered())

    def answered(self, name: str, verdict: str) -> Settled:
        """Take an answer (same, different, unsure) that was recorded; which other questions it settles.

        Answers to a question that is open no longer settle nothing.
        """
        at = self._at.get(name)
        if at is None or not self._waits(at):
            return Settled(name, (), 0)
        both = self._groups[at]
        if both is None:
            self._lone.discard(at)
            settled: tuple[int, ...] = (at,)
        else:
            settled = self._closure.say(*both, same=verdict == SAME)
        pairs = sum(self._questions[number].pairs for number in settled)
        done = self._done
        self._done = Done(done.questions + len(settled), done.pairs + pairs, done.answers + 1, done.pace)
        self._list = None
        if (
            self._likely is not None
        ):  # what it settled besides was not counted: worked out anew by the next run
            self._likely = max(self._likely - 1, 0)
        others = tuple(self._questions[number].id for number in settled if number != at)
        return Settled(name, others, pairs)

    def assigned(self, name: str, assignee: str | None) -> None:
        """Give a question to somebody, or to nobody."""
        at = self._at[name]
        self._questions[at] = replace(self._questions[at], assignee=assignee)
        self._text[at] = _text(self._questions[at])

    def progress(self) -> Progress:
        """How far it is answered and how long the rest is likely to take."""
        waiting = self._ordered()
        if self._likely is None:
            closure = self._closure
            rest = [
                replace(
                    closure.doubts[at],
                    one=closure.of(closure.doubts[at].one),
                    other=closure.of(closure.doubts[at].other),
                )
                for at in closure.open()
            ]
            self._likely = likely_answers(rest) + len(self._lone)
        return Progress(
            questions=len(waiting),
            pairs=sum(self._questions[at].pairs for at in waiting),
            settled_questions=self._done.questions,
            settled_pairs=self._done.pairs,
            answers=self._done.answers,
            likely_answers=min(max(self._likely, bool(waiting)), len(waiting)),
            seconds_an_answer=self._done.pace,
        )

    # --- inside ---
    def _fitting(self, wanted: Wanted | None) -> list[int]:
        """The open questions that are looked for, in their order; mostly all of them are."""
        if wanted is None or wanted == Wanted(nameless=wanted.nameless):
            return self._ordered()
        return [at for at in self._ordered() if _fits(self._questions[at], self._text[at], wanted)]

    def _waits(self, at: int) -> bool:
        return at in self._lone or self._closure.is_open(at)

    def _worth(self, at: int) -> float:
        return float(self._questions[at].pairs) if at in self._lone else self._closure.worth(at)

    def _ordered(self) -> list[int]:
        """The open questions by worth, greatest first, then in the order of their rank."""
        if self._list is None:
            worth = {at: self._worth(at) for at in range(len(self._questions)) if self._waits(at)}
            self._list = sorted(worth, key=lambda at: (-worth[at], at))
        return self._list

    def _shown(self, at: int) -> Question:
        return replace(self._questions[at], worth=round(self._worth(at), 3))


def _rank(question: Question) -> tuple[object, ...]:
    """What goes first among questions of equal worth: the graver reason, more orders, more records."""
    gravity = list(Reason).index(question.reasons[0])
    return (gravity > GRAVE, -question.orders, -question.records, gravity, question.leading, question.id)


GRAVE = list(Reason).index(Reason.STALE)
"""Up to this reason people or the CRM contradict the evidence: they come before doubts of the model."""


def _doubt(question: Question, groups: tuple[int, int] | None) -> Doubt:
    probability = 0.5 if question.probability is None else question.probability
    one, other = groups or (0, 0)
    return Doubt(one, other, question.pairs, probability)


def _text(question: Question, *, nameless: bool = False) -> str:
    """What a search looks in; `nameless`: of somebody who does not see the names."""
    sides = question.sides
    parts = [question.id, *question.reasons, *question.sources, question.assignee or ""]
    parts += [part for side in sides for part in (side.customer or "", *side.records)]
    names = [] if nameless else [side.name for side in sides]
    return "\n".join([*parts, *names]).casefold()


def _fits(question: Question, text: str, wanted: Wanted) -> bool:
    return (
        (wanted.reason is None or wanted.reason in question.reasons)
        and (wanted.kind is None or wanted.kind == question.kind)
        and (wanted.source is None or wanted.source in question.sources)
        and (wanted.assignee is None or wanted.assignee == (question.assignee or ""))
        and _found(question, text, wanted)
    )


def _found(question: Question, text: str, wanted: Wanted) -> bool:
    words = wanted.text.casefold().split()
    if words and question.kind in wanted.nameless:
        text = _text(question, nameless=True)
    return all(word in text for word in words)
