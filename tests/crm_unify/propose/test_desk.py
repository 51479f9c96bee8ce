"""A desk with deals, calls and users is proposed as such, runs unedited and is readable in the CRM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_unify.propose.words import standard_use, table_kinds
from crm_unify.rules.load import load_rules
from crm_unify.rules.model import Entry
from tests.crm_unify.propose.test_init import PEOPLE, initialised, table
from tests.projects import crm, question, run

RTF = r"{\rtf1\ansi\ansicpg1252 Gespr\'e4ch %d.\par Ruft {\b morgen} an.}"
FIRMS = ("Adler", "Birke", "Celle", "Dorn", "Eiche", "Falke", "Garbe", "Hafen", "Insel", "Jordan")
HTML = "<p>Wants %d&nbsp;quotes,<br>see <b>offer</b></p>"


def _rows(count: int, *cells: str) -> list[list[str]]:
    """Rows of these cells, with the number of the row in place of {n}, of a customer, a user and a month."""
    numbers = ({"n": n, "who": n % 30, "user": n % 5, "month": 1 + n % 9} for n in range(count))
    return [[cell.format(**named) for cell in cells] for named in numbers]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that is proposed for the files of a desk, after its first run."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "desk").mkdir()
    raw = folder / "desk"
    firms = [[f"F{n:03}", f"{name} GmbH", f"{name}stadt"] for n, name in enumerate(FIRMS)]
    table(raw / "firms.csv", ["firm id", "company name", "city"], firms)
    people = [[f"A{n:03}", *PEOPLE[n % 8].split(), f"p{n}@mail.example", f"u{n % 5}"] for n in range(30)]
    head = ["client no", "first name", "last name", "email", "Betreuer", "firm id"]
    table(raw / "clients.csv", head, [[*row, f"F{n % 10:03}"] for n, row in enumerate(people)])
    deals = _rows(40, "D{n:03}", "A{who:03}", "Deal {n}", "offer", "{n}.50", "2019-0{month}-15", "u{user}")
    head = ["id", "client no", "deal name", "stage", "amount", "close date", "OwnerId"]
    table(raw / "deals.csv", head, deals)
    calls = _rows(40, "C{n:03}", "A{who:03}", "2019-0{month}-11", "Call {n}")
    notes = [[*row, (RTF if n % 2 else HTML) % n] for n, row in enumerate(calls)]
    table(raw / "calls.csv", ["call id", "client no", "call date", "subject", "notes"], notes)
    users = [[f"u{n}", PEOPLE[n], f"u{n}@desk.example"] for n in range(4)]
    table(raw / "users.csv", ["user id", "name", "email"], users)
    assert initialised(folder / "new", "--source", raw).code == 0
    answer = run(folder / "new")
    assert answer.code == 0, answer.stderr
    return folder / "new"


def _entry(desk: Path, name: str) -> Entry:
    (branch,) = load_rules(desk / "rules" / f"desk_{name}.yml").rules.targets
    return branch.entries[0]


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        pytest.param("clients", "person", {"given_name", "family_name", "owner"}, id="customers"),
        pytest.param(
            "deals",
            "opportunity",
            {"customer", "title", "stage", "amount", "expected_close", "owner"},
            id="deals",
        ),
        pytest.param(
            "calls",
            "activity",
            {"customer", "kind", "subject", "occurred_at", "body", "original"},
            id="calls",
        ),
        pytest.param("users", "app_user", {"name", "email"}, id="users"),
    ],
)
def test_each_table_is_what_it_is_called_and_holds(
    desk: Path, name: str, kind: str, fields: set[str]
) -> None:
    """Customers with their owner, deals and calls that hang on them, and users, who are no customers."""
    made = _entry(desk, name)
    assert (made.kind, fields - set(made.fields)) == (kind, set())


def test_notes_are_readable_and_their_original_is_kept(desk: Path) -> None:
    """Both kinds of mark-up become the text that a person reads."""
    asked = "SELECT body, original, kind FROM activity WHERE subject IN ('Call 2', 'Call 3') ORDER BY subject"
    assert question(desk / "crm.db", asked) == [
        ("Wants 2 quotes,\nsee offer", HTML % 2, "call"),
        ("Gespräch 3.\nRuft morgen an.", RTF % 3, "call"),
    ]


def test_owners_are_the_users_of_the_list_and_others_placeholders(desk: Path) -> None:
    """Four are described, the fifth only owns; nobody of the list became a customer."""
    asked = "SELECT user_key, name, is_placeholder FROM app_user ORDER BY user_key"
    known = [(f"u{n}", PEOPLE[n], 0) for n in range(4)]
    assert question(desk / "crm.db", asked) == [*known, ("u4", None, 1)]
    assert question(desk / "crm.db", "SELECT count(*) FROM customer") == [(40,)]


def test_ties_between_customers_are_asked_about(desk: Path) -> None:
    """The column is mapped nowhere: as a number of the person it would make colleagues one."""
    rules = load_rules(desk / "rules" / "desk_clients.yml").rules
    assert any("firm id names a row of firms" in one.what for one in rules.rules.values())
    taken = [field.from_ for entry in rules.targets[0].entries for field in entry.fields.values()]
    assert "firm id" not in taken


def test_sums_and_sizes_are_proposed_and_hold(desk: Path) -> None:
    """The deals add up to what was loaded; half of the rows are the least that a delivery may have."""
    rules = load_rules(desk / "rules" / "desk_deals.yml").rules
    (total,) = rules.reconcile
    assert (total.source, total.target) == ("sum(money(amount))", "sum(opportunity.amount)")
    assert (rules.source.expects.min_rows, rules.source.expects.max_drop_pct) == (20, 20)
    assert question(desk / "crm.db", "SELECT sum(amount) FROM opportunity") == [(80000,)]
    assert crm("check", desk).code == 0


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        pytest.param(table_kinds("Gesprächsnotizen")[:1], ("activity.note",), id="German notes"),
        pytest.param(table_kinds("hubspot_deals")[:1], ("opportunity",), id="deals of a system"),
        pytest.param(table_kinds("customers"), (), id="customers"),
        pytest.param(standard_use("vcard", "FN"), "person.full_name", id="vCard"),
        pytest.param(standard_use("csv", "FN"), None, id="no standard"),
    ],
)
def test_names_of_tables_and_standards_say_what_is_meant(found: Any, wanted: Any) -> None:
    """In eight languages, and by the format of the file."""
    assert found == wanted
