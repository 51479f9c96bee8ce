"""`check` says whether the rules fit themselves, their sources and their examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_unify import cli

PROJECT = """\
project: small
sources: {club: {path: members.csv}, old: {path: old.csv}}
rules: [members.yml]
"""

RULES = """\
map: members
source:
  system: club
  reader: csv
  key: [No]
  expects: {min_rows: 500}
  parse: {dates: ["%d.%m.%Y"]}
  ignore: {Remark: notes to oneself}
rules:
  ME-1: {what: every row is a person, owner: the board, status: proposed}
  ME-2: {what: born means birth date, status: approved}
targets:
  - rule: ME-1
    person: {full_name: {from: Name}, birth_date: {from: Born, rule: ME-2}}
    contact_point: {of: person, kind: email, value: {from: Mail}}
tests:
  - name: a member is a person
    given: [{No: 1, Name: Anna Keller, Born: 02.01.1980, Mail: anna@keller.example}]
    expect:
      person: [{given_name: Anna, birth_date: 1980-01-02}]
      fate: [{fate: mapped}]
"""

MEMBERS = "No,Name,Born,Mail,Remark,Fax\n1,Anna Keller,02.01.1980,anna@keller.example,,\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one rule file and two sources, one of which nobody reads."""
    for name, text in (("crm_unify.yml", PROJECT), ("members.yml", RULES), ("members.csv", MEMBERS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def checked(project: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of `check --json`."""
    code = cli.main(["check", str(project), "--json", *options])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, answer


def replaced(file: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_right_project_passes_with_open_questions(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0: a question is no mistake. Nothing is passed over in silence."""
    code, answer = checked(project, capsys)
    (members,) = answer["maps"]
    assert (code, answer["valid"], members["examples"]) == (0, True, 1)
    assert members["columns"] == {
        "claimed": ["No", "Name", "Born", "Mail"],
        "ignored": ["Remark"],
        "unclaimed": ["Fax"],
    }
    assert [(q["rule"], q["status"], q["owner"]) for q in answer["open_questions"]] == [
        ("ME-1", "proposed", "the board")
    ]
    assert answer["sources_not_read"] == ["old"]


def test_strict_exits_with_one_when_a_person_is_needed(project: Path) -> None:
    """And with zero when everything is settled."""
    assert cli.main(["check", str(project), "--strict"]) == 1
    replaced(project / "members.yml", "status: proposed", "status: approved")
    replaced(project / "members.yml", "{Remark: notes", "{Fax: nobody has one, Remark: notes")
    replaced(project / "crm_unify.yml", ", old: {path: old.csv}", "")
    assert cli.main(["check", str(project), "--strict"]) == 0


def test_the_text_names_what_people_should_look_at(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain lines when nobody sits at a terminal."""
    assert cli.main(["check", "-p", str(project)]) == 0
    text = capsys.readouterr().out
    assert "columns nobody takes in members: Fax" in text
    assert "sources no rule file reads: old" in text
    assert "members ME-1 proposed: every row is a person (the board)" in text
    assert "small: 1 rule file valid, 1 example passes, 1 open question" in text


@pytest.mark.parametrize(
    ("change", "exit_code", "line", "message"),
    [
        pytest.param("members.yml|from: Mail|from: Mial", 2, 15, "unknown column 'Mial'", id="column"),
        pytest.param(
            "members.yml|birth_date: 1980|birth_date: 1981", 2, 17, "example 'a member", id="example"
        ),
        pytest.param("members.yml|fate: mapped|fate: held", 2, 17, "no row with fate: 'held'", id="fate"),
        pytest.param("members.yml|Mail: anna|Mial: anna", 2, 18, "unknown column 'Mial'", id="given"),
        pytest.param("members.yml|  key: [No]|  kye: [No]", 2, 2, "needs the key 'key'", id="shape"),
        pytest.param("members.csv|No,Name|Nr,Name", 2, 5, "unknown column 'No'", id="header"),
        pytest.param("crm_unify.yml|members.csv|member.csv", 3, None, "file is not there", id="no file"),
    ],
)
def test_mistakes_have_exit_code_and_line(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    change: str,
    exit_code: int,
    line: int | None,
    message: str,
) -> None:
    """Two for configuration, three for a source that is not as it should be."""
    file, old, new = change.split("|")
    replaced(project / file, old, new)
    code, answer = checked(project, capsys)
    assert (code, answer["error"].get("line")) == (exit_code, line)
    assert message in f"{answer['error']['what']} {answer['error']['why']}"


def test_columns_and_examples_are_told_together(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to correct one to see the other."""
    replaced(project / "members.yml", "birth_date: 1980", "birth_date: 1981")
    replaced(project / "members.csv", "Born", "Geboren")
    code, answer = checked(project, capsys)
    assert (code, answer["error"]["mistakes"]) == (2, 2)


def test_no_data_row_is_read(project: Path) -> None:
    """A header is enough; rows that nobody could read do not matter here."""
    (project / "members.csv").write_bytes(b'No,Name,Born,Mail,Remark\n\xff\xfe,"broken\n')
    assert cli.main(["check", str(project)]) == 0


def test_the_run_date_of_examples_can_be_set(project: Path) -> None:
    """An example that speaks of today stays true tomorrow."""
    rule = "birth_date: {expr: current_date, rule: ME-2}"
    replaced(project / "members.yml", "birth_date: {from: Born, rule: ME-2}", rule)
    replaced(project / "members.yml", "Born: 02.01.1980, ", "")
    assert cli.main(["check", str(project), "--as-of", "1980-01-02"]) == 0


def test_what_no_example_tries_is_told_with_its_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Branches, transforms, code rows, rules and checks, in a line for people and in full for programs."""
    replaced(project / "members.yml", "{from: Mail}", "{from: Mail, transform: [lower]}")
    assert cli.main(["check", str(project)]) == 0
    assert (
        "examples of members try 1 of 1 branch, 0 of 1 transform, 2 of 2 rules; "
        "not transform contact_point.value: lower (line 15)\n"
    ) in capsys.readouterr().out
    _, answer = checked(project, capsys)
    (untried,) = answer["maps"][0]["coverage"]["untried"]
    assert (untried["kind"], untried["name"], untried["line"]) == (
        "transform", "contact_point.value: lower", 15
    )  # fmt: skip


def test_mining_proposes_masked_examples_that_pass(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a real row that tries the part, with a value of nobody; put under tests, the part is tried."""
    rules = project / "members.yml"
    replaced(rules, "{from: Mail}", "{from: Mail, transform: [lower]}")
    (project / "members.csv").write_text(MEMBERS + "2,Hans Meyer,,HANS.MEYER@GMX.EXAMPLE,,\n")
    _, answer = checked(project, capsys, "--mine")
    ((mined,), left) = answer["mined"][0]["examples"], answer["mined"][0]["left"]
    assert (mined["given"][0]["Mail"], left) == ("ANNA.EXAMPLE@MAIL.EXAMPLE", [])
    assert "MEYER" not in json.dumps(answer).upper()
    rules.write_text(rules.read_text() + f"  - {json.dumps(mined)}\n")
    _, answer = checked(project, capsys)
    assert answer["maps"][0]["coverage"]["untried"] == []


def test_mining_says_why_there_is_no_example(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No row tries the part: a step that nothing needs."""
    replaced(project / "members.yml", "{from: Mail}", "{from: Mail, transform: [lower]}")
    assert cli.main(["check", str(project), "--mine"]) == 0
    said = capsys.readouterr().out
    assert "\ncolumns nobody takes in members: Fax\n" in said
    assert "\n\n# members: 0 proposed examples with masked values; read them first\n" in said
    assert "# none for transform contact_point.value: lower (" in said
    assert said.endswith("members.yml:15): no row of the source tries it\n")


def test_mining_goes_on_where_a_frozen_source_is_gone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its file may go; the parts that no example tries are told with that reason."""
    replaced(project / "members.yml", "{from: Mail}", "{from: Mail, transform: [lower]}")
    replaced(project / "members.yml", "  key: [No]", "  key: [No]\n  state: frozen")
    (project / "members.csv").unlink()
    code, answer = checked(project, capsys, "--mine")
    (mined,) = answer["mined"]
    assert (code, mined["examples"]) == (0, [])
    assert [one["why"] for one in mined["left"]] == ["the source file is not there"]


def test_a_target_that_does_not_answer_is_told_to_programs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads the JSON can tell that nothing is approved from that nobody knows."""
    assert checked(project, capsys)[1]["approvals_unknown"] == ""
    replaced(project / "crm_unify.yml", "project: small", "project: small\ntarget: postgresql://127.0.0.1:1/no")
    code, answer = checked(project, capsys)
    assert (code, answer["approvals"], answer["approvals_unknown"] != "") == (0, [], True)
