"""The rule book's workbook on its way back: edited, imported, and seen in a clean `git diff`."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from crm_unify.cli._output import Output
from tests.office import saved_by_libreoffice
from tests.projects import Answer, copied, crm

EDITS = {
    ("Rules", "BC-008"): {"status": "approved", "owner": "sales, finance"},
    ("codes payment_terms", "02"): {"meaning": "net 14 days"},
    ("codes payment_terms", "03"): {"in words": '10 days 2 %, "30" net'},
    ("codes city", "HH"): {"meaning": "Hansestadt Hamburg"},
}
"""A status, an owner and three rows of code tables."""
EXPECTED = """\
-    owner: finance
-    status: proposed # ask Doris
+    owner: "sales, finance"
+    status: approved # ask Doris
-HH,Hamburg,licence plate,10
+HH,Hansestadt Hamburg,licence plate,10
-02,net 14,14 days net,252
-03,2% 10 / net 30,"10 days 2 percent, 30 days net",148
+02,net 14 days,14 days net,252
+03,2% 10 / net 30,"10 days 2 %, ""30"" net",148
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """A copy of the demo with comments in a rule file, and its workbook."""

    project: Path
    book: Path

    @property
    def mappings(self) -> Path:
        """The folder of the rule files."""
        return self.project.parent.parent / "mappings" / "company"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The demo, never run, with its rule book; made once, to be copied."""
    folder = tmp_path_factory.mktemp("book")
    project = copied("company", folder)
    rules = folder / "mappings/company/billing_customers.yml"
    text = rules.read_text(encoding="utf-8").replace("status: proposed\n", "status: proposed # ask Doris\n")
    rules.write_text("# kept by finance\n" + text, encoding="utf-8")
    assert crm("docs", project, "--out", folder / "out").code == 0
    return Exported(project, folder / "out" / "rule_book.xlsx")


PEOPLE = """\
map: people
owner: sales
source: {system: shop, reader: csv, key: [id], parse: {null_tokens: [""]}}
rules:
  R-1: {what: "Terms are those of the contract", status: approved}
  R-2:
    what: Rows without a name are nobody   # as far as we know
    owner: sales
    status: proposed
    evidence: two rows
code_tables:
  terms: {file: codes/terms.csv}
targets:
  - {when: "name IS NULL", discard: {rule: R-2}}
  - when: "TRUE"
    rule: R-1
    person: {as: person, full_name: {from: name}}
    account: {of: person, account_no: {from: id}, terms: {from: terms, code_table: terms}}
"""


@pytest.fixture(scope="module")
def least(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A project of one rule file and one code table, with its rule book; made once, to be copied."""
    folder = tmp_path_factory.mktemp("least")
    project, rules = folder / "fixtures/company", folder / "mappings/company"
    (rules / "codes").mkdir(parents=True)
    project.mkdir(parents=True)
    (rules / "people.yml").write_text(PEOPLE, encoding="utf-8")
    (rules / "codes/terms.csv").write_text(
        "source_value,target_value,label,rows\n01,net 30,,4\n02,net 14,,2\n"
    )
    (project / "people.csv").write_text("id,name,terms\n1,Ann,01\n", encoding="utf-8")
    (project / "crm_unify.yml").write_text(
        "project: shop\nsources: {shop: {path: people.csv}}\nrules: [../../mappings/company/*.yml]\n"
    )
    assert crm("docs", project, "--out", folder / "out").code == 0
    return Exported(project, folder / "out" / "rule_book.xlsx")


@pytest.fixture
def small(least: Exported, tmp_path: Path) -> Exported:
    """A copy of the small project in a git repository, to be changed."""
    return in_git(least, tmp_path)


@pytest.fixture
def exported(original: Exported, tmp_path: Path) -> Exported:
    """A copy of the demo in a git repository, to be changed."""
    return in_git(original, tmp_path)


def in_git(original: Exported, tmp_path: Path) -> Exported:
    """A copy whose rule files git knows."""
    shutil.copytree(original.project.parent.parent, tmp_path, dirs_exist_ok=True)
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "add", "mappings")
    return Exported(tmp_path / "fixtures/company", tmp_path / "out" / "rule_book.xlsx")


def git(folder: Path, *words: str) -> str:
    """What git answers."""
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def edit(book: Path, edits: Mapping[tuple[str, str], Mapping[str, object]]) -> None:
    """Fill in cells by sheet, key (code, or id of the rule) and column; a key that is not there is added."""
    workbook = load_workbook(book)
    for (title, key), values in edits.items():
        sheet = workbook[title]
        heads = {cell.value: cell.column for cell in sheet[2]}
        column = heads.get("rule", heads.get("code"))
        rows = [row for row in range(3, sheet.max_row + 1) if sheet.cell(row, column).value == key]
        free = (row for row in range(3, 500) if sheet.cell(row, column).value is None)
        row = rows[0] if rows else next(free)
        for name, value in {"code": key, **values}.items() if title != "Rules" else values.items():
            sheet.cell(row, heads[name]).value = value
    workbook.save(book)


def imported(exported: Exported, *words: str) -> Answer:
    """`docs import`."""
    return crm("docs", "import", exported.book, "-p", exported.project, *words)


def lines_changed(exported: Exported) -> str:
    """Lines that `git diff` shows as taken out or put in."""
    shown = git(exported.mappings, "diff", "-U0", "--", ".").splitlines(keepends=True)
    return "".join(line for line in shown if line[:1] in "+-" and not line.startswith(("+++", "---")))


def test_answers_are_seen_in_a_clean_diff(exported: Exported) -> None:
    """A status, an owner and three code rows change five lines; comments, quotes and order stay."""
    edit(exported.book, EDITS)
    answer = imported(exported, "--yes")
    assert (answer.code, answer.data["taken"], len(answer.data["answers"])) == (0, True, 5)
    assert lines_changed(exported) == EXPECTED


GOOD = {("Rules", "R-2"): {"status": "approved"}, ("codes terms", "02"): {"meaning": "net 14 days"}}
"""Answers about the small project that nothing speaks against."""


def test_importing_again_changes_nothing(small: Exported) -> None:
    """What the files already hold is no answer any more, although they are not what was exported."""
    edit(small.book, GOOD)
    imported(small, "--yes")
    before = lines_changed(small)
    again = imported(small, "--yes")
    assert (again.data["taken"], again.data["already_there"], lines_changed(small)) == (False, 2, before)


def test_a_dry_run_and_a_question_nobody_answers_write_nothing(small: Exported) -> None:
    """The change is shown; without --yes and a terminal the command says so and ends with 2."""
    edit(small.book, GOOD)
    dry = imported(small, "--dry-run")
    assert "+    status: approved" in dry.data["files"]["../../mappings/company/people.yml"]
    assert (dry.code, imported(small).code, lines_changed(small)) == (0, 2, "")


def test_a_no_ends_as_everywhere(small: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says no to what is shown gets exit code 2, and no file was touched."""
    edit(small.book, GOOD)
    monkeypatch.setattr(Output, "agreed", lambda *_, **__: False)
    answer = imported(small)
    assert (answer.code, answer.data["error"]["what"]) == (2, "nothing was written")
    assert lines_changed(small) == ""


def test_a_workbook_without_edits_has_none(small: Exported) -> None:
    """Saved by openpyxl as it is, nothing is to be changed."""
    edit(small.book, {})
    assert imported(small, "--yes").data["answers"] == []


@pytest.mark.slow
def test_a_workbook_saved_by_another_spreadsheet_comes_back(exported: Exported) -> None:
    """LibreOffice writes every cell anew; the same answers are found, and no others."""
    edit(exported.book, EDITS)
    shutil.copy(saved_by_libreoffice(exported.book), exported.book)
    assert imported(exported, "--yes").code == 0
    assert lines_changed(exported) == EXPECTED


def test_a_decision_and_new_codes_come_back(small: Exported) -> None:
    """A rule without a decision gets one in its place; a code nobody knows yet is written as ?."""
    decision = {"decided on": "2026-05-31", "decided where": "workshop 4"}
    terms = "codes terms"
    edit(
        small.book,
        {("Rules", "R-1"): decision, (terms, "07"): {"meaning": "net 7"}, (terms, "XX"): {"meaning": "?"}},
    )
    imported(small, "--yes")
    assert lines_changed(small) == (
        "+07,net 7,,\n+XX,?,,\n"
        '-  R-1: {what: "Terms are those of the contract", status: approved}\n'
        '+  R-1: {what: "Terms are those of the contract", status: approved, '
        "decided: {on: 2026-05-31, where: workshop 4}}\n"
    )


def change_rule_file(small: Exported) -> None:
    """Somebody else edits the rule file meanwhile."""
    rules = small.mappings / "people.yml"
    rules.write_text(rules.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")


def cell(title: str, key: str, **values: object) -> Callable[[Exported], None]:
    """An edit of one row."""
    return lambda small: edit(small.book, {(title, key): {k.replace("_", " "): v for k, v in values.items()}})


def in_sheet(change: Callable[[Any], object], title: str = "Rules") -> Callable[[Exported], None]:
    """A change of a whole sheet."""

    def damage(small: Exported) -> None:
        workbook = load_workbook(small.book)
        change(workbook[title])
        workbook.save(small.book)

    return damage


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(
            change_rule_file, "has been changed since the workbook was exported", id="a file has moved on"
        ),
        pytest.param(
            cell("Rules", "R-1", status="agreed"), "'agreed' is no value of 'status'", id="no status"
        ),
        pytest.param(cell("Rules", "R-1", status=None), "a rule needs a status", id="status emptied"),
        pytest.param(
            cell("Rules", "R-2", decided_on="31.5.2026", decided_where="x"),
            "'31.5.2026' is no day",
            id="a day in another form",
        ),
        pytest.param(
            cell("Rules", "R-2", decided_on=datetime(2026, 5, 31)),
            "made a date of a text: 2026-05-31",
            id="a date made by the spreadsheet",
        ),
        pytest.param(
            cell("Rules", "R-2", decided_on="2026-05-31"), "needs a day and a place", id="half a decision"
        ),
        pytest.param(cell("Rules", "R-1", evidence="=1+1"), "a formula is no value", id="a formula"),
        pytest.param(
            cell("codes terms", "01", meaning="=cmd|' /C calc'!A1"),
            "a formula is no value",
            id="a formula in a code table",
        ),
        pytest.param(cell("codes terms", "07", code=7, meaning="x"), "holds the number 7", id="lost zeros"),
        pytest.param(
            in_sheet(lambda sheet: sheet.delete_cols(5)), "the column 'status' is missing", id="no column"
        ),
        pytest.param(in_sheet(lambda sheet: sheet.delete_rows(4)), "is missing: deleted", id="no row"),
        pytest.param(
            in_sheet(lambda sheet: sheet.cell(4, 2, "R-99")), "was never exported", id="unknown rule"
        ),
    ],
)
def test_what_clashes_is_refused_and_nothing_is_applied(
    small: Exported, damage: Callable[[Exported], None], why: str
) -> None:
    """One good answer beside the bad one: named by cell or file, exit 2, no file touched."""
    edit(small.book, GOOD)
    damage(small)
    before = lines_changed(small)
    answer = imported(small, "--yes")
    assert why in str(answer.data["error"])
    assert (answer.data["error"]["code"], lines_changed(small)) == ("WORKBOOK-REFUSED", before)


def test_a_rule_that_has_gone_from_its_file_is_told(small: Exported) -> None:
    """An answer about a rule that somebody took out of the file."""
    edit(small.book, {("Rules", "R-2"): {"owner": "x"}})
    rules = small.mappings / "people.yml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("R-2", "R-9"), encoding="utf-8")
    assert "the rule file has no rule 'R-2'" in str(imported(small, "--yes").data["error"])


def test_a_workbook_of_another_project_is_refused(small: Exported, tmp_path: Path) -> None:
    """The tour takes no answers about the shop."""
    tour = copied("tour", tmp_path / "other")
    answer = crm("docs", "import", small.book, "-p", tour)
    assert "the workbook of something else" in str(answer.data["error"])


def test_a_failed_write_takes_the_others_back(small: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fails at the second of two files: all are as they were, and nothing is left behind."""
    edit(small.book, GOOD)
    move, moved = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        moved.append(target)
        if len(moved) == 2:
            raise OSError(28, "No space left on device", str(target))
        return move(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    assert imported(small, "--yes").code == 4
    assert (lines_changed(small), list(small.mappings.rglob("*.new"))) == ("", [])


def test_words_and_reason_of_rules_come_back(small: Exported) -> None:
    """In braces, behind a comment, and as new lines below a key; nothing else of the file moves."""
    edit(
        small.book,
        {
            ("Rules", "R-1"): {"what": 'Terms: as "signed"', "why": "law"},
            ("Rules", "R-2"): {"what": "nobody\nat all", "why": "Rows of 1998\nand before"},
        },
    )
    assert imported(small, "--yes").data["taken"]
    assert lines_changed(small) == (
        '-  R-1: {what: "Terms are those of the contract", status: approved}\n'
        '+  R-1: {what: "Terms: as \\"signed\\"", why: law, status: approved}\n'
        "-    what: Rows without a name are nobody   # as far as we know\n"
        '+    what: "nobody\\nat all"   # as far as we know\n'
        "+    why: |-\n+      Rows of 1998\n+      and before\n"
    )


def test_a_rule_without_words_is_refused(small: Exported) -> None:
    """An emptied cell of `what` is named; of `why` it is an answer."""
    edit(small.book, {("Rules", "R-2"): {"what": None, "why": None}})
    assert "needs to be said in words" in str(imported(small, "--yes").data["error"])
    assert lines_changed(small) == ""


def test_words_that_look_like_a_formula_stay_words(small: Exported, tmp_path: Path) -> None:
    """A rule that begins with an equals sign is exported as text and comes back as it was."""
    rules = small.mappings / "people.yml"
    text = rules.read_text(encoding="utf-8").replace("Rows without a name are nobody ", "'=nobody'")
    rules.write_text(text, encoding="utf-8")
    assert crm("docs", small.project, "--out", tmp_path / "out").code == 0
    page = load_workbook(small.book)["Rules"]
    assert "f" not in {cell.data_type for row in page.iter_rows() for cell in row}
    edit(small.book, {("Rules", "R-2"): {"owner": "dpo"}})
    assert len(imported(small, "--yes").data["answers"]) == 1
