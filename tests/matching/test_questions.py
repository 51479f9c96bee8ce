"""Questions about customers: what an answer settles, and which is worth most."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.decisions import Constraints
from matching.questions import Closure, Doubt, groups, likely_answers


def doubts(*edges: tuple[int, int]) -> list[Doubt]:
    """Doubts of one pair of records each, even odds."""
    return [Doubt(one, other, 1, 0.5) for one, other in edges]


def test_same_settles_what_follows_from_an_earlier_different() -> None:
    """2 is not 3; once 1 is 2, 1 is not 3 either."""
    closure = Closure(doubts((1, 2), (2, 3), (1, 3)))
    assert closure.say(2, 3, same=False) == (1,)
    assert closure.say(1, 2, same=True) == (0, 2)
    assert list(closure.open()) == []


def test_two_questions_about_one_customer_are_answered_together() -> None:
    """Once 1 is 2, whether 3 is one of them is a single question."""
    closure = Closure(doubts((1, 2), (2, 3), (1, 3)))
    closure.say(1, 2, same=True)
    assert closure.say(3, 1, same=True) == (1, 2)


def test_different_from_two_says_nothing_of_the_two() -> None:
    """That 1 is neither 2 nor 3 leaves open whether 2 is 3."""
    closure = Closure(doubts((1, 2), (1, 3), (2, 3)))
    closure.say(1, 2, same=False)
    closure.say(1, 3, same=False)
    assert list(closure.open()) == [2]


def test_what_contradicts_earlier_answers_changes_nothing() -> None:
    """DIFFERENT after SAME, through a third one, is not taken."""
    closure = Closure(doubts((1, 2), (2, 3), (1, 3), (3, 4)))
    closure.say(1, 2, same=True)
    closure.say(2, 3, same=True)
    assert closure.say(1, 3, same=False) == ()
    assert list(closure.open()) == [3]


def test_the_question_that_settles_most_comes_first() -> None:
    """Many pairs between two customers come first, and a triangle before a lone pair."""
    closure = Closure([*doubts((8, 9), (1, 2), (2, 3), (1, 3)), Doubt(5, 6, 7, 0.5)])
    assert closure.best() == 4
    closure.say(5, 6, same=False)
    assert closure.best() == 1
    assert (closure.worth(1), closure.worth(0)) == (1.5, 1.0)


@given(st.integers(2, 7), st.data())
def test_the_order_of_questions_ends_in_the_truth(size: int, data: st.DataObject) -> None:
    """Answered truly, best first, every doubt is settled as it is, none by a second answer."""
    truth = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    edges = data.draw(st.lists(st.sampled_from(list(combinations(range(size), 2))), unique=True))
    closure, answers = Closure(doubts(*edges)), 0
    while (number := closure.best()) is not None:
        one, other = edges[number]
        assert number in closure.say(one, other, same=truth[one] == truth[other])
        answers += 1
    assert answers <= len(edges)
    for one, other in edges:
        assert (closure.of(one) == closure.of(other)) == (truth[one] == truth[other])


@given(st.integers(2, 7), st.data())
def test_the_heap_finds_what_a_full_search_finds(size: int, data: st.DataObject) -> None:
    """After any answers the best doubt is the first of those that are worth most."""
    edges = data.draw(st.lists(st.sampled_from(list(combinations(range(size), 2))), unique=True))
    closure = Closure(doubts(*edges))
    while (number := closure.best()) is not None:
        assert closure.worth(number) == max(closure.worth(other) for other in closure.open())
        closure.say(*edges[number], same=data.draw(st.booleans()))


def test_a_clique_of_one_customer_needs_one_answer_less_than_its_records() -> None:
    """Six records that are believed to be one take five answers, not fifteen."""
    assert likely_answers([Doubt(a, b, 1, 0.9) for a, b in combinations(range(6), 2)]) == 5


def test_groups_are_customers_as_the_verdicts_will_make_them() -> None:
    """A split customer falls into the parts a person named; SAME joins customers."""
    customer = np.array([0, 0, 0, 1, 2])
    split = Constraints(must=((3, 4),), cannot=((0, 2), (1, 2)))
    assert groups(customer, split).tolist() == [0, 0, 2, 3, 3]


def test_a_same_verdict_on_part_of_a_customer_tears_it_where_it_must() -> None:
    """0 and 1 are one customer; 2 is 0 and is not 1: so 1 stands alone."""
    found = groups(np.array([0, 0, 1]), Constraints(must=((0, 2),), cannot=((1, 2),)))
    assert found.tolist() == [0, 1, 0]
