"""Explanations out of the CRM database alone: the numbers of the run, and what a person can do with them."""

import re
import shutil
from html import unescape
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.crm_unify.conftest import Toured
from tests.projects import crm, question

ANNA = "C-5GS4OTZXQFPUS"
BILLING = "billing.billing_customers:0002#person"


@pytest.fixture
def bare(toured: Toured, tmp_path: Path) -> Path:
    """The tour after its run, without its workspace and without its sources."""
    project = Path(shutil.copytree(toured.project, tmp_path / "fixtures" / "tour"))
    shutil.copytree(toured.project.parent.parent / "mappings", tmp_path / "mappings")
    shutil.rmtree(project / ".crm_unify")
    for name in ("billing.db", "contacts.xlsx", "newsletter.csv"):
        (project / name).unlink()
    return project


def test_the_bits_are_those_of_the_run_without_workspace_and_sources(toured: Toured, bare: Path) -> None:
    """A pair the run scored weighs the same when it is explained from the database; its parts add up."""
    pairs = pq.read_table(toured.project / ".crm_unify" / "run-1" / "pairs.parquet").to_pylist()
    pair = max(pairs, key=lambda row: row["millibits"])
    answer = crm("explain", pair["right"], pair["left"], "-p", bare)
    assert answer.code == 0, answer.stderr
    found = answer.data["pair"]
    assert (found["left"], found["right"]) == (pair["left"], pair["right"])
    assert round(1000 * found["bits"]) == pair["millibits"]
    assert sum(round(1000 * step["bits"]) for step in found["waterfall"]) == pair["millibits"]
    assert pair["rule"] in found["rules"]


def test_a_customer_is_explained_by_its_weakest_link(toured: Toured) -> None:
    """One customer named: the tie that goes first, and what would stand alone without it."""
    (found,) = (answer := crm("explain", ANNA, "-p", toured.project)).data["customers"]
    assert answer.data["together"] is True
    assert (found["records"], found["name"], len(found["ties"])) == (3, "Anna Maria Keller", 2)
    assert found["weakest"]["bits"] == min(tie["bits"] for tie in found["ties"])
    assert sorted(map(len, found["parts"])) == [1, 2]


def test_two_customers_are_explained_by_all_pairs_of_their_records(toured: Toured) -> None:
    """Three records against two: six pairs, the strongest in full with the rules that did not propose it."""
    answer = crm("explain", ANNA, "C-JJOD32V4EHV5G", "-p", toured.project)
    assert (answer.data["together"], len(answer.data["pairs"])) == (False, 6)
    assert answer.data["pair"]["bits"] == max(pair["bits"] for pair in answer.data["pairs"])
    assert answer.data["pair"]["rules"] == []
    assert answer.data["pair"]["silent_rules"][0]["sentence"] != ""
    assert answer.data["pair"]["contradiction"]["fields"] == ["given"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("billing.billing_customers:002#person", ANNA), "0002#person", id="a slip in a key"),
        pytest.param((ANNA, "C-5GS4OTZXQFPUX"), ANNA, id="a slip in a customer id"),
        pytest.param(("nobody at all", ANNA), "trace", id="nothing like it"),
        pytest.param(("billing.billing_orders:A-100#sales_order", ANNA), "sales order", id="an order"),
        pytest.param((ANNA, "C-KXCCZJD6SQGPL"), "never one customer", id="a person and an organisation"),
        pytest.param((BILLING, BILLING), "nothing to be compared", id="one record twice"),
    ],
)
def test_what_cannot_be_explained_is_said(toured: Toured, words: tuple[str, str], expected: str) -> None:
    """Exit 2, and the nearest names or the reason."""
    answer = crm("explain", *words, "-p", toured.project)
    assert (answer.code, expected in answer.stderr) == (2, True), answer.stderr


def test_the_page_is_whole_by_itself(toured: Toured, tmp_path: Path) -> None:
    """A picture with a bar for each step, both records, no script and nothing from outside."""
    file = tmp_path / "why" / "anna.html"
    answer = crm("explain", BILLING, ANNA, "-p", toured.project, "--html", file)
    text = file.read_text(encoding="utf-8")
    assert text.count("<title>") == 2 + len(answer.data["pair"]["waterfall"])  # the page, each step, the sum
    assert "anna.keller@<wbr>post.example" in text
    assert re.search(r"<script|src=|href=|url\(", text) is None


def test_the_page_says_what_two_records_contradict_each_other_in(toured: Toured, tmp_path: Path) -> None:
    """The sentence of a contradiction stands on the page, as it stands in the answer."""
    file = tmp_path / "why.html"
    answer = crm("explain", ANNA, "C-JJOD32V4EHV5G", "-p", toured.project, "--html", file)
    assert answer.code == 0, answer.stderr
    assert answer.data["pair"]["contradiction"]["sentence"] in unescape(file.read_text(encoding="utf-8"))


def test_explaining_writes_nothing(toured: Toured) -> None:
    """The database has as many runs as before."""
    crm("explain", ANNA, "-p", toured.project)
    assert question(toured.crm, "SELECT count(*) FROM mig_run") == [(1,)]
