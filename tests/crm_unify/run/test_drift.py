"""A source that changes between runs: said in words, decided by policy, and nothing is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.projects import Answer, crm, question, run

PROJECT: Final = """\
project: drift
sources: {shop: {url: "sqlite:///shop.db"}}
rules: [people.yml]
target: sqlite:///crm.db
"""
RULES: Final = """\
map: people
source:
  {system: shop, reader: sql, table: CUST, key: [ID], expects: {columns: report},
   parse: {dates: ["%Y-%m-%d", "%d/%m/%Y"]}}
targets:
  - person: {as: p, full_name: {from: NAME}, birth_date: {from: BORN}}
    contact_point: {of: p, kind: email, value: {from: MAIL}}
"""
ROWS: Final = 20


def table(name: str = "CUST", **columns: str | None) -> tuple[str, dict[str, list[str | None]]]:
    """The table with some columns other than usual; a column of None is left out."""
    usual = {
        "ID": "{n}",
        "NAME": "Kim Hale{letter}",
        "MAIL": "kim{n}@post.example",
        "BORN": "19{n}-03-05",
        "TEL": "0{n}12 555",
        "FLAG": "Y",
    }
    kept = {header: form for header, form in {**usual, **columns}.items() if form is not None}
    rows = [{"n": 60 + i, "letter": chr(97 + i)} for i in range(ROWS)]
    return name, {header: [form.format(**row) or None for row in rows] for header, form in kept.items()}


def deliver(project: Path, delivered: tuple[str, Mapping[str, list[str | None]]]) -> None:
    """Replace the source by one with this table."""
    name, columns = delivered
    (project / "shop.db").unlink(missing_ok=True)
    with closing(sqlite3.connect(project / "shop.db")) as con:
        con.execute(f'CREATE TABLE "{name}" ({", ".join(f"{header} TEXT" for header in columns)})')
        marks = ", ".join("?" * len(columns))
        con.executemany(f'INSERT INTO "{name}" VALUES ({marks})', zip(*columns.values(), strict=True))
        con.commit()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run."""
    project = tmp_path_factory.mktemp("drift")
    (project / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    (project / "people.yml").write_text(RULES, encoding="utf-8")
    deliver(project, table())
    answer = run(project)
    assert (answer.code, answer.data["drift"]) == (0, []), answer.stderr
    return project


@pytest.fixture
def shop(first: Path, tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(first, tmp_path / "shop"))


def said(answer: Answer) -> list[tuple[str, str]]:
    """What a run says is different."""
    return [(one["what"], one["sentence"]) for one in answer.data["drift"]]


def test_a_renamed_column_is_known_by_its_values(shop: Path) -> None:
    """It is told once, in `run` as in the report; the run after that has nothing to tell."""
    deliver(shop, table(TEL=None, TEL_NO="0{n}12 555"))
    sentence = "column TEL is gone; TEL_NO holds the same values in every row: was it renamed?"
    assert said(run(shop)) == [("renamed", sentence)]
    assert crm("report", shop).code == 0
    assert "TEL_NO holds the same values" in (shop / "report.html").read_text("utf-8")
    assert said(run(shop)) == []


@pytest.mark.parametrize(
    ("columns", "what", "part"),
    [
        pytest.param({"FLAG": None}, "gone", "column FLAG is gone", id="gone"),
        pytest.param({"FAX": "0{n}"}, "new", "column FAX is new; it holds whole numbers (100%", id="new"),
        pytest.param({"FLAG": None, "MARK": "Y"}, "gone", "FLAG is gone", id="one value proves nothing"),
        pytest.param(
            {"BORN": "05/03/19{n}"}, "kind",
            "BORN held dates like 2019-03-05 (100% of its values) and holds dates like 05/03/2019 (100%) now",
            id="another form of dates",
        ),
        pytest.param({"MAIL": ""}, "emptied", "filled in 100% of rows and is filled in 0% now", id="empty"),
        pytest.param({"TEL": "{n}12 555"}, "zeros", "began with a zero and none does now", id="zeros eaten"),
    ],
)
def test_drift_is_told_and_the_run_goes_on(
    shop: Path, columns: dict[str, str | None], what: str, part: str
) -> None:
    """`columns: report` lets the run go on; every row is where it was."""
    deliver(shop, table(**columns))
    answer = run(shop)
    assert (answer.code, answer.data["account"]["people"]["mapped"]) == (0, ROWS)
    assert (what, True) in [(kind, part in sentence) for kind, sentence in said(answer)]
    assert question(shop / "crm.db", "SELECT count(*) FROM customer") == [(ROWS,)]


def test_a_column_that_rules_need_stops_the_run_and_names_its_successor(shop: Path) -> None:
    """Exit 3, nothing written, and the message says which column holds the values now."""
    values = "kim{n}@post.example"
    deliver(shop, table(MAIL=None, E_MAIL=values))
    answer = run(shop)
    assert (answer.code, answer.data["error"]["code"]) == (3, "SOURCE-MISSING")
    assert "MAIL is gone; E_MAIL holds the same values in every row" in answer.data["error"]["why"]
    assert question(shop / "crm.db", "SELECT count(*) FROM mig_run") == [(1,)]


def test_a_key_that_was_renamed_is_known_by_its_values_too(shop: Path) -> None:
    """Without a key no rows can be put side by side; the values themselves still tell."""
    deliver(shop, table(ID=None, CUST_NO="{n}"))
    assert "ID is gone; CUST_NO holds the same values" in run(shop).data["error"]["why"]


def test_a_table_that_was_renamed_is_found(shop: Path) -> None:
    """The guard names the table with the same columns."""
    deliver(shop, table("CUST_MASTER"))
    answer = run(shop)
    assert answer.code == 3
    assert "'CUST_MASTER' has 100% of its columns: was it renamed?" in answer.data["error"]["why"]


def test_exact_columns_stop_the_run(shop: Path) -> None:
    """With `columns: exact` the same drift is a guard; a person may still apply the plan."""
    ignored = "ignore: {TEL: unused, FLAG: unused}, expects: {columns: exact}"
    (shop / "people.yml").write_text(RULES.replace("expects: {columns: report}", ignored), encoding="utf-8")
    deliver(shop, table(TEL=None))
    stopped = run(shop)
    assert (stopped.code, "column TEL is gone" in stopped.data["error"]["why"]) == (3, True)
    planned = crm("plan", shop, "--as-of", "2026-02-01")
    assert [stop["code"] for stop in planned.data["stops"]] == ["GUARD-STOPPED"]
    assert crm("apply", shop / "plan.jsonl", "-p", shop, "--yes").code == 0


def test_a_column_that_went_is_no_typing_mistake_later(shop: Path) -> None:
    """An ignored column that went two runs ago is still known; a name that never was is a mistake."""
    rules = RULES.replace("expects:", "ignore: {TEL: unused}, expects:")
    (shop / "people.yml").write_text(rules, encoding="utf-8")
    deliver(shop, table(TEL=None))
    assert [run(shop).code, run(shop).code] == [0, 0]
    (shop / "people.yml").write_text(rules.replace("TEL:", "TLE:"), encoding="utf-8")
    assert run(shop).code == 2
