"""The algebra of verdicts."""

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.decisions import Constraints, between_confirmed, resolve

IDS = pa.array([f"r{i}" for i in range(8)])
PAIR = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1])
VERDICTS = st.dictionaries(PAIR, st.sampled_from(["same", "different", "unsure"]), max_size=14)


def decided(*verdicts: tuple[int, int, str]) -> tuple[Constraints, list[dict[str, object]]]:
    """The constraints and conflicts of verdicts on numbered records, oldest first."""
    table = pa.table(
        {
            "left": [f"r{a}" for a, _, _ in verdicts],
            "right": [f"r{b}" for _, b, _ in verdicts],
            "verdict": [v for _, _, v in verdicts],
            "decided_at": [f"2026-01-{i + 1:02d}" for i in range(len(verdicts))],
        }
    )
    found, conflicts = resolve(table, IDS)
    return found, conflicts.to_pylist()


@given(VERDICTS)
def test_what_must_be_together_never_joins_what_must_not(verdicts: dict[tuple[int, int], str]) -> None:
    """For any verdicts, the SAME in force connect no pair that DIFFERENT or UNSURE in force keeps apart."""
    found, _ = decided(*((a, b, v) for (a, b), v in verdicts.items()))
    groups = list(nx.connected_components(nx.Graph(found.must)))
    assert not any({a, b} <= group for a, b in found.cannot for group in groups)


@given(VERDICTS)
def test_every_different_is_in_force(verdicts: dict[tuple[int, int], str]) -> None:
    """No DIFFERENT verdict is ever given up, and each suspended SAME is listed."""
    found, conflicts = decided(*((a, b, v) for (a, b), v in verdicts.items()))
    assert {pair for pair, v in verdicts.items() if v == "different"} <= set(found.cannot)
    same = {pair for pair, v in verdicts.items() if v == "same"}
    suspended = {(int(str(c["suspended_left"])[1:]), int(str(c["suspended_right"])[1:])) for c in conflicts}
    assert set(found.must) == same - suspended


def test_the_newest_same_of_a_contradicting_chain_is_suspended() -> None:
    """A = b = c against a / c: the later of the two SAME gives way, and the chain is told."""
    found, conflicts = decided((0, 1, "same"), (0, 2, "different"), (1, 2, "same"))
    assert found.must == ((0, 1),)
    assert conflicts[0]["chain"] == ["r0", "r1", "r2"]
    assert (conflicts[0]["suspended_left"], conflicts[0]["suspended_right"]) == ("r1", "r2")


def test_unsure_yields_to_a_chain_of_same() -> None:
    """A person who said SAME all along the chain has answered the question."""
    found, conflicts = decided((0, 2, "unsure"), (0, 1, "same"), (1, 2, "same"))
    assert found.cannot == ()
    assert conflicts == []


def test_unsure_keeps_apart_and_is_not_asked_again() -> None:
    """It is an answer for now."""
    found, _ = decided((0, 1, "unsure"))
    assert (found.cannot, found.ask) == (((0, 1),), ())


def test_verdicts_on_records_that_are_gone_are_left_aside() -> None:
    """A verdict on a record that is not among these has no effect."""
    found, _ = resolve(pa.table({"left": ["r1"], "right": ["gone"], "verdict": ["same"]}), IDS)
    assert found == Constraints()


def test_an_unknown_verdict_is_refused() -> None:
    """A verdict that is none is named, with those that are."""
    with pytest.raises(ValueError, match="maybe"):
        decided((0, 1, "maybe"))


def among_confirmed(*confirmed: str, label: list[int], must: tuple[tuple[int, int], ...] = ()) -> Constraints:
    """The constraints when these are confirmed customers; ``r1 r2`` is one of two records."""
    rows = [(record, number) for number, records in enumerate(confirmed) for record in records.split()]
    chosen = pa.table({"record_id": [r for r, _ in rows], "decision": [n for _, n in rows]})
    return between_confirmed(Constraints(must=must), chosen, IDS, np.array(label, np.int64))


def test_confirmed_customers_that_meet_are_kept_apart_and_asked_about() -> None:
    """r0 and r1 share a component, r4 is elsewhere; the pair is also one for a person."""
    found = among_confirmed("r0", "r1", "r4", label=[0, 0, 0, 0, 4, 4, 4, 4])
    assert (found.cannot, found.ask) == (((0, 1),), ((0, 1),))


def test_what_a_person_said_is_the_same_is_one_confirmed_customer() -> None:
    """r0 = r1 = r2 by verdict: nothing stands between them, and each group is kept apart by one pair."""
    found = among_confirmed("r0", "r1", "r2", "r3", label=[0] * 8, must=((0, 1), (1, 2)))
    assert found.cannot == ((0, 3),)


def test_a_confirmed_customer_is_not_kept_apart_from_itself() -> None:
    """Its SAME is suspended by somebody's DIFFERENT: the evidence decides among its records again."""
    found = among_confirmed("r0 r1", "r5", label=[0] * 8)
    assert found.cannot == ((0, 5), (1, 5))


def test_a_confirmed_record_that_is_gone_is_left_aside() -> None:
    """Confirmations of records that are not among these change nothing."""
    assert among_confirmed("gone", "r1", label=[0] * 8) == Constraints()


def test_a_word_on_customers_holds_as_a_whole_or_not_at_all() -> None:
    """r0, r1 = r2, r3 was said in one breath: DIFFERENT of r0 and r2 suspends all of it, listed once."""
    rows = [("r0", "r2"), ("r0", "r3"), ("r1", "r2"), ("r1", "r3")]
    table = pa.table(
        {
            "left": [*(a for a, _ in rows), "r0"],
            "right": [*(b for _, b in rows), "r2"],
            "verdict": ["same"] * 4 + ["different"],
            "decided_at": ["2026-01-01"] * 4 + ["2026-01-02"],
            "decision": [1] * 4 + [2],
        }
    )
    found, conflicts = resolve(table, IDS)
    assert (found.must, found.cannot) == ((), ((0, 2),))
    assert conflicts["chain"].to_pylist() == [["r0", "r2"]]


def test_a_pair_that_was_said_to_be_both_is_named_once() -> None:
    """The chain of a contradiction is not told where it is the pair itself."""
    _, direct = decided((0, 1, "different"), (0, 1, "same"))
    _, chain = decided((0, 2, "different"), (0, 1, "same"), (1, 2, "same"))
    assert [one["sentence"] for one in direct] == [
        "r0 and r1 were said to be different and to be the same: the SAME verdict is suspended"
    ]
    assert "r0 = r1 = r2" in str(chain[0]["sentence"])
