"""`profile` answers as a table, as one JSON object and as a page, and imports nothing it does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

from crm_unify.cli import main
from crm_unify.cli._profile import seen
from tests.projects import crm


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tables, one of which refers to the other; one value is an attack on the page."""
    place = tmp_path / "old"
    place.mkdir()
    people = ("id,name,note", "K001,Jon,<script>alert(1)</script>", "K002,Ann Lee,[bold]n/a", "K003,Bo Ek,")
    (place / "people.csv").write_text("\n".join(people), encoding="utf-8")
    (place / "cases.csv").write_text("no,people_id\n1,K001\n2,K003\n3,K002\n4,K009\n", encoding="utf-8")
    return place


def test_the_json_answer_holds_tables_with_rows_and_columns(folder: Path) -> None:
    """User tables only, in the order of their files; every figure is a plain value."""
    answer = crm("profile", folder, "--as-of", "2026-11-22")
    tables = answer.data["tables"]
    assert [(one["name"], one["rows"]) for one in tables] == [("cases", 4), ("people", 3)]
    assert [one["name"] for one in tables[1]["columns"]] == ["id", "name", "note"]
    assert [(one["to_table"], one["orphans"]) for one in answer.data["references"]] == [("people", 1)]


def test_a_table_may_be_named(folder: Path) -> None:
    """Only that one is profiled; a name nobody has is a mistake of the command line."""
    assert [one["name"] for one in crm("profile", folder, "--table", "PEOPLE").data["tables"]] == ["people"]
    assert crm("profile", folder, "--table", "peeple").code == 2


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A place that does not exist, and one without any table: nothing was read, exit code 3."""
    (tmp_path / "empty.csv").touch()
    assert [crm("profile", tmp_path / name).code for name in ("nothing", "empty.csv")] == [3, 3]


def test_the_text_answer_is_one_line_a_column(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Values are shown as they are: no markup of theirs is obeyed."""
    assert main(["profile", str(folder / "people.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "people: 3 rows, 3 columns (csv, people.csv)"
    assert [line.split()[0] for line in lines[2:5]] == ["id", "name", "note"]


def test_text_of_the_data_stays_on_its_line() -> None:
    """Line breaks, escape sequences and marks of direction are spelt."""
    assert seen("a\nb\x1b[31m\u202e") == "a\\nb\\x1b[31m\\u202e"


def test_the_page_is_whole_and_obeys_no_value(folder: Path, tmp_path: Path) -> None:
    """It needs nothing from outside, and a script in a cell is text; the same data give the same page."""
    pages = []
    for name in ("one.html", "two.html"):
        assert crm("profile", folder, "--as-of", "2026-11-22", "--html", tmp_path / name).code == 0
        pages.append((tmp_path / name).read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "<script" not in pages[0]
    assert "&lt;script&gt;" in pages[0]
    assert "http" not in pages[0].replace("http-equiv", "")


def test_a_page_that_cannot_be_written_is_a_mistake_of_the_command_line(folder: Path) -> None:
    """The folder is not there."""
    answer = crm("profile", folder, "--html", folder / "missing" / "page.html")
    assert (answer.code, answer.data["error"]["what"]) == (2, "the page cannot be written")


def test_neither_dlt_nor_pandas_is_imported(folder: Path) -> None:
    """A profile is for a first look: it starts quickly."""
    program = (
        "import sys, crm_unify.cli as cli; code = cli.main(sys.argv[1:]);"
        "print(code, sorted({'dlt', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "profile", str(folder), "--html", str(folder.parent / "p.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "0 []"
