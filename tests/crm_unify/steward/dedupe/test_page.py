"""The page of `dedupe`: what it answers, that hostile cells are harmless, that it stays small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm_unify.errors import Unreachable
from crm_unify.progress import Silent
from crm_unify.steward.dedupe.page import write_page
from tests.crm_unify.run.test_dedupe import HEADER, people
from tests.crm_unify.steward.dedupe.runs import EVERYTHING, html, known, made, viewed
from tests.crm_unify.steward.report.reading import read

HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}</style>\x00 👩‍👩‍👧 \u202eevil\u202c &lt;"


def test_the_first_screen_answers_how_many_and_how_sure() -> None:
    """Rows, customers, measured precision and recall, and the pairs to look at stand in the head."""
    page, result = read(html(known())), known()
    assert page.one("h1").text == f"400 rows are {result.customers} customers"
    cards = [card.text for card in page.one("section", class_="cards").all("article")]
    assert result.evaluation is not None
    assert f"{100 * result.evaluation.pairwise.precision:.1f} % measured" in cards[1]
    assert len(cards) == 4


def test_without_truth_the_accuracy_is_an_estimate() -> None:
    """It says so, gives an interval, and tells how to measure."""
    text = read(html(made(people(300), ignore=("truth",)))).text
    assert "estimated; nine times in ten between" in text
    assert "Measure instead of estimating" in text
    assert "Measured against the truth column" not in text


def test_every_section_is_there() -> None:
    """Columns, accuracy, pairs, sizes, model, rules stand in this order, and each link leads to one."""
    page = read(html(known()))
    sections = [section.attributes["id"] for section in page.all("section") if "id" in section.attributes]
    assert sections == ["columns", "sure", "doubtful", "weakest", "strongest", "sizes", "model", "rules"]
    assert {a.attributes["href"][1:] for a in page.all("a")} <= set(sections)


def test_a_pair_shows_both_rows_and_bits_that_add_up() -> None:
    """The parts of a weight sum to it, and both rows stand beside each other."""
    for pair in viewed(known()).weakest:
        total = sum(round(1000 * one.bits) for one in pair.reasons)
        assert total == pair.explanation.millibits
        assert {field.label for field in pair.fields} <= set(HEADER)
        assert (pair.left.record_id, pair.right.record_id) == (pair.explanation.left, pair.explanation.right)


def test_the_page_asks_nothing_from_outside() -> None:
    """No script, no address of another place, and a policy that would forbid both."""
    page = read(html(known()))
    assert not page.all("script") + page.all("link") + page.all("img") + page.all("iframe")
    assert any("default-src 'none'" in meta.attributes.get("content", "") for meta in page.all("meta"))
    assert not re.search(r"https?://|url\(|@import", html(known()))


def test_hostile_cells_and_headers_are_text() -> None:
    """Script, NUL, overrides and emoji in cells, headers and ids add no element and no control character."""
    rows = [[row[0] + HOSTILE, *row[1:4], row[4] + HOSTILE, row[5]] for row in people(60)]
    found = html(made(rows, [*HEADER[:4], "city <script>\x00", "truth"], ignore=("truth",)))
    page = read(found)
    assert not page.all("script")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", found)
    assert any("<script>alert(1)</script>" in td.text for td in page.one(id="weakest").all("td"))
    assert {"city <script>␀"} <= {th.text for th in page.one(id="columns").all("th")}
    assert "{{7*7}}</style>" in page.one(id="weakest").text


def test_the_same_rows_in_another_order_give_the_same_page() -> None:
    """The page depends on what the rows say, not on their order."""
    rows = people(60)
    one, other = (html(made(order, ignore=("truth",))) for order in (rows, rows[::-1]))
    assert one == other


def test_ten_times_the_rows_are_not_ten_times_the_page() -> None:
    """Lists are bounded, so the page hardly grows."""
    small, large = (len(html(made(people(size), ignore=("truth",)))) for size in (100, 1000))
    assert large < 1.5 * small


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        pytest.param(["id", "name"], [], id="no row"),
        pytest.param(["id", "name"], [["1", "Ann Lee"]], id="one row"),
        pytest.param(["id", "name"], [[str(i), "Ann Lee"] for i in range(60)], id="all alike"),
        pytest.param(["id", "name", "note"], [["1", "Ann Lee", "x" * 5_000_000]] + [
            [str(i), f"Person {i}", "y"] for i in range(2, 40)], id="a cell of 5 MB"),
        pytest.param(["id"] + [f"c{i}" for i in range(300)],
                     [[str(j)] + ["x" if i == j else "" for i in range(300)] for j in range(60)],
                     id="three hundred columns"),
    ],
)  # fmt: skip
def test_odd_files_have_a_page(header: list[str], rows: list[list[str]]) -> None:
    """A file that says little ends in a page all the same, and not in a large one."""
    found = html(made(rows, header))
    assert read(found).one("h1").text.startswith(f"{len(rows)} row")
    assert len(found) < 500_000


def test_several_sources_are_told_and_drawn() -> None:
    """With a source column the overlap of the sources is drawn, and each record names its own."""
    rows = [[*row, "shop" if int(row[0]) % 2 else "crm"] for row in people(60)]
    result = made(rows, [*HEADER, "system"], source="system", ignore=("truth",))
    page = read(html(result))
    assert "The rows come from 2 sources." in page.text
    drawn = page.one("svg", class_="upset").all("text", class_="name")
    assert {text.text for text in drawn} == {"crm", "shop"}
    assert {small.text for small in page.one(id="weakest").all("small")} >= {"crm", "shop"}


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the place of the folder ends with what, where and a remedy."""
    place = tmp_path / "out"
    place.write_text("")
    with pytest.raises(Unreachable, match="cannot be written"):
        write_page(known(), place, outputs=EVERYTHING, progress=Silent())


def test_what_link_rules_out_is_not_counted_as_missed() -> None:
    """Where no source holds anybody twice, pairs of one source lower no recall and stand in no bar."""
    rows = [[*row, "crm"] for row in people(300)]
    header = [*HEADER, "system"]
    linked, free = (
        viewed(made(rows, header, source="system", link=link, ignore=("truth",))) for link in (True, False)
    )
    assert linked.sure.recall is None
    assert linked.histogram is None or sum(number for *_, number in linked.histogram.series) == 0
    assert free.sure.recall is not None
