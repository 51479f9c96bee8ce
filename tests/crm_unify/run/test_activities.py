"""Notes, deals and owners out of an old contact manager: readable in the CRM, the original beside them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.projects import Answer, crm, dump, question, run

PROJECT: Final = """\
project: desk
sources: {desk: {path: .}}
rules: [contacts.yml, deals.yml, notes.yml]
target: sqlite:///crm.db
"""
OF: Final = "customer: {lookup: [desk, contacts, WHO]}"
RULES: Final = {
    "contacts": "person: {full_name: {from: NAME}, owner: {from: OWNER}}",
    "deals": f"opportunity: {{{OF}, title: {{from: WHAT}}, stage: {{from: STAGE}}, amount: {{from: SUM}}, "
    "probability: {from: CHANCE}, owner: {from: OWNER}}",
    "notes": f"activity: {{{OF}, kind: {{from: KIND}}, occurred_at: {{from: ON}}, original: {{from: NOTE}}, "
    "body: {from: NOTE, transform: [rtf_to_text, html_to_text]}, owner: {from: OWNER}}",
    "users": "app_user: {name: {from: NAME}, email: {from: MAIL}}",
}
RTF: Final = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}"
    r"\f0 Gespr\'e4ch mit Herrn M\'fcller.\par Ruft {\b morgen} an.}"
)
HTML: Final = "<p>Wants 3&nbsp;quotes,<br>see <b>offer</b></p>"
FILES: Final = {
    "contacts": "ID,NAME,OWNER\nc1,Ann Ash,jsmith\nc2,Ben Birch,\n",
    "deals": "ID,WHO,WHAT,STAGE,SUM,CHANCE,OWNER\nd1,c1,New roof,offer,1200.50,40,jsmith\n"
    "d2,c2,Fence,won,80,100,mkay\n",
    "notes": f'ID,WHO,KIND,ON,NOTE,OWNER\nn1,c1,call,2019-03-05,"{RTF}",mkay\n'
    f'n2,c1,mail,2019-03-06,"{HTML}",\n'
    "n3,c2,note,2019-03-07,as before,j:doe\n",
}
OWNERS: Final = """
    SELECT o.what, u.user_key, u.name, u.is_placeholder FROM (
        SELECT display_name AS what, owner_id FROM customer UNION ALL SELECT title, owner_id FROM opportunity
        UNION ALL SELECT kind, owner_id FROM activity) o JOIN app_user u ON u.id = o.owner_id ORDER BY 1"""


def map_file(name: str) -> str:
    """The rule file of one of the files."""
    source = f"source: {{system: desk, reader: csv, file: {name}.csv, key: [ID]}}"
    return f"map: {name}\n{source}\ntargets:\n  - {RULES[name]}\n"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """The project and what its first run answered; nobody has delivered a list of users yet."""
    project = tmp_path_factory.mktemp("desk")
    (project / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    for name, text in FILES.items():
        (project / f"{name}.yml").write_text(map_file(name), encoding="utf-8")
        (project / f"{name}.csv").write_text(text, encoding="utf-8")
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return project, answer


@pytest.fixture
def desk(first: tuple[Path, Answer], tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(first[0], tmp_path / "desk"))


def with_users(desk: Path, lines: str) -> None:
    """Deliver a list of users."""
    (desk / "crm_unify.yml").write_text(
        PROJECT.replace("notes.yml", "notes.yml, users.yml"), encoding="utf-8"
    )
    (desk / "users.yml").write_text(map_file("users"), encoding="utf-8")
    (desk / "users.csv").write_text(f"ID,NAME,MAIL\n{lines}", encoding="utf-8")


def edited(desk: Path, sql: str) -> None:
    """A person changes the CRM."""
    with closing(sqlite3.connect(desk / "crm.db")) as con:
        con.execute(sql)
        con.commit()


def test_notes_are_readable_and_their_original_is_kept(first: tuple[Path, Answer]) -> None:
    """Rich text and HTML become plain lines beside the text as found; a plain note stays."""
    asked = "SELECT body, original FROM activity ORDER BY occurred_at"
    assert question(first[0] / "crm.db", asked) == [
        ("Gespräch mit Herrn Müller.\nRuft morgen an.", RTF),
        ("Wants 3 quotes,\nsee offer", HTML),
        ("as before", "as before"),
    ]


def test_deals_hang_on_their_customer(first: tuple[Path, Answer]) -> None:
    """An opportunity has its amount in minor units and its chance as the source says it."""
    asked = """SELECT title, display_name, stage, amount, currency, probability
        FROM opportunity o JOIN customer c ON c.id = o.customer_id ORDER BY title"""
    assert question(first[0] / "crm.db", asked) == [
        ("Fence", "Ben Birch", "won", 8000, "EUR", "100"),
        ("New roof", "Ann Ash", "offer", 120050, "EUR", "40"),
    ]


def test_owners_nobody_describes_become_placeholders(first: tuple[Path, Answer]) -> None:
    """Each is one user, whoever names it; where no owner is named there is none."""
    assert question(first[0] / "crm.db", OWNERS) == [
        ("Ann Ash", "jsmith", None, 1),
        ("Fence", "mkay", None, 1),
        ("New roof", "jsmith", None, 1),
        ("call", "mkay", None, 1),
        ("note", "j:doe", None, 1),
    ]
    assert question(first[0] / "crm.db", "SELECT count(*) FROM app_user") == [(3,)]


def test_a_second_run_writes_nothing(desk: Path) -> None:
    """Placeholders come from no record and are still not written twice."""
    before = dump(desk / "crm.db")
    assert run(desk).data["written_rows"] == 0
    after = dump(desk / "crm.db")
    assert {name for name in before if before[name] != after[name]} == {"mig_run"}


def test_a_list_of_users_that_comes_later_fills_them_in(desk: Path) -> None:
    """The placeholder keeps its key; a user who then leaves the list keeps name and possessions."""
    ids = "SELECT id FROM app_user WHERE user_key = 'jsmith'"
    before = question(desk / "crm.db", ids)
    with_users(desk, "jsmith,Jo Smith,jo@desk.example\nold,Al Old,\n")
    assert run(desk).code == 0
    (desk / "users.csv").write_text("ID,NAME,MAIL\n", encoding="utf-8")
    assert run(desk).code == 0
    assert question(desk / "crm.db", ids) == before
    listed = "SELECT user_key, name, email, is_placeholder FROM app_user ORDER BY user_key"
    assert question(desk / "crm.db", listed) == [
        ("j:doe", None, None, 1),
        ("jsmith", "Jo Smith", "jo@desk.example", 0),
        ("mkay", None, None, 1),
        ("old", "Al Old", None, 0),
    ]
    assert run(desk).data["written_rows"] == 0


def test_what_a_person_says_of_a_user_stays(desk: Path) -> None:
    """A name typed into a placeholder stays while no list says anything."""
    edited(desk, "UPDATE app_user SET name = 'Max Kay' WHERE user_key = 'mkay'")
    assert run(desk).data["written_rows"] == 0
    assert question(desk / "crm.db", "SELECT name FROM app_user WHERE user_key = 'mkay'") == [("Max Kay",)]


def test_undo_takes_users_back(desk: Path) -> None:
    """With the list of users undone, the placeholder is one again, and nothing else has moved."""
    before = dump(desk / "crm.db")
    with_users(desk, "jsmith,Jo Smith,\nnew,Al New,\n")
    assert run(desk).code == 0
    assert crm("undo", "last", "-p", desk, "--yes").code == 0
    after = dump(desk / "crm.db")
    assert before["app_user"] == after["app_user"]
    assert before["customer"] == after["customer"]


def test_a_cell_is_traced_into_a_note(first: tuple[Path, Answer]) -> None:
    """The rich text went into body and original of one activity, by these transforms."""
    (cell,) = crm("trace", "notes.csv!2!NOTE", "-p", first[0]).data["traces"]
    golden = {step["target"]: (step["golden"], step["how"]) for step in cell["steps"]}
    assert golden == {
        "activity.original": (RTF, "as found"),
        "activity.body": ("Gespräch mit Herrn Müller.\nRuft morgen an.", "rtf_to_text, html_to_text"),
    }
