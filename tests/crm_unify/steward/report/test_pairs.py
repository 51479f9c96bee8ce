"""Pairs that wait for a person, and places that customers share."""

from typing import Any

import pytest
import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.report.matches import matching
from crm_unify.steward.report.pairs import DOUBTFUL_SHOWN, SAME_FAMILY, doubtful, households
from tests.crm_unify.steward.report.invented import left, pair, remembered, with_pairs

HOME: dict[str, Any] = {"band": "apart", "class": "household", "level_family": SAME_FAMILY}
OFFICE = HOME | {"level_family": 0}


def test_doubtful_pairs_come_strongest_first(club: LoadedProject, connection: sa.Connection) -> None:
    """Several pairs between the same customers are counted, and the strongest stands for them."""
    remembered(connection, *(("a", str(i), f"C{i}") for i in range(4)), ("b", "0", "C0"))
    pairs = (pair("a.0", "a.1", 1.5), pair("b.0", "a.1", 2.5), pair("a.2", "a.3", 2.0))
    found = doubtful(with_pairs(left(club, connection), *pairs))
    assert found is not None
    assert (found.pairs, found.between) == (3, 2)
    assert [one.bits for one in found.shown] == [2.5, 2.0]


def test_what_is_one_customer_by_now_is_not_doubtful(
    club: LoadedProject, connection: sa.Connection
) -> None:
    """A pair inside a customer waits for nobody; merged pairs are not in doubt."""
    remembered(connection, ("a", "0", "C0"), ("a", "1", "C0"), ("a", "2", "C1"))
    pairs = (pair("a.0", "a.1", 1.0), pair("a.1", "a.2", 9.0, "merge"))
    found = doubtful(with_pairs(left(club, connection), *pairs))
    assert found is not None
    assert (found.pairs, found.shown) == (0, ())


def test_a_long_list_of_doubtful_pairs_is_cut(club: LoadedProject, connection: sa.Connection) -> None:
    """All are counted, a few are shown, no customer twice."""
    remembered(connection, *(("a", f"{i:03d}", f"C{i:03d}") for i in range(60)))
    pairs = [pair(f"a.{i:03d}", f"a.{i + 1:03d}", 1.0) for i in range(59)]
    found = doubtful(with_pairs(left(club, connection), *pairs))
    assert found is not None
    assert (found.pairs, len(found.shown)) == (59, DOUBTFUL_SHOWN)
    ids = [column.record_id for one in found.shown for column in one.evidence.columns]
    assert len(set(ids)) == 2 * DOUBTFUL_SHOWN


def test_households_are_groups_of_customers(club: LoadedProject, connection: sa.Connection) -> None:
    """Three of one name are one household, not three pairs; colleagues are told apart from families."""
    remembered(connection, *(("a", str(i), f"C{i}") for i in range(7)))
    homes = (pair("a.0", "a.1", -9, **HOME), pair("a.1", "a.2", -8, **HOME), pair("a.3", "a.4", -7, **HOME))
    found = households(with_pairs(left(club, connection), *homes, pair("a.5", "a.6", -9, **OFFICE)))
    assert found is not None
    assert (found.homes, found.persons) == (2, 5)
    assert (found.workplaces, found.colleagues, found.sites) == (1, 2, 0)
    assert found.shown[0].title == "Same household, not the same person"


def test_without_the_workspace_pairs_are_not_known(club: LoadedProject, connection: sa.Connection) -> None:
    """None is not the same as nothing."""
    gone = left(club, connection)
    assert (doubtful(gone), households(gone), matching(gone).histogram) == (None, None, None)


def test_precision_and_recall_are_those_of_all_kinds_together(
    club: LoadedProject, connection: sa.Connection
) -> None:
    """Weighted by pairs, bounds and all; without a merged pair there is no estimate."""
    kind = {"records": 9, "compared": 9, "clusters": 5, "expected_same": 100.0}
    sure = {"low": 0.9, "value": 1.0, "high": 1.0}
    guess = {"low": 0.5, "value": 0.9, "high": 1.0}
    persons = kind | {"kind": "person", "merged": 90, "estimate": {"precision": guess, "recall": sure}}
    firms = kind | {"kind": "organisation", "merged": 10, "estimate": {"precision": sure, "recall": guess}}
    found = matching(left(club, connection, figures={"matching": [persons, firms]}))
    assert found.precision == pytest.approx((0.54, 0.91, 1.0))
    assert found.recall == pytest.approx((0.7, 0.95, 1.0))
    assert matching(left(club, connection, figures={"matching": []})).precision is None


def test_the_histogram_holds_every_pair_it_names(club: LoadedProject, connection: sa.Connection) -> None:
    """Merged, doubtful and household pairs each have their series."""
    pairs = [pair("a.0", "a.1", bits, "merge") for bits in (4.2, 4.9, -0.5)]
    pairs += [pair("a.0", "a.2", 1.0), pair("a.0", "a.3", -9.5, "apart") | HOME]
    lines = {"lines": {"merge_bits": 3.3, "review_bits": -3.2}}
    drawn = matching(with_pairs(left(club, connection, figures=lines), *pairs)).histogram
    assert drawn is not None
    counts = {css: number for css, _, number in drawn.series}
    assert counts == {"merged": 3, "review": 1, "household": 1}
