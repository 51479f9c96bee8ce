"""The reports of the tour: page, workbook and JSON say the same, nothing of it runs, names can be masked."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from crm_unify.rules.load import load_project
from crm_unify.steward.newest import newest_run
from crm_unify.steward.reports.pdf import write_pdf
from crm_unify.steward.reports.quality import quality_report
from crm_unify.steward.reports.sponsor import sponsor_report
from crm_unify.steward.reports.stewards import steward_report
from crm_unify.steward.reports.values import Report
from pipelines.erasure.made import kind_of
from tests.crm_unify.conftest import Toured
from tests.projects import crm, question

KINDS = ("steward", "quality", "sponsor")


@pytest.fixture(scope="module")
def made(toured: Toured) -> dict[str, Report]:
    """The three reports of the tour after its first run."""
    project = load_project(toured.project)
    newest = newest_run(project)
    return {
        "steward": steward_report(project, newest, today=date(2026, 11, 30), masked=False),
        "quality": quality_report(project, newest),
        "sponsor": sponsor_report(project, newest, masked=False),
    }


def table(report: Report, title: str) -> list[dict[str, object]]:
    """The rows of a table by column."""
    found: list[dict[str, object]] = report.as_json()["tables"][title]
    return found


def test_the_steward_report_counts_the_queue(made: dict[str, Report]) -> None:
    """By reason and age as `review list` has it, those first whose answer settles most."""
    (band,) = table(made["steward"], "By reason and age")
    assert (band["reason"], band["together"], band["pairs"]) == ("band", 2, 3)
    first = table(made["steward"], "Whose answer settles most")[0]
    assert (first["one side"], first["settles"]) == ("Paul Weiss", 2)


def test_the_quality_report_measures_every_source(made: dict[str, Report]) -> None:
    """Rows, share of repeated rows, values that were left out by field with masked examples and owner."""
    sources = {row["source"]: row for row in table(made["quality"], "The newest run")}
    assert (sources["newsletter"]["rows"], sources["newsletter"]["unique"]) == (5, pytest.approx(0.8))
    assert sources["newsletter"]["valid"] < 1
    fields = [row for row in table(made["quality"], "Fields") if row["left out"]]
    assert [(row["source and column"], row["left out"]) for row in fields] == [("newsletter, E-Mail", 1)]
    assert (bool(fields[0]["owner"]), bool(fields[0]["for example"])) == (True, True)


def test_the_sponsor_report_accounts_for_every_row(made: dict[str, Report]) -> None:
    """The last line is the sum, and the open rule is named with its owner."""
    account = table(made["sponsor"], "Account of rows")
    assert account[-1]["rows"] == sum(int(str(row["rows"])) for row in account[:-1]) == 24
    assert len(table(made["sponsor"], "Rules that are still open")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_page_workbook_and_json_say_the_same(toured: Toured, tmp_path: Path, kind: str) -> None:
    """Every table is a sheet with its rows; the page asks for nothing and runs nothing."""
    page, book = tmp_path / "report.html", tmp_path / "report.xlsx"
    said = crm("report", toured.project, "--kind", kind, "--out", page).data
    assert crm("report", toured.project, "--kind", kind, "--out", book).data["tables"] == said["tables"]
    sheets = load_workbook(book)
    rows = {sheet.title: sheet.max_row - 1 for sheet in sheets.worksheets[1:]}
    assert rows == {title: len(found) for title, found in said["tables"].items()}
    text = page.read_text(encoding="utf-8")
    assert re.search(r"<script|src=|href=.http|@import|url\(", text) is None
    assert all(f"<h3>{title}</h3>" in text for title in said["tables"])


def test_names_are_taken_out_on_request(toured: Toured, tmp_path: Path) -> None:
    """With --mask no customer's name stands on the page of the stewards."""
    names = {name for (name,) in question(toured.crm, "SELECT display_name FROM customer")}
    page = tmp_path / "report.html"
    for words, shown in (((), True), (("--mask",), False)):
        assert crm("report", toured.project, "--kind", "steward", "--out", page, *words).code == 0
        assert any(name in page.read_text(encoding="utf-8") for name in names) is shown


def test_the_report_of_the_run_is_a_page_alone(toured: Toured, tmp_path: Path) -> None:
    """Neither masked nor a workbook: the message names the reports that can be both."""
    for words in (("--mask",), ("--out", str(tmp_path / "report.xlsx"))):
        refused = crm("report", toured.project, *words)
        assert (refused.code, "steward, quality, sponsor" in refused.stderr) == (2, True)


@pytest.mark.skipif(not (shutil.which("chromium") or os.environ.get("CRM_UNIFY_CI")), reason="no Chromium")
def test_a_page_is_printed(tmp_path: Path) -> None:
    """By the system's browser, as it stands; an erasure knows it for a report that may tell of anybody."""
    write_pdf("<!doctype html><title>page</title><p>printed</p>", tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 somebody else's")
    found = {path.name: kind_of(path) for path in tmp_path.glob("*.pdf")}
    assert found == {"page.pdf": "report", "letter.pdf": "other"}


def test_without_a_browser_the_remedy_is_told(
    toured: Toured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, and nothing is written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    place = tmp_path / "report.pdf"
    refused = crm("report", toured.project, "--kind", "sponsor", "--out", place)
    assert (refused.code, "print it to PDF" in refused.stderr, place.exists()) == (2, True, False)
