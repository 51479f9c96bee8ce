"""The page of a profile: what it shows of the demo, and its small charts."""

from datetime import date
from pathlib import Path

import pytest

from crm_unify.progress import Silent
from crm_unify.steward.profile_drawing import HEIGHT, WIDTH, bars, by_years, spread
from crm_unify.steward.profile_page import page
from crm_unify.steward.profile_view import ProfileView, view
from pipelines.profile.profile import profile


@pytest.fixture(scope="module")
def billing() -> ProfileView:
    """The page of the billing database of the demo."""
    database = Path(__file__).parents[3] / "fixtures" / "company" / "billing.db"
    return view(profile([str(database)], as_of=date(2026, 11, 22), progress=Silent()))


def test_a_reader_is_told_what_each_table_holds(billing: ProfileView) -> None:
    """By the roles of its columns and the table its rows belong to."""
    assert [(one.table.name, one.holds) for one in billing.tables[1:]] == [
        ("ORDHEAD", "rows that belong to CUSTMAST"), ("ORDLINE", "rows that belong to ORDHEAD"),
    ]  # fmt: skip
    assert billing.tables[0].holds.startswith("persons and organisations, with addresses")


def test_kinds_of_findings_come_with_their_sums(billing: ProfileView) -> None:
    """The worst kind first; rows of all places together."""
    first = billing.kinds[0]
    assert (first.title, first.rows, len(first.places)) == (
        "rows that refer to something that is not there", 39, 2,
    )  # fmt: skip


def test_every_table_and_column_has_its_place_on_the_page(billing: ProfileView) -> None:
    """And every link leads to one."""
    text = page(billing.profiled)
    anchors = [f"{one.anchor}c{column.place}" for one in billing.tables for column in one.columns]
    assert all(f'id="{anchor}"' in text for anchor in anchors)
    assert len(anchors) == billing.columns


def test_bars_are_shares_of_the_filled_rows() -> None:
    """A bar of few rows is still seen; without rows there is none."""
    assert [(bar.width, bar.share) for bar in bars([("a", 500, ""), ("b", 1, "")], filled=1000)] == [
        (500.0, 0.5), (4.0, 0.001),
    ]  # fmt: skip
    assert bars([], filled=0) == ()


def test_a_spread_stays_inside_its_picture() -> None:
    """The first stretch begins at the left, the last ends at the right, the tallest fills the height."""
    drawn = spread([(1, 2, 10), (5, 6, 40), (9, 10, 1)], "characters")
    assert drawn is not None
    assert (drawn.boxes[0].x, drawn.boxes[1].height, drawn.first, drawn.last) == (0.0, HEIGHT, "1", "10")
    assert drawn.boxes[-1].x + drawn.boxes[-1].width <= WIDTH


def test_many_years_are_drawn_by_fives_or_tens() -> None:
    """As many columns as can be told apart, no row lost."""
    years = [(1900 + i, 2) for i in range(120)]
    drawn = by_years(years)
    assert len(drawn) == 24
    assert sum(rows for _, _, rows in drawn) == 240
