"""The queue in memory: pages in order of worth, filters, search, and what each answer settles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
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
        settled: Iterable[Question] = (),
        done: Done | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """`groups` are the groups of records on both sides of each question; None: it is about one customer.

        `apart` are groups that verdicts keep apart, `settled` questions that answers since the run have
        settled, `done` what is answered already, `notes` what a person should know of the list.
        """
        self._questions: list[Question] = []
        self._groups: list[tuple[int, int] | None] = []
        self._rank: list[tuple[object, ...]] = []
        self._text: list[str] = []
        self._at: dict[str, int] = {}
        self._lone: set[int] = set()
        self._closure = Closure([])
        self._free = 0
        """A number that no group has; none above it has one either."""
        self._settled: dict[str, Question] = {}
        self._of_record: dict[str, set[int]] | None = None
        self._list: list[int] | None = None
        self._likely: int | None = None
        self._done = done or Done()
        self.notes = notes
        order = sorted(range(len(questions)), key=lambda at: _rank(questions[at]))
        self._add([questions[at] for at in order], [groups[at] for at in order], apart, settled)

    def replaced(
        self,
        records: Collection[str],
        questions: Sequence[Question],
        *,
        groups: Sequence[tuple[int, int] | None],
        apart: Iterable[tuple[int, int]],
        settled: Iterable[Question],
    ) -> None:
        """Put other questions in the place of all that are asked about these records.

        What was said of them is forgotten, `apart` and `settled` say it anew. The records are a part by
        themselves: no question is about one of them and about another record. Groups are numbered for the
        part alone.
        """
        gone = sorted({at for record in records for at in self._about().get(record, ()) if self._waits(at)})
        likely = 0 if self._likely is None else self._likely - self._likely_of(gone)
        self._closure.retire(at for at in gone if at not in self._lone)
        self._lone.difference_update(gone)
        for name in [one.id for one in self._settled.values() if one.leading[0] in records]:
            del self._settled[name]
        base = self._free
        fresh = self._add(
            questions,
            [None if both is None else (both[0] + base, both[1] + base) for both in groups],
            [(one + base, other + base) for one, other in apart],
            settled,
        )
        if self._likely is not None:
            self._likely = max(likely, 0) + self._likely_of(fresh)

    @property
    def answers(self) -> int:
        """Verdicts and confirmations that hold."""
        return self._done.answers

    def holding(self, answers: int) -> None:
        """So many verdicts and confirmations hold now."""
        self._done = replace(self._done, answers=answers)

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
        about = self._about()
        for at in sorted(about.get(one, set()) & about.get(other, set())):
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
        self._settled |= {self._questions[number].id: self._questions[number] for number in settled}
        self._done = replace(self._done, answers=self._done.answers + 1)
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
            self._likely = self._likely_of([*self._closure.open(), *self._lone])
        return Progress(
            questions=len(waiting),
            pairs=sum(self._questions[at].pairs for at in waiting),
            settled_questions=len(self._settled),
            settled_pairs=sum(one.pairs for one in self._settled.values()),
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

    def _add(
        self,
        questions: Sequence[Question],
        groups: Sequence[tuple[int, int] | None],
        apart: Iterable[tuple[int, int]],
        settled: Iterable[Question],
    ) -> range:
        """Take questions, and what keeps their groups apart; the places they get."""
        doubts = [_doubt(one, both) for one, both in zip(questions, groups, strict=True)]
        places = self._closure.extend(doubts)
        for at, question, both in zip(places, questions, groups, strict=True):
            self._questions.append(question)
            self._groups.append(both)
            self._rank.append(_rank(question))
            self._text.append(_text(question))
            self._at[question.id] = at
            if both is None:
                self._lone.add(at)
            if self._of_record is not None:
                self._index(at)
        for one, other in apart:
            self._closure.say(one, other, same=False)
            self._free = max(self._free, one + 1, other + 1)
        self._free = max([self._free, *(1 + max(both) for both in groups if both is not None)])
        self._settled |= {one.id: one for one in settled}
        self._list = None
        return places

    def _about(self) -> dict[str, set[int]]:
        """By record the places of questions that have it on a side."""
        if self._of_record is None:
            self._of_record = {}
            for at in range(len(self._questions)):
                self._index(at)
        return self._of_record

    def _index(self, at: int) -> None:
        assert self._of_record is not None, "asked once there is an index"
        for record in (record for side in self._questions[at].sides for record in side.records):
            self._of_record.setdefault(record, set()).add(at)

    def _likely_of(self, places: Iterable[int]) -> int:
        """How many answers it is likely to take until none of these open questions is left."""
        closure, rest, lone = self._closure, list[Doubt](), 0
        for at in places:
            doubt = closure.doubts[at]
            if at in self._lone:
                lone += 1
            elif closure.is_open(at):
                rest.append(replace(doubt, one=closure.of(doubt.one), other=closure.of(doubt.other)))
        return likely_answers(rest) + lone

    def _waits(self, at: int) -> bool:
        return at in self._lone or self._closure.is_open(at)

    def _worth(self, at: int) -> float:
        return float(self._questions[at].pairs) if at in self._lone else self._closure.worth(at)

    def _ordered(self) -> list[int]:
        """The open questions by worth, greatest first, then in the order of their rank."""
        if self._list is None:
            worth = {at: self._worth(at) for at in range(len(self._questions)) if self._waits(at)}
            self._list = sorted(worth, key=lambda at: (-worth[at], self._rank[at]))
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
