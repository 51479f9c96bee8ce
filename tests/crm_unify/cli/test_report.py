"""`report` writes one page, where it is told to, about a run that there was."""

from pathlib import Path

import pytest

from tests.crm_unify.conftest import Toured
from tests.projects import copied, copy_of, crm


@pytest.fixture(scope="module")
def project(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tour after a run."""
    return copy_of(toured.project, tmp_path_factory.mktemp("tour"))


def test_the_page_lies_beside_the_project_file(project: Path) -> None:
    """Without --out; the answer names the file and what waits for a person."""
    answer = crm("report", project)
    assert (answer.code, answer.data["run"], answer.data["customers"]) == (0, 1, 9)
    assert Path(answer.data["report"]) == project / "report.html"
    assert (project / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_page_goes_where_it_is_told(project: Path, tmp_path: Path) -> None:
    """With --out; a file that is there is replaced."""
    place = tmp_path / "page.html"
    place.write_text("old", encoding="utf-8")
    assert crm("report", project, "--out", place).code == 0
    assert place.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("out", "what"),
    [
        pytest.param("", "the report would replace a folder", id="a folder"),
        pytest.param("missing/page.html", "there is no folder for the report", id="in no folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(
    project: Path, tmp_path: Path, out: str, what: str
) -> None:
    """Before anything is read: exit code 2."""
    answer = crm("report", project, "--out", tmp_path / out)
    assert (answer.code, answer.data["error"]["what"]) == (2, what)


def test_a_project_that_was_never_run_has_no_report(tmp_path: Path) -> None:
    """Exit code 2, and nothing is written."""
    folder = copied("tour", tmp_path)
    answer = crm("report", folder)
    assert (answer.code, answer.data["error"]["code"]) == (2, "USAGE")
    assert not (folder / "report.html").exists()
