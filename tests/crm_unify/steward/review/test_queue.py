"""The queue: in order of worth, filtered, searched, answered; ten thousand questions are no burden."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import combinations

from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Question, Reason, Side, Wanted


def question(
    one: int, other: int, *, reason: Reason = Reason.BAND, orders: int = 0, pairs: int = 1
) -> Question:
    """A question about two customers of one record each."""
    sides = tuple(
        Side(f"C-{who}", f"Person {who}", (f"crm.people:{who}#person",), ("crm",), orders)
        for who in (one, other)
    )
    records = tuple(side.records[0] for side in sides)
    return Question(
        id=f"Q-{one}-{other}",
        reasons=(reason,),
        kind="person",
        sides=(sides[0], sides[1]),
        leading=(records[0], records[1]),
        sources=("billing", "crm"),
        pairs=pairs,
        bits=0.0,
        probability=0.5,
        since=datetime(2026, 2, 1),
        assignee=None,
    )


def queue(*questions: Question) -> Queue:
    """A queue of questions between customers of these numbers."""
    ends = [tuple(int(side.name.split()[1]) for side in one.sides) for one in questions]
    return Queue(questions, groups=[(one, other) for one, other in ends])


def shown(found: Queue, **wanted: object) -> list[str]:
    """Ids of the questions in their order."""
    return [one.id for one in found.page(Wanted(**wanted)).questions]  # type: ignore[arg-type]  # named fields


def test_what_settles_most_comes_first() -> None:
    """Seven pairs before a triangle, the triangle before one pair; among equals the one with more orders."""
    found = queue(question(1, 2), question(3, 4, orders=5), question(8, 9, pairs=7), *TRIANGLE)
    assert shown(found) == ["Q-8-9", "Q-5-6", "Q-5-7", "Q-6-7", "Q-3-4", "Q-1-2"]


TRIANGLE = tuple(question(one, other) for one, other in combinations((5, 6, 7), 2))


def test_an_answer_says_what_else_it_settled() -> None:
    """Five records of one customer: the fourth SAME leaves nothing to ask."""
    found = queue(*(question(one, other) for one, other in combinations(range(5), 2)))
    settled = []
    while (asked := found.next()) is not None:
        settled.append(found.answered(asked.id, "same"))
    assert [one.pairs for one in settled] == [1, 2, 3, 4]
    assert settled[-1].sentence == "this answer also settled 3 other questions, 4 pairs in all"
    assert (found.progress().settled_pairs, found.progress().answers) == (10, 4)


def test_different_leaves_the_other_questions() -> None:
    """Two that differ say nothing of a third; a question that is settled is not answered twice."""
    found = queue(*TRIANGLE)
    assert found.answered("Q-5-6", "different").others == ()
    assert found.answered("Q-5-6", "same").pairs == 0
    assert shown(found) == ["Q-5-7", "Q-6-7"]
    assert found.answered("Q-5-7", "same").others == ("Q-6-7",)


def test_filters_add_up_and_search_looks_everywhere() -> None:
    """By reason, source, assignee and words in names and record ids."""
    found = queue(question(1, 2), question(3, 4, reason=Reason.SHARED))
    found.assigned("Q-1-2", "Ada")
    assert shown(found, reason=Reason.SHARED) == ["Q-3-4"]
    assert (shown(found, assignee="Ada"), shown(found, assignee="")) == (["Q-1-2"], ["Q-3-4"])
    assert (shown(found, text="PERSON people:3#"), shown(found, text="nobody")) == (["Q-3-4"], [])
    assert (shown(found, source="billing", kind="organisation"), len(shown(found, source="crm"))) == ([], 2)


def test_names_that_are_hidden_are_not_searched() -> None:
    """Whoever does not see the names of a kind finds its questions by ids and reasons alone."""
    one, other = question(1, 2).sides
    called = replace(question(1, 2), sides=(replace(one, name="Zaragoza 1"), other))
    found = queue(called, question(3, 4))
    assert shown(found, text="zaragoza") == ["Q-1-2"]
    assert shown(found, text="zaragoza", nameless=("person",)) == []
    assert shown(found, text="people:3#", nameless=("person",)) == ["Q-3-4"]


def test_what_a_person_passed_is_not_asked_at_once() -> None:
    """The next question is another one."""
    found = queue(question(1, 2), question(3, 4))
    first = found.next()
    assert first is not None
    second = found.next(passed=[first.id])
    assert (second is not None and second.id) == "Q-3-4"
    assert found.next(passed=["Q-1-2", "Q-3-4"]) is None


def test_ten_thousand_questions_are_paged() -> None:
    """A page of fifty out of ten thousand, and the next page after it."""
    found = queue(*(question(2 * at, 2 * at + 1) for at in range(10_000)))
    pages = [found.page(Wanted(text="person"), start=start) for start in (0, 50, 9_990)]
    assert [(len(page.questions), page.found) for page in pages] == [(50, 10_000), (50, 10_000), (10, 10_000)]
    assert len({one.id for page in pages for one in page.questions}) == 110
    assert found.progress().likely_answers == 10_000
