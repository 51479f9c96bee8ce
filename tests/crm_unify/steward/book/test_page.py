"""The rule book as a page and as Markdown: what a sales manager reads, and what nobody may read."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from crm_unify.rules.load import load_project
from crm_unify.rules.model import Parse
from crm_unify.steward.book.approval import Approved
from crm_unify.steward.book.gather import gather, last_run_of
from crm_unify.steward.book.markdown import markdown
from crm_unify.steward.book.masking import masked_text
from crm_unify.steward.book.page import page
from crm_unify.steward.book.values import Book, CodeRow
from crm_unify.steward.newest import newest_run
from tests.conftest import ROOT
from tests.crm_unify.conftest import Toured
from tests.projects import copied, crm, question


def book_of(project: Path, **given: object) -> Book:
    """The rule book of a project that was run."""
    loaded = load_project(project)
    return gather(loaded, headers=lambda _: (), last=last_run_of(loaded, newest_run(loaded)), **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tour(toured: Toured) -> Book:
    """The rule book of the tour."""
    return book_of(toured.project)


@pytest.fixture(scope="module")
def company(unified: Toured) -> Book:
    """The rule book of the demo."""
    return book_of(unified.project)


class _Text(HTMLParser):
    """The text of a page, what is folded away left out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.folded = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        folds = tag == "style" or (tag == "details" and ("open", None) not in attrs)
        self.folded += folds or (tag in ("details", "style") and self.folded > 0)

    def handle_endtag(self, tag: str) -> None:
        self.folded -= tag in ("details", "style") and self.folded > 0

    def handle_data(self, data: str) -> None:
        if not self.folded:
            self.said.append(data)


def text_of(html: str) -> str:
    """What a reader sees without unfolding anything."""
    reader = _Text()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.said))


@pytest.mark.parametrize("name", ["tour"])
def test_the_markdown_of_the_tour(name: str, tour: Book, golden: Callable[[Path, str], None]) -> None:
    """Every sentence of a small rule book, with counts and examples, as a file to read in a review."""
    golden(ROOT / f"fixtures/{name}/crm_unify.golden.md", markdown(tour))


def test_open_questions_stand_first_the_disputed_at_their_head(company: Book) -> None:
    """Ten of the demo's rules are open; each is asked with its owner before any source is told."""
    said = text_of(page(company))
    places = [said.index(rule.what) for rule in company.questions]
    assert [rule.status for rule in company.questions] == ["disputed"] * 4 + ["proposed"] * 6
    assert places == sorted(places)
    assert places[-1] < said.index("Business rules")


def test_a_reader_meets_neither_sql_nor_yaml(company: Book) -> None:
    """Conditions and expressions stand in words; what is written is folded away."""
    html = page(company)
    assert "CASE WHEN" in html
    assert re.findall(r"CASE WHEN|IS NOT NULL|coalesce\(|regexp_|\bcode_table:|\{from:", text_of(html)) == []


def test_the_page_asks_nothing_from_outside(company: Book) -> None:
    """No script, no image, no request; links lead into the page alone."""
    html = page(company)
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"|<script|@import|url\(", html) == []
    assert "default-src 'none'" in html
    assert {link[1:] for link in re.findall(r'href="(#[^"]+)"', html)} <= set(
        re.findall(r' id="([^"]+)"', html)
    )


def test_what_is_not_agreed_is_marked(company: Book) -> None:
    """The payment terms follow a proposed rule; so the field says, and the code table shows 07 and XX."""
    billing = next(source for source in company.sources if source.map == "billing_customers")
    terms = [
        field for branch in billing.branches for field in branch.fields if field.target == "account.terms"
    ]
    assert [field.unapproved for field in terms] == [True] * 3
    table = next(codes for codes in billing.codes if codes.name == "payment_terms")
    assert [(code.code, code.found) for code in table.lacking] == [("07", 31), ("XX", 10)]
    assert page(company).count("not agreed yet") > 3


def test_a_text_that_one_row_has_is_not_printed(company: Book) -> None:
    """A code table lacks it; as it may be somebody's name, page and Markdown say only that it is there."""
    source = next(source for source in company.sources if source.map == "billing_customers")
    table = next(codes for codes in source.codes if codes.name == "payment_terms")
    rare = tuple(CodeRow(text, "?", None, 1) for text in ("ask Hans Huber", "wie Frau Weber"))
    changed = replace(source, codes=(replace(table, lacking=(*table.lacking, *rare)),))
    book = replace(company, sources=(changed,))
    for said in (text_of(page(book)), markdown(book)):
        assert ("Huber" in said, "XX" in said, "2 rare texts" in said) == (False, True, True)


def test_counts_are_those_of_the_run(company: Book, unified: Toured) -> None:
    """Rows of a source, rows a rule decided, rows of a code: what the run itself says."""
    figures = unified.answer.data["account"]["billing_customers"]
    billing = next(source for source in company.sources if source.map == "billing_customers")
    assert (billing.rows, billing.counts["discarded"]) == (figures["extracted"], 14)
    assert {rule.id: rule.hits for rule in billing.rules}["BC-002"] == 14


def test_examples_are_five_and_different(company: Book) -> None:
    """Before and after of a name, a date and an amount, each once."""
    billing = next(source for source in company.sources if source.map == "billing_customers")
    found = {field.target: field.samples for field in billing.branches[2].fields}
    assert len(set(found["person.full_name"])) == 5
    assert ("19700504", "1970-05-04") in {(one.before[0][1], one.after) for one in found["person.birth_date"]}
    assert any(one.after and one.after.endswith(" EUR") for one in found["account.balance"])


def secrets(crm_file: Path) -> Iterator[str]:
    """Values that tell who somebody is: addresses, numbers, streets, full names."""
    for sql in (
        "SELECT value_norm FROM contact_point", "SELECT value_raw FROM contact_point",
        "SELECT line1 FROM address WHERE length(line1) > 6", "SELECT raw FROM mig_quarantine",
        "SELECT value FROM party_identifier", "SELECT account_no FROM account WHERE length(account_no) > 8",
    ):  # fmt: skip
        yield from (value for (value,) in question(crm_file, sql) if value and len(value) > 5)


def test_nobody_of_the_data_is_in_the_book(company: Book, unified: Toured) -> None:
    """No address, number, street or identifier of a customer is on the page or in the Markdown.

    Texts of the rule files themselves (evidence, examples) are the team's own words.
    """
    samples = [one for s in company.sources for b in s.branches for f in b.fields for one in f.samples]
    told = {text for one in samples for _, text in one.before} | {one.after for one in samples}
    shared = {"00000000", "19000101"}
    assert told & set(secrets(unified.crm)) - shared == set()


@pytest.mark.parametrize(
    ("text", "targets", "form"),
    [
        pytest.param("MEIER, DR. EVA", ["person.full_name"], r"[A-Z]+, DR\. [A-Z]+", id="surname first"),
        pytest.param(
            "Eva von der Aue", ["person.full_name"], r"[A-Z][a-z]+ von der [A-Z][a-z]+", id="particles"
        ),
        pytest.param("ACME HANDEL GMBH", ["organisation.name"], r"[A-Z]+ [A-Z]+ GMBH", id="legal form"),
        pytest.param("eva.meier@acme.de", ["contact_point.email"], r"[a-z]+@mail\.example", id="mailbox"),
        pytest.param("INFO@ACME.DE", ["contact_point.email"], r"INFO@MAIL\.EXAMPLE", id="shared mailbox"),
        pytest.param("(069) 123-4567", ["contact_point.phone"], r"\(069\) 1\d\d-\d{4}", id="number"),
        pytest.param("AN DER AUE 7B", ["address.line1"], r"[A-Z ]+ 7B", id="street"),
        pytest.param("some words", ["activity.body"], r"an example", id="free text"),
        pytest.param("some words", [], r"\(not shown\)", id="what nobody knows"),
    ],
)
def test_a_mask_keeps_the_form_and_not_the_person(text: str, targets: list[str], form: str) -> None:
    """Capitals, titles, particles, legal forms and signs stay; names, numbers and streets do not."""
    made = masked_text(text, targets, Parse())
    assert re.fullmatch(form, made)
    assert made != text


class Agreed:
    """Approvals of one rule, which meant something else then."""

    def approved(self, map_name: str, rule: str) -> Approved | None:
        """Only the first rule of billing was approved."""
        if (map_name, rule) != ("billing_customers", "TR-001"):
            return None
        return Approved(
            "Doris", "2026-01-31T10:00:00Z", "workshop 1", "same\ntargets:\n  discard:\n    max: 12\n"
        )

    def meaning(self, map_name: str, rule: str) -> str:
        """What it means today."""
        return "same\ntargets:\n  discard:\n    max: 20\n"


def test_the_difference_to_what_was_approved_is_shown(toured: Toured) -> None:
    """By whom and when, and line by line what the rule did not do then."""
    book = book_of(toured.project, approvals=Agreed())
    rule = next(rule for rule in book.changed)
    found = [(line.mark, line.text, line.where) for line in rule.difference]
    where = "targets / discard"
    assert found == [("-", "max: 12", where), ("+", "max: 20", where)]
    html = page(book)
    assert "approved by Doris" in text_of(html)
    assert "<bdi>max: 20</bdi></ins>" in html


def test_what_data_and_rules_say_is_never_mark_up(tour: Book) -> None:
    """A rule that reads like a script or a table is text in both forms."""
    source = tour.sources[0]
    evil = replace(source.rules[0], what="<script>alert(1)</script> | *x*", status="disputed")
    book = replace(tour, sources=(replace(source, rules=(evil,)), *tour.sources[1:]))
    assert "<script>" not in page(book)
    assert r"\<script\>alert(1)\</script\> \| \*x\*" in markdown(book)


def test_a_project_that_was_never_run_has_a_book(tmp_path: Path) -> None:
    """Three files, no counts, no examples; a second time the same bytes."""
    project = copied("tour", tmp_path)
    made = []
    for _ in range(2):
        answer = crm("docs", project)
        made.append([Path(name).read_bytes() for name in answer.data["files"]])
        shutil.rmtree(project / "rule_book")
    assert (answer.code, answer.data["run"]) == (0, None)
    assert made[0] == made[1]
