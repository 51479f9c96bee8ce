"""A project and its twin that has lost the workspace: the one looks at news, the other at everything."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import sqlalchemy as sa

from pipelines.ledger import read_ledger
from pipelines.ledger_cache import LONG, kept
from tests.projects import AS_OF, Answer, copy_of, crm, question

TOLD = ("account", "customers", "lost_evidence", "open_keys", "rekeyed", "review_pairs", "waiting")
"""What both answer alike."""
MAILS = (
    "anna.keller@post.example",
    "jonas.keller@mail.example",
    "p.weiss@firma.example",
    "eva.hartmann@web.example",
    "info@bergmann-technik.example",
    "new@post.example",
)
NAMES = ("Anna Keller", "Jonas Keller", "Paul Weiss", "Eva Hartmann", "Petra Vogel", "Olaf Brandt")


def sync(project: Path) -> Answer:
    """``crm-unify sync`` on the date of the tests."""
    return crm("sync", project, "--as-of", AS_OF)


def plan_of(project: Path, run: int) -> list[str]:
    """The lines of the plan of a run."""
    return (project / ".crm_unify" / f"run-{run}" / "plan.jsonl").read_text(encoding="utf-8").splitlines()


def synced_alike(project: Path, twin: Path) -> Answer:
    """The answer of the sync of a project, which its twin gave, too, with the same plan."""
    shutil.rmtree(twin / ".crm_unify", ignore_errors=True)
    mine, other = sync(project), sync(twin)
    assert (mine.code, other.code) == (0, 0), (mine.stderr, other.stderr)
    assert {name: mine.data[name] for name in TOLD} == {name: other.data[name] for name in TOLD}
    assert_remembered(project, mine.data["run"])
    if not mine.data["quiet"]:
        assert plan_of(project, mine.data["run"]) == plan_of(twin, other.data["run"])
    return mine


def assert_remembered(project: Path, run: int) -> None:
    """The ledger in the workspace after a run is the one in the database, and is believed."""
    engine = sa.create_engine(f"sqlite:///{project / 'crm.db'}")
    now = read_ledger(engine)
    with engine.connect() as connection:
        held = kept(project / ".crm_unify" / f"run-{run}", now.state, connection)
    engine.dispose()
    assert held is not None
    assert {name: table.to_pylist() for name, table in held.items()} == {
        name: getattr(now, name).to_pylist() for name in LONG
    }


# --- what happens to the tour ---
def news(project: Path, random: Random) -> None:
    """A row of the newsletter is edited, answers otherwise, comes or goes, and all are shuffled: no key."""
    file = project / "newsletter.csv"
    head, *rows = file.read_bytes().decode("cp1252").splitlines()
    at, deed = random.randrange(len(rows)), random.choice(("mail", "name", "flag", "flag", "come", "go"))
    cells = rows[at].split(";")
    changed = {
        "mail": (random.choice(MAILS), *cells[1:]),
        "name": (cells[0], random.choice(NAMES), *cells[2:]),
        "flag": (*cells[:2], {"N": "Y"}.get(cells[2], "N"), *cells[3:]),
    }
    if deed in changed:
        rows[at] = ";".join(changed[deed])
    elif deed == "come" or len(rows) < 3:
        rows.append(f"{random.choice(MAILS)};{random.choice(NAMES)};N;")
    else:
        del rows[at]
    random.shuffle(rows)
    file.write_bytes("\n".join([head, *rows, ""]).encode("cp1252"))


def _execute(database: Path, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(database)) as con:
        con.execute(statement, values)
        con.commit()


def billing(project: Path, random: Random) -> None:
    """A customer of billing gets a value of another one, or another address, comes or goes."""
    database = project / "billing.db"
    keys = [key for (key,) in question(database, "SELECT CUSTNO FROM CUSTOMERS")]
    one, other = random.choice(keys), random.choice(keys)
    column = random.choice(("EMAIL", "TEL", "STREET", "NAME", "CONTACT", "DOB", "BALANCE", "go", "come"))
    if column == "go" and len(keys) > 5:
        _execute(database, "DELETE FROM CUSTOMERS WHERE CUSTNO = ?", one)
    elif column == "come":
        values = "TYPE, NAME, CONTACT, STREET, ZIP, CITY, TEL, EMAIL, DOB, OPENED, BALANCE"
        copy = f"SELECT ?, {values} FROM CUSTOMERS WHERE CUSTNO = ? AND TYPE IS NOT NULL LIMIT 1"
        _execute(database, f"INSERT INTO CUSTOMERS {copy}", random.choice(("9999", "0010")), one)
    elif column == "EMAIL":
        _execute(database, "UPDATE CUSTOMERS SET EMAIL = ? WHERE CUSTNO = ?", random.choice(MAILS), one)
    elif column != "go":
        value = f"(SELECT {column} FROM CUSTOMERS WHERE CUSTNO = ?)"
        _execute(database, f"UPDATE CUSTOMERS SET {column} = {value} WHERE CUSTNO = ?", other, one)


def orders(project: Path, random: Random) -> None:
    """An order is of another customer, of another amount, or new."""
    database = project / "billing.db"
    keys = [key for (key,) in question(database, "SELECT CUSTNO FROM CUSTOMERS")]
    first = "WHERE ORDNO = (SELECT min(ORDNO) FROM ORDERS)"
    deed, key = random.choice(("move", "total", "come")), random.choice((*keys, "9999"))
    if deed == "move":
        _execute(database, f"UPDATE ORDERS SET CUSTNO = ? {first}", key)
    elif deed == "total":
        _execute(database, f"UPDATE ORDERS SET TOTAL = ? {first}", f"{random.randrange(99)},50")
    else:
        number = f"B-{random.randrange(99)}"
        _execute(database, "INSERT INTO ORDERS VALUES (?, ?, '20260122', '75,50')", number, key)


def decided(project: Path, random: Random) -> None:
    """Somebody speaks on two records."""
    records = [r for (r,) in question(project / "crm.db", "SELECT record_id FROM mig_xref ORDER BY 1")]
    one, other = random.sample(records, 2)
    verdict = random.choice(("same", "different", "unsure"))
    assert crm("decide", one, other, verdict, "--why", "a test", "-p", project, "--yes").code == 0


def touched(project: Path, random: Random) -> None:
    """A CRM user edits an address or number."""
    ids = [i for (i,) in question(project / "crm.db", "SELECT id FROM contact_point ORDER BY 1")]
    _execute(project / "crm.db", "UPDATE contact_point SET label = 'CRM' WHERE id = ?", random.choice(ids))


HAPPENINGS: tuple[Callable[[Path, Random], None], ...] = (
    *(news, news, billing, billing, orders, decided, touched),
)


def toured_alike(project: Path, folder: Path, *, seed: int, steps: int) -> list[str | None]:
    """What the syncs of so many days said about working everything out anew; all like those of a twin."""
    random, said = Random(seed), list[str | None]()
    for step in range(steps):
        for _ in range(random.randint(1, 3)):
            random.choice(HAPPENINGS)(project, random)
        said.append(synced_alike(project, copy_of(project, folder / f"twin-{step}")).data["anew"])
    return said
