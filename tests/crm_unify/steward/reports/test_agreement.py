"""Cohen's kappa, and which verdicts of two people are about the same records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from crm_unify.run.decisions import REVOKE, VERDICT, Decision, Member
from crm_unify.steward.reports.agreement import Agreement, agreements, kappa

NOON = datetime(2026, 3, 1, 12)


def decision(number: int, by: str, verdict: str, *records: str) -> Decision:
    """A verdict on records, each a side of its own."""
    members = tuple(Member(record, side, None, None, None) for side, record in enumerate(records, 1))
    said = (VERDICT, verdict, "decide", None, None, None, None, "seen", by, NOON, members, None)
    return Decision(number, *said)


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        pytest.param([("same", "same")] * 5 + [("different", "different")] * 5, 1.0, id="full agreement"),
        pytest.param([("same", "same"), ("different", "same")], 0.0, id="what chance gives"),
        pytest.param([("same", "different"), ("different", "same")], -1.0, id="against each other"),
        pytest.param([("same", "same")] * 3, None, id="one answer only"),
        # Cohen's own figures are not at hand: 20 yes-yes, 5 and 10 mixed, 15 no-no give 0.4
        pytest.param(
            [("s", "s")] * 20 + [("s", "d")] * 5 + [("d", "s")] * 10 + [("d", "d")] * 15, 0.4, id="worked out"
        ),
    ],
)
def test_kappa(pairs: list[tuple[str, str]], value: float | None) -> None:
    """Agreement beyond chance over two marginals."""
    assert kappa(pairs) == (None if value is None else pytest.approx(value))


def test_two_people_on_the_same_records_are_compared_once() -> None:
    """Whatever the order of records and however many they share; the last word of each counts."""
    said = [
        decision(1, "Ada", "different", "a", "b"),
        decision(2, "Ada", "same", "a", "b"),
        decision(3, "Bo", "same", "b", "a"),
        decision(4, "Bo", "different", "c", "d"),
        decision(5, "Cy", "same", "e", "f"),
    ]
    assert agreements(said) == (Agreement("Ada", "Bo", 1, 1, None),)


def test_what_its_own_giver_took_back_does_not_count() -> None:
    """A verdict that somebody else revoked still tells what was thought."""
    first = decision(1, "Ada", "different", "a", "b")
    second = decision(2, "Bo", "same", "a", "b")
    end = replace(decision(3, "Ada", "same"), kind=REVOKE, verdict=None, revokes=1)
    assert agreements([replace(first, revoked_by=3), second, end]) == ()
    by_other = replace(end, by="Bo")
    assert [one.agreed for one in agreements([replace(first, revoked_by=3), second, by_other])] == [0]
