"""Sources that deliver changes: each file is applied once, in the order of names."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.delta import in_turn
from tests.projects import AS_OF, Answer, crm, run

RULES = """\
map: members
source: {system: club, reader: csv, file: "m_*.csv", key: [No], delivery: delta, op_column: Op}
targets:
  - person: {full_name: {from: Name}}
    contact_point: {of: person, kind: email, value: {from: Mail}}
"""
PROJECT = "project: club\nsources: {club: {path: in}}\nrules: [members.yml]\n"


@pytest.fixture
def club(tmp_path: Path) -> Path:
    """A project after its first file: two members."""
    (tmp_path / "in").mkdir()
    (tmp_path / "crm_unify.yml").write_text(PROJECT)
    (tmp_path / "members.yml").write_text(RULES)
    delivered(tmp_path, 1, "I,1,Anna Keller,anna@keller.example", "I,2,Ben Hartley,ben@hartley.example")
    assert run(tmp_path).code == 0
    return tmp_path


def delivered(club: Path, number: int, *rows: str) -> None:
    """One more file."""
    (club / "in" / f"m_{number:03d}.csv").write_text("\n".join(["Op,No,Name,Mail", *rows]) + "\n")


def names(club: Path) -> dict[str, str]:
    """Names of the active records, by key."""
    query = (
        "SELECT s.key, json_extract(s.claims, '$.person.full_name') FROM mig_source_record s "
        "WHERE s.state = 'active' ORDER BY 1"
    )
    with closing(sqlite3.connect(club / "crm.db")) as con:
        return dict(con.execute(query).fetchall())


def said(answer: Answer) -> list[tuple[str, str]]:
    """What is told of files."""
    return [(one["what"], one["column"]) for one in answer.data["drift"]]


def test_a_file_of_changes_is_applied_onto_what_stands(club: Path) -> None:
    """A row changes, one comes, one goes; the others stay, and the account is over all that stand."""
    delivered(club, 2, "U,1,Anna Berger,anna@keller.example", "D,2,,", "I,3,Eva Gruber,eva@gruber.example")
    answer = run(club)
    assert names(club) == {"1": "Anna Berger", "3": "Eva Gruber"}
    assert answer.data["account"]["members"]["extracted"] == 2
    assert said(answer) == []


def test_a_file_is_applied_once(club: Path) -> None:
    """A second run writes nothing, with the files still there or put away, and with the workspace gone."""
    assert run(club).data["written_rows"] == 0
    shutil.rmtree(club / "in")
    (club / "in").mkdir()
    shutil.rmtree(club / ".crm_unify")
    assert (run(club).data["written_rows"], names(club)) == (0, {"1": "Anna Keller", "2": "Ben Hartley"})
    assert crm("sync", club, "--as-of", AS_OF).data["quiet"] is True
    delivered(club, 2, "U,2,Ben Hart,ben@hartley.example")
    assert (run(club).code, names(club)) == (0, {"1": "Anna Keller", "2": "Ben Hart"})


def test_files_are_applied_in_the_order_of_their_names(club: Path) -> None:
    """The last row of a key stands, in a file as between files."""
    delivered(club, 3, "U,1,Anna Third,a@keller.example")
    delivered(club, 2, "U,1,Anna First,a@keller.example", "U,1,Anna Second,a@keller.example")
    run(club)
    assert names(club)["1"] == "Anna Third"


def test_numbers_in_names_are_numbers() -> None:
    """The tenth file comes after the ninth, with and without zeros before it."""
    listed = ["d_10.csv", "d_9.csv", "d_011.csv", "b.csv", "d_1/2.csv"]
    assert sorted(listed, key=in_turn) == ["b.csv", "d_1/2.csv", "d_9.csv", "d_10.csv", "d_011.csv"]


def test_a_number_that_is_missing_is_reported(club: Path) -> None:
    """As long as it is; the files that are there are applied."""
    delivered(club, 4, "U,1,Anna Fourth,a@keller.example")
    answer = run(club)
    assert (said(answer), names(club)["1"]) == ([("gap", "m_004.csv")], "Anna Fourth")
    assert answer.data["drift"][0]["sentence"] == "number 2, 3 is missing between m_001.csv and m_004.csv"
    assert said(run(club)) == [("gap", "m_004.csv")]


def test_a_file_that_comes_late_is_reported_and_not_applied(club: Path) -> None:
    """What was said later would be written over by what was said before."""
    delivered(club, 3, "U,1,Anna Third,a@keller.example")
    run(club)
    delivered(club, 2, "U,1,Anna Second,a@keller.example")
    assert (said(run(club)), names(club)["1"]) == (
        [("late", "m_002.csv"), ("gap", "m_003.csv")],
        "Anna Third",
    )


def test_a_file_that_was_changed_after_it_was_applied_is_reported(club: Path) -> None:
    """It is applied once."""
    delivered(club, 1, "I,1,Anna Other,anna@keller.example")
    assert (said(run(club)), names(club)["1"]) == ([("redelivered", "m_001.csv")], "Anna Keller")


def test_rows_without_a_key_wait_for_a_person(club: Path) -> None:
    """They are kept and quarantined, not taken for one another."""
    delivered(club, 2, "I,,Nobody One,", "I,,Nobody Two,")
    account = run(club).data["account"]["members"]
    assert (account["extracted"], account["mapped"], account["quarantined"]) == (4, 2, 2)


def test_undoing_a_run_takes_its_files_back(club: Path) -> None:
    """After the hold is lifted they are applied again."""
    delivered(club, 2, "D,2,,")
    number = run(club).data["run"]
    assert crm("undo", number, "-p", club, "--yes").code == 0
    assert names(club) == {"1": "Anna Keller", "2": "Ben Hartley"}
    assert crm("resume", club, "--yes").code == 0
    assert (run(club).code, names(club)) == (0, {"1": "Anna Keller"})


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        pytest.param("key: [No]", "key: {content: [No]}", "a delta needs a key of columns", id="content key"),
        pytest.param("delivery: delta, ", "", "'op_column' means nothing", id="operations without a delta"),
    ],
)
def test_what_a_delta_cannot_be(club: Path, old: str, new: str, what: str) -> None:
    """Refused by `check` with its place."""
    (club / "members.yml").write_text(RULES.replace(old, new))
    answer = crm("check", club)
    assert (answer.code, answer.data["error"]["line"]) == (2, 2)
    assert what in answer.data["error"]["what"]
