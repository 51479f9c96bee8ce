"""The command `dedupe`: what it answers, and what it does without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crm_unify.cli import main

ROWS = """id,first_name,last_name,email,who
1,Anna,Nowak,anna.nowak@example.com,a
2,Ann,Nowak,anna.nowak@example.com,a
3,Piotr,Zielinski,p.z@example.org,b
4,Maria,Lopez,maria@example.net,c
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A small file of people."""
    path = tmp_path / "people.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_the_answer_says_what_each_column_was_taken_for(
    people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns with role and reason, customers, accuracy and files stand in one JSON object."""
    out = str(people.parent / "out")
    assert main(["dedupe", str(people), "--id", "id", "--truth", "who", "--out", out, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [c["role"] for c in answer["columns"][0]["columns"]] == ["given-name", "family-name", "email"]
    assert (answer["rows"], answer["evaluation"]["records"]) == (4, 4)
    assert (people.parent / "out" / "membership.csv").read_text().startswith("record_id,customer_id\n")


def test_the_answer_for_people_names_the_columns(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was taken for what is printed, with the reason."""
    main(["dedupe", str(people), "--ignore", "who", "--out", str(people.parent / "out")])
    shown = capsys.readouterr().out
    assert "given-name" in shown
    assert "4 rows are" in shown


def test_only_what_is_asked_for_is_written(people: Path) -> None:
    """`--outputs membership` writes one file."""
    out = people.parent / "out"
    main(["dedupe", str(people), "--outputs", "membership", "--out", str(out)])
    assert [path.name for path in out.iterdir()] == ["membership.csv"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--role", "email=emial"], "did you mean 'email'?", id="an unknown role"),
        pytest.param(["--role", "email"], "--role", id="a role without column"),
        pytest.param(["--outputs", "members"], "unknown output", id="an unknown output"),
        pytest.param(["--id", "ids"], "did you mean 'id'?", id="an unknown column"),
        pytest.param(["--id", "who"], "a (2 times)", id="ids that repeat"),
        pytest.param(["--model", "none.json"], "no such model", id="a model that is not there"),
        pytest.param(["--model", "."], "model cannot be read", id="a model that is a folder"),
        pytest.param(["--role", "email=email", "--role", "email=phone"], "two roles", id="a role twice"),
        pytest.param(["--outputs", " , "], "no output is named", id="outputs without a name"),
        pytest.param(["--out", __file__], "a file of this name is there", id="a folder that is a file"),
    ],
)
def test_wrong_options_are_answered_with_a_remedy(
    people: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    """Bad usage ends with exit code 2 and a sentence that helps."""
    assert main(["dedupe", str(people), "--out", str(people.parent / "out"), *options]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_nobody_can_write_to_is_told_before_anything_is_read(
    people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 4 with a remedy; not even the columns are looked at."""
    assert main(["dedupe", str(people), "--out", "/proc/nowhere/out"]) == 4
    told = capsys.readouterr()
    assert "the results cannot be written" in told.err
    assert "--out" in told.err
    assert "first_name" not in told.out


def test_neither_dlt_nor_pandas_is_imported(people: Path) -> None:
    """A process that deduplicates a file starts without the two heaviest libraries."""
    arguments = ["dedupe", str(people), "--out", str(people.parent / "out")]
    code = (
        f"import sys; from crm_unify.cli import main; code = main({arguments!r}); "
        "print(code, sorted({'dlt', 'pandas', 'sqlalchemy'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_a_membership_alone_pays_for_no_page(people: Path) -> None:
    """`--outputs membership` imports neither the template engine nor the modules of the page."""
    arguments = ["dedupe", str(people), "--outputs", "membership", "--out", str(people.parent / "out")]
    code = (
        f"import sys; from crm_unify.cli import main; code = main({arguments!r}); "
        "print(code, sorted({'jinja2', 'crm_unify.steward'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_the_report_is_written_beside_the_rest(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--outputs` there are five files; the answer names the page last."""
    out = people.parent / "out"
    main(["dedupe", str(people), "--ignore", "who", "--out", str(out), "--json"])
    written = json.loads(capsys.readouterr().out)["written"]
    assert written[-1] == str(out / "report.html")
    assert len(written) == len(list(out.iterdir())) == 5
