"""`init` makes a project of files as they come, writes nothing it should not, and says what it leaves out."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from crm_unify.propose.interface import Looked, Place
from crm_unify.propose.masks import masked, shaped
from crm_unify.propose.systems import systems
from crm_unify.rules.code_tables import OPEN, read_code_table
from crm_unify.rules.load import load_project
from tests.projects import AS_OF, Answer, crm, run

PEOPLE = [
    "Anna Klein",
    "Peter Groß",
    "Maria Meyer",
    "John Smith",
    "Eva Jones",
    "Paul Weber",
    "Lena Koch",
    "Max Wolf",
]


def table(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def initialised(folder: Path, *words: str | Path) -> Answer:
    """``crm-unify init`` on the date of the tests."""
    return crm("init", folder, *words, "--as-of", AS_OF)


@dataclass(frozen=True, slots=True)
class Made:
    """A project that `init` has made."""

    folder: Path
    source: Path
    answer: Answer


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Of a file with names that YAML and SQL take for something else, repeated headers and many columns."""
    folder = tmp_path_factory.mktemp("odd")
    header = ["select", "Name", "Name", "E-Mail", "a: b", "yes", "#x", *(f"attr {n}" for n in range(16))]
    rows = [
        [f"0{n:03}", PEOPLE[n % 8], "[1", f"p{n}@mail.example", "x: y", "NO", "{z}"]
        + [str((n * m) % 30) for m in range(2, 18)]
        for n in range(30)
    ]
    source = table(folder / "2024 – Kunden (alt)!.csv", header, rows)
    return Made(folder / "new", source, initialised(folder / "new", "--source", source))


def test_whatever_files_and_columns_are_called_the_project_runs(odd: Made) -> None:
    """Names are made fit for rule files, columns are quoted, and every row is mapped without an edit."""
    assert odd.answer.code == 0, odd.answer.stderr
    assert [one["map"] for one in odd.answer.data["maps"]] == ["source_2024_kunden_alt"]
    assert crm("check", odd.folder, "--as-of", AS_OF).code == 0
    account = run(odd.folder).data["account"]["source_2024_kunden_alt"]
    assert (account["extracted"], account["mapped"]) == (30, 30)


def test_columns_nobody_knows_are_asked_about_in_few_questions(odd: Made) -> None:
    """The fullest one by one, the rest together: nobody answers a question for each of many columns."""
    (one,) = odd.answer.data["maps"]
    assert sum(targets == ["ask"] for targets in one["columns"].values()) == 16
    assert any("What are these" in question["what"] for question in one["questions"])


def test_the_schemas_for_editors_come_along(odd: Made) -> None:
    """The first line of every YAML file names a schema that lies where it says."""
    for path in odd.folder.rglob("*.yml"):
        hint = path.read_text(encoding="utf-8").splitlines()[0]
        assert (path.parent / hint.partition("$schema=")[2]).is_file()


def test_a_dry_run_writes_nothing(odd: Made, tmp_path: Path) -> None:
    """It says which files there would be."""
    answer = initialised(tmp_path / "new", "--source", odd.source, "--dry-run")
    assert (answer.data["written"], answer.data["files"]) == (False, odd.answer.data["files"])
    assert not (tmp_path / "new").exists()


def test_a_project_is_written_over_only_when_somebody_says_so(odd: Made) -> None:
    """The second time it refuses before it reads anything; --force writes the same bytes again."""
    before = {name: (odd.folder / name).read_bytes() for name in odd.answer.data["files"]}
    refused = initialised(odd.folder, "--source", odd.source)
    assert (refused.code, refused.data["error"]["what"]) == (2, "there is a project already")
    assert initialised(odd.folder, "--source", odd.source, "--force").code == 0
    assert {name: (odd.folder / name).read_bytes() for name in before} == before


def test_a_table_of_nobody_is_left_out_by_a_rule(tmp_path: Path) -> None:
    """Its rows are discarded by a draft with its reason, so that the account balances; so is an empty one."""
    (tmp_path / "old").mkdir()
    table(tmp_path / "old" / "colours.csv", ["code", "colour"], [["1", "red"], ["2", "blue"], ["3", "green"]])
    table(tmp_path / "old" / "header.csv", ["first name", "last name"], [])
    answer = initialised(tmp_path / "new", "--source", tmp_path / "old")
    assert [one["left_out"] for one in answer.data["maps"]] == [True, True]
    assert run(tmp_path / "new").data["account"]["old_colours"]["discarded"] == 3


def test_sources_may_be_named(tmp_path: Path) -> None:
    """Two files of one name are two systems; a person may call them as they are called at home."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        table(
            tmp_path / name / "customers.csv",
            ["custno", "name"],
            [[f"{name}{n}", PEOPLE[n]] for n in range(8)],
        )
    words = [
        "--source",
        f"shop={tmp_path}/a/customers.csv",
        "--source",
        str(tmp_path / "b" / "customers.csv"),
    ]
    answer = initialised(tmp_path / "new", *words)
    assert list(load_project(tmp_path / "new").project.sources) == ["shop", "customers"]
    assert answer.data["maps"][0]["map"] == "shop_customers"


def test_a_place_is_named_once(odd: Made, tmp_path: Path) -> None:
    """Its customers would count twice."""
    answer = initialised(tmp_path / "new", "--source", odd.source, "--source", odd.source)
    assert (answer.code, answer.data["error"]["what"]) == (2, "a source is named twice")


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        pytest.param("a/customers.csv", "lies in", id="a file in a folder that is read"),
        pytest.param("a=b", "two sources are called 'a'", id="one name for two places"),
    ],
)
def test_two_places_are_two(tmp_path: Path, inner: str, told: str) -> None:
    """Neither a file inside another place nor the name of another place is taken in silence."""
    (tmp_path / "a").mkdir()
    name, _, place = inner.rpartition("=")
    second = f"{name}={tmp_path / place}" if name else str(tmp_path / place)
    answer = initialised(tmp_path / "new", "--source", f"a={tmp_path / 'a'}", "--source", second)
    assert (answer.code, told in answer.stderr) == (2, True)


def test_a_password_lands_in_no_file(tmp_path: Path) -> None:
    """The address goes into a variable, and the answer says which."""
    url = "postgresql://app:s3cret@db.example/crm"
    looked = Looked(Place(url), url, pa.table({}))
    (made,) = systems([looked], root=tmp_path).values()
    assert (made.name, made.url, made.variable) == (
        "crm",
        "${CRM_URL}",
        "CRM_URL",
    ) or made.variable == "CRM_SOURCE_URL"
    assert "s3cret" not in repr(made)


def test_a_code_whose_meaning_is_open_is_withheld(tmp_path: Path) -> None:
    """The code table of a proposal holds every value found, with ? where only the owner can say."""
    rows = [[f"K{n:03}", PEOPLE[n % 8], ["07", "X9"][n % 2], str(n)] for n in range(30)]
    source = table(tmp_path / "debtors.csv", ["custno", "customer name", "payment terms", "balance"], rows)
    initialised(tmp_path / "new", "--source", source)
    (path,) = (tmp_path / "new" / "rules" / "codes").iterdir()
    assert [(code.source_value, code.target_value) for code in read_code_table(path, shown="x").codes] == [
        ("07", OPEN), ("X9", OPEN),
    ]  # fmt: skip
    assert run(tmp_path / "new").data["account"]["debtors"]["withheld_values"] == 30


def test_examples_hold_values_of_nobody() -> None:
    """The form stays, so that the rules still read it; what cannot be made up is left out."""
    assert [shaped(text) for text in ("0001204", "HD-4711", "-119.5")] == ["0001234", "AB-3456", "-123.4"]
    masks = [
        ("MUELLER, JON", "person.full_name"),
        ("04.05.61", "person.birth_date"),
        ("DE811", "party_identifier.value"),
    ]
    found = [masked(value, [target], dates=["%d.%m.%y"], country="DE") for value, target in masks]
    assert found == ["EXAMPLE, ANNA", "04.05.70", None]


def test_rule_files_of_other_sources_are_not_left_in_a_new_project(tmp_path: Path) -> None:
    """The project would read them, too: `init` names them and writes nothing."""
    rows = [[f"K{n:03}", *PEOPLE[n % 8].split()] for n in range(24)]
    source = table(tmp_path / "people.csv", ["custno", "first name", "last name"], rows)
    (tmp_path / "new" / "rules").mkdir(parents=True)
    (tmp_path / "new" / "rules" / "other.yml").write_text("map: other\n")
    answer = initialised(tmp_path / "new", "--source", source, "--force")
    assert answer.code == 2
    assert "other.yml" in answer.stderr
    assert not (tmp_path / "new" / "crm_unify.yml").exists()
