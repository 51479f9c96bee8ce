"""What bad input gets: an exit code and words that help, and never a row or value without an entry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.crm_unify.run.people import (
    GOOD,
    HEADER,
    account,
    expecting,
    fill,
    listed,
    names,
    people,
    refused,
    rejected,
    rules,
)
from tests.projects import crm, differing, dump, exported, question, run

Harm = Callable[[Path], object]
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How a compound file begins; a workbook with a password is one."""


# --- the delivery is not what it should be ---
def as_workbook(project: Path, content: bytes | None = None) -> None:
    """Read people from a workbook whose sheet is called Persons, or from these bytes under its name."""
    text = (project / "crm_unify.yml").read_text(encoding="utf-8")
    (project / "crm_unify.yml").write_text(text.replace("people.csv", "people.xlsx"), encoding="utf-8")
    rules(project, "reader: csv", "reader: xlsx\n  sheet: People")
    book = Workbook()
    book.active.title = "Persons"
    book.active.append(HEADER.split(","))
    book.save(project / "people.xlsx")
    if content is not None:
        (project / "people.xlsx").write_bytes(content)


def header_only(project: Path) -> None:
    """No row, and at least one is expected."""
    expecting(project, "min_rows: 1")
    fill(project, ())


def half_gone(project: Path) -> None:
    """One of two rows, and most are expected to stay."""
    expecting(project, "max_drop_pct: 40")
    fill(project, GOOD[:1])


def with_shoe_size(project: Path) -> None:
    """One more column, which no rule takes."""
    fill(project, [f"{line},44" for line in GOOD], header=f"{HEADER},Shoe size")


def extra_column_where_none_may_be(project: Path) -> None:
    """One more column, and the rule file says that there are no others."""
    expecting(project, "columns: exact")
    with_shoe_size(project)


STOPPED = [
    pytest.param(lambda p: (p / "people.csv").write_bytes(b""), 3, ("is empty", "people.csv"), id="empty"),
    pytest.param(header_only, 3, ("has 0 rows", "at least 1", "min_rows"), id="header only, rows expected"),
    pytest.param(half_gone, 3, ("has 1 row,", "run read 2", "max_drop_pct"), id="half the rows gone"),
    pytest.param(lambda p: (p / "people.csv").unlink(), 3, ("is not there", "people.csv"), id="missing file"),
    pytest.param(as_workbook, 3, ("no sheet 'People'", "there are: Persons"), id="missing sheet"),
    pytest.param(lambda p: as_workbook(p, b"PK\x03\x04 cut"), 3, ("damaged or was cut off",), id="cut off"),
    pytest.param(
        lambda p: as_workbook(p, OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le")),
        2,
        ("protected with a password", "people.xlsx"),
        id="workbook with a password",
    ),
    pytest.param(lambda p: as_workbook(p, b"ID,Name\n"), 2, ("not an xlsx workbook",), id="text named xlsx"),
    pytest.param(
        lambda p: fill(p, GOOD, header="ID,Name,E-Mail,Job,Note"),
        3,
        ("no longer has the column 'Mail'", "E-Mail"),
        id="a column that was there",
    ),
    pytest.param(
        lambda p: rules(p, "from: Job", "from: Jobb"),
        2,
        ("people.yml:10", "unknown column 'Jobb'", "did you mean 'Job'?"),
        id="a column never seen",
    ),
    pytest.param(extra_column_where_none_may_be, 3, ("'Shoe size'", "columns: exact"), id="extra column"),
    pytest.param(
        lambda p: rules(p, "job_title:", "job_titel:"),
        2,
        ("people.yml:10", "job_titel", "did you mean 'job_title'?"),
        id="a typo in a rule file",
    ),
    pytest.param(
        lambda p: rules(p, "  key: [ID]", "  key: [ID]\n  encoding: cp1525"),
        2,
        ("unknown encoding 'cp1525'",),
        id="unknown encoding",
    ),
    pytest.param(
        lambda p: rules(p, "  key: [ID]", "  key: [ID]\n  encoding: utf-16"),
        2,
        ("byte order mark", "utf-16-le"),
        id="declared as UTF-16 without its mark",
    ),
]


@pytest.mark.parametrize(("harm", "code", "words"), STOPPED)
def test_a_harmed_delivery_stops_the_run(office: Path, harm: Harm, code: int, words: tuple[str, ...]) -> None:
    """Exit code and words; nothing is written, not even a run."""
    before = dump(office / "crm.db")
    harm(office)
    refused(run(office), code, words)
    assert differing(before, dump(office / "crm.db")) == set()


def test_no_rows_under_the_header_is_a_delivery_like_any_other(office: Path) -> None:
    """Without `expects` the people become inactive; none is deleted, and they come back."""
    fill(office, ())
    answer = run(office)
    assert (answer.code, account(answer.data)) == (0, (0, 0, 0, 0, 0, 0))
    assert question(office / "crm.db", "SELECT DISTINCT status FROM customer") == [("inactive",)]
    fill(office, GOOD)
    assert run(office).code == 0
    assert question(office / "crm.db", "SELECT DISTINCT status FROM customer") == [("active",)]


def test_a_first_delivery_without_rows_loads_nothing(tmp_path: Path) -> None:
    """Exit 0, no customer, nothing extracted."""
    project = people(tmp_path, ())
    answer = run(project)
    assert (answer.code, account(answer.data), names(project)) == (0, (0, 0, 0, 0, 0, 0), [])


def test_a_column_nobody_takes_is_reported_and_read_past(office: Path) -> None:
    """The run goes on and writes nothing; `check` names the column."""
    with_shoe_size(office)
    answer = run(office)
    assert (answer.code, account(answer.data)) == (0, (2, 2, 0, 0, 0, 0))
    assert [one["columns"]["unclaimed"] for one in crm("check", office).data["maps"]] == [["Shoe size"]]


# --- rows and values that are not what they should be ---
ODD = [
    ('1,"Ann ""Annie"" O\'Ash",ann@post.example,=1+1,Nord\U0001f600"s', ()),
    ("2,דוד כהן,david@post.example,+49-1,@SUM(A1)", ()),
    ('3,"Broken "quote,c@post.example,,', (("CSV-BROKEN-QUOTE", "quarantine"),)),
    ("4,Too,Many,,,,,", (("CSV-RAGGED", "quarantine"),)),
    ("5,Few", (("CSV-RAGGED", "quarantine"),)),
    ("6,Dora One,d@post.example,,", (("DUPLICATE-KEY", "quarantine"),)),
    ("6,Dora Two,d@post.example,,", (("DUPLICATE-KEY", "quarantine"),)),
    ("7,Same Row,,,", ()),
    ("7,Same Row,,,", ()),
    (",No Key,,,", (("KEY-MISSING", "quarantine"),)),
    ("8,,nobody@post.example,,", (("NAME-MISSING", "quarantine"),)),
    ("9,Miles MÃ¼ller,,,", (("TEXT-MOJIBAKE", "warn"),)),
    ("10,Nell Null,n@@post,,x\x00y", (("EMAIL-INVALID", "withhold"), ("NUL-CHARACTER", "withhold"))),
    ('11,"Open quote,e@post.example,,', (("CSV-BROKEN-QUOTE", "quarantine"),)),
    ("12,Last One,,,", ()),
    ("14,Zoe\x00Ann Zimt,,,", (("NUL-CHARACTER", "withhold"),)),
]
"""Lines of the file with what is listed of each: code and severity."""
LARGE = "5 MB of " + "remarks, " * 600_000


def odd_lines() -> list[str]:
    """The lines, and one with the huge cell."""
    return [*(line for line, _ in ODD), f'13,Big Cell,,,"{LARGE}"']


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """All odd lines and one huge cell, loaded once; the project and the answer of its run."""
    project = people(tmp_path_factory.mktemp("odd"), odd_lines())
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return project, answer.data


@pytest.mark.parametrize(
    ("place", "listing"), [pytest.param(n, found, id=line) for n, (line, found) in enumerate(ODD)]
)
def test_each_odd_line_is_listed_with_its_raw_text(
    odd: tuple[Path, dict[str, Any]], place: int, listing: tuple[tuple[str, str], ...]
) -> None:
    """What is wrong with a line is listed, and nothing else about it."""
    found = rejected(odd[0], place + 2)
    assert [(one["code"], one["severity"]) for one in found] == list(listing)
    assert all(one["raw"] and one["sentence"] for one in found)


def test_the_account_of_odd_lines_balances(odd: tuple[Path, dict[str, Any]]) -> None:
    """17 rows: 8 mapped, 8 quarantined, 1 of two equal ones discarded; three values withheld."""
    assert account(odd[1]) == (17, 8, 0, 8, 1, 3)
    assert "Zoe\\u0000Ann Zimt" in names(odd[0])


def test_a_row_with_broken_quotes_keeps_its_raw_text(odd: tuple[Path, dict[str, Any]]) -> None:
    """Byte for byte, quotation marks included."""
    raws = {raw for code, _, raw in listed(odd[0]) if code == "CSV-BROKEN-QUOTE"}
    assert raws == {ODD[2][0], ODD[13][0]}


def test_rows_under_one_key_are_quarantined_side_by_side(odd: tuple[Path, dict[str, Any]]) -> None:
    """Neither is loaded, both are listed whole."""
    raws = [raw or "" for code, _, raw in listed(odd[0]) if code == "DUPLICATE-KEY"]
    assert ["Dora One" in raws[0], "Dora Two" in raws[1], "Dora" in str(names(odd[0]))] == [True, True, False]


def test_strange_texts_load_exactly(odd: tuple[Path, dict[str, Any]]) -> None:
    """Right-to-left names, emoji, quotation marks and formulas as they are; NUL as six characters."""
    sql = "SELECT display_name, job_title, line1 FROM customer c JOIN person p ON p.customer_id = c.id"
    found = question(odd[0] / "crm.db", f"{sql} JOIN address a ON a.customer_id = c.id ORDER BY 1")
    assert found == [
        ("Ann O'Ash", "=1+1", 'Nord\U0001f600"s'),
        ("Big Cell", None, LARGE.strip()),
        ("Nell Null", None, "x\\u0000y"),
        ("דוד כהן", "+49-1", "@SUM(A1)"),
    ]


def test_strange_texts_are_exported_exactly(odd: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Formulas are not defused, a quotation mark is doubled, five megabytes are whole."""
    files = exported(odd[0], tmp_path / "out")
    wanted = ("=1+1", "דוד כהן", "Ann O'Ash", "Annie")
    assert [text for text in wanted if text.encode() not in files["person.csv"]] == []
    wanted = ('"Nord\U0001f600""s"', "x\\u0000y", LARGE.strip(), "@SUM(A1)")
    assert [text[:20] for text in wanted if text.encode() not in files["address.csv"]] == []


def test_strange_texts_are_the_same_out_of_postgresql(
    odd: tuple[Path, dict[str, Any]], postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte of the exports; a second run writes nothing."""
    project = people(tmp_path / "odd", odd_lines())
    files = exported(odd[0], tmp_path / "sqlite")
    monkeypatch.setenv("CRM_URL", postgres_url)
    assert (run(project).code, run(project).data["written_rows"]) == (0, 0)
    assert exported(project, tmp_path / "postgresql") == files


def test_spoilt_letters_are_traced_to_their_line(odd: tuple[Path, dict[str, Any]]) -> None:
    """The likely right text is told for the cell of line 13."""
    assert "Müller" in str(crm("trace", "people.csv!13!Name", "-p", odd[0]).data)


ENCODINGS = [
    pytest.param(
        "cp1252", "utf-8", [("TEXT-MOJIBAKE", "warn", "JÃ¶rg MÃ¼ller")], ["Ann Ash", "JÃ¶rg MÃ¼ller"], 0,
        id="UTF-8 declared as cp1252: loaded, and listed with the likely right text",
    ),
    pytest.param(
        "utf-8", "cp1252", [("ENCODING-INVALID", "quarantine", "1,J\\xf6rg M\\xfcller,,,")], ["Ann Ash"], 1,
        id="cp1252 declared as UTF-8: the row is quarantined with its bytes",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "real", "listing", "loaded_names", "quarantined"), ENCODINGS)
def test_a_wrong_encoding_is_found(
    tmp_path: Path,
    declared: str,
    real: str,
    listing: list[tuple[str, ...]],
    loaded_names: list[str],
    quarantined: int,
) -> None:
    """Every row is somewhere, and what is spoilt is listed."""
    lines = ("1,Jörg Müller,,,", "2,Ann Ash,,,")
    project = people(tmp_path, lines, source=f"encoding: {declared}", encoding=real)
    answer = run(project)
    assert account(answer.data) == (2, 2 - quarantined, 0, quarantined, 0, 0)
    assert (listed(project), names(project)) == (listing, loaded_names)


def test_rows_before_the_place_where_a_file_breaks_off_are_loaded(tmp_path: Path) -> None:
    """The rest is quarantined as it stands there, with a sentence and what to do."""
    project = people(tmp_path, source="file: people.json")
    changes = (("people.yml", "reader: csv", "reader: json"), ("crm_unify.yml", "people.csv", "."))
    for name, old, new in changes:
        file = project / name
        file.write_text(file.read_text("utf-8").replace(old, new), encoding="utf-8")
    whole = '{"ID": 1, "Name": "Ann Ash", "Mail": "a@post.example", "Job": "", "Note": ""}'
    (project / "people.json").write_text(f'[{whole}, {{"ID": 2, "Name": "Be', encoding="utf-8")
    assert account(run(project).data) == (2, 1, 0, 1, 0, 0)
    said = "SELECT code, sentence, suggestion FROM mig_quarantine WHERE severity = 'quarantine'"
    assert question(project / "crm.db", said) == [(
        "FILE-CUT-OFF",
        "The file ends in the middle of this row, or nothing can be read from here on.",
        "Ask for the delivery again; the rows before it are read.",
    )]
