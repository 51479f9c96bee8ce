"""Records side by side: what agrees, what differs, and who won."""

from typing import Any

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.customer import CustomerView, GoldenValue
from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.evidence import SHOWN, of_customer, of_pair, telling
from crm_unify.steward.report.who import Row
from tests.crm_unify.steward.report.invented import fate, left


def known(key: str, system: str = "club", **claims: Any) -> KnownRecord:
    """A person's record; what is no list belongs to the person."""
    lists = {kind: rows for kind, rows in claims.items() if isinstance(rows, list)}
    own = {name: value for name, value in claims.items() if name not in lists}
    return KnownRecord(
        record_id=f"{system}.members:{key}#person", map="members", system=system, kind="person", key=key,
        row_hash=f"r{key}", state="active", created=None, updated=None, raw={}, lineage=(),
        claims={"person": own, **lists}, customer_id="C-1",
    )


def viewed(*records: KnownRecord, golden: dict[str, tuple[str, str, str]] | None = None) -> CustomerView:
    """A customer with golden values ``field: (value, key of the winner, why)``."""
    values = tuple(
        GoldenValue(f"person.{name}", value, f"club.members:{key}#person", why, ())
        for name, (value, key, why) in (golden or {}).items()
    )
    return CustomerView(
        id="C-1", asked_for="C-1", kind="person", display_name="Eva", status="active", owner=None,
        golden=values, kept={}, consent=(), organisations=(), orders=(), cases=(), opportunities=(),
        activities=(), records=records, corrections=(),
    )


def marks(row: Row) -> list[list[str]]:
    """The marks of a row, by record."""
    return [[item.mark for item in cell] for cell in row.cells]


def test_values_are_marked_against_the_golden_one(club: LoadedProject, connection: sa.Connection) -> None:
    """Case and blanks make no difference; the winner is named only where somebody disagrees."""
    records = (known("1", full_name="Eva Lorenz", gender="F"), known("2", full_name="eva  lorenz"),
               known("3", full_name="Eva Hartmann"))
    golden = {"full_name": ("Eva Lorenz", "1", "recent"), "gender": ("F", "1", "only")}
    name, gender = of_customer(viewed(*records, golden=golden), left(club, connection)).rows
    assert marks(name) == [["same"], ["same"], ["differs"]]
    assert (name.winner, name.decided_by) == (0, "most recent")
    assert (marks(gender), gender.winner, gender.decided_by) == ([["same"], [], []], None, None)


def test_values_that_records_share_are_marked(club: LoadedProject, connection: sa.Connection) -> None:
    """Two spellings of one address are the same; an e-mail of one record alone is not marked."""
    mails = [[{"kind": "email", "value_norm": mail}] for mail in ("a@x.example", "b@x.example")]
    town = {"postal_code": "13353", "city": "Berlin"}
    streets = [[{"line1": street} | town] for street in ("Hauptstr. 1", "Hauptstraße 1")]
    records = [known(str(i), contact_point=mails[i], address=streets[i]) for i in (0, 1)]
    rows = {row.label: row for row in of_pair(records, left(club, connection)).rows}
    assert marks(rows["E-mail"]) == [[""], [""]]
    assert marks(rows["Address"]) == [["same"], ["same"]]


def test_a_pair_is_compared_with_each_other(club: LoadedProject, connection: sa.Connection) -> None:
    """What only one of the two says is neither same nor different."""
    first = known("1", full_name="Anna Keller", birth_date="1980-01-02")
    pair = [first, known("2", full_name="Anna Kellner")]
    name, born = of_pair(pair, left(club, connection)).rows
    assert (marks(name), marks(born)) == ([["differs"], ["differs"]], [[""], []])


def test_of_every_system_one_record_is_shown_before_of_any_a_second() -> None:
    """A customer of many records is shown by its breadth, in order of record id."""
    many = [known(f"{i:02d}") for i in range(20)] + [known("1", "shop"), known("1", "zoo")]
    shown = telling(many)
    assert [record.system for record in shown] == ["club", "club", "club", "shop", "zoo"]
    assert len(shown) == SHOWN


def test_a_record_is_named_by_its_place_in_the_sources(
    club: LoadedProject, connection: sa.Connection
) -> None:
    """File and row where the workspace knows them; money with its currency; what is said of consent."""
    account = [{"system": "club", "account_no": "7", "balance": -123456, "currency": "EUR"}]
    consent = [{"channel": "email", "status": "opted_out", "raw_flag": "N"}]
    record = known("7", account=account, consent=consent)
    shown = of_pair([record], left(club, connection, fates=[fate(7, "mapped")]))
    assert shown.columns[0].place == "members.csv, row 8"
    texts = [row.cells[0][0].text for row in shown.rows]
    assert texts == ["club 7: -1,234.56 EUR", "email: opted out (said 'N')"]
