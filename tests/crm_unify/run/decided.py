"""Towns of people of two records each, with fifty decisions on each town; which of these a run has broken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.crm_unify.run.people import people
from tests.projects import crm, question, run

GIVEN = ("Ada", "Bruno", "Clara", "David", "Edith", "Felix", "Greta", "Hugo", "Irma", "Jonas")
FAMILY = (
    "Abel",
    "Brandt",
    "Cremer",
    "Dorn",
    "Eckert",
    "Falk",
    "Gross",
    "Hoffmann",
    "Ihle",
    "Jung",
    "Kern",
    "Lang",
)
STREETS = (
    "Acorn",
    "Birch",
    "Cedar",
    "Damson",
    "Elder",
    "Fir",
    "Gorse",
    "Hazel",
    "Ivy",
    "Juniper",
    "Larch",
    "Maple",
)
ENDINGS = ("", "sen", "mann", "hof")
NAMES = 60
"""People until given and family names begin anew, with another ending."""
TOWN = 48
"""People; each has a record with an even number and the next odd one."""


def row(record: int, **changes: str) -> str:
    """A line of the file: person ``record // 2``; the two records of a person differ in the job alone."""
    who = record // 2
    round_, family = who // NAMES, FAMILY[who % len(FAMILY)]
    given = GIVEN[(who + 3 * round_) % len(GIVEN)]
    family += ENDINGS[round_ % len(ENDINGS)]
    said = {
        "Name": f"{given} {family}",
        "Mail": f"{given}.{family}{who}@post.example".lower(),
        "Job": "Clerk" if record % 2 else "Baker",
        "Note": f"{STREETS[who % len(STREETS)]} Street {who + 1}",
    }
    return ",".join([str(record), *(said | changes).values()])


def town(towns: int = 1) -> list[str]:
    """Every line of the file."""
    return [row(record) for record in range(2 * TOWN * towns)]


def record_id(record: int) -> str:
    """The id of a record of the town."""
    return f"office.people:{record}#person"


def customer_of(project: Path, record: int) -> str:
    """The customer a record belongs to now."""
    query = f"SELECT customer_id FROM mig_xref WHERE record_id = '{record_id(record)}'"
    ((found,),) = question(project / "crm.db", query)
    return str(found)


def say(project: Path, command: str, *words: str) -> dict[str, Any]:
    """Record a decision as a person would; it must be taken."""
    answer = crm(command, *words, "-p", project, "--why", "she told us", "--by", "Ada")
    assert answer.code == 0, answer.stderr
    return answer.data


def decided_town(folder: Path, towns: int = 1) -> Path:
    """The towns after their first run, more than fifty decisions on each, and the run that obeys them."""
    project = people(folder, town(towns))
    assert run(project).code == 0
    for first in range(0, towns * TOWN, TOWN):
        _decide(project, first)
    assert run(project).code == 0
    return project


def _decide(project: Path, first: int) -> None:
    """Decisions of every kind on the people of the town that begins with this one."""
    for who in range(first, first + 10, 2):
        say(project, "merge", customer_of(project, 2 * who), customer_of(project, 2 * who + 2))
        say(project, "decide", record_id(2 * who + 40), record_id(2 * who + 42), "same")
    for who in range(first + 10, first + 20):
        say(project, "split", customer_of(project, 2 * who), record_id(2 * who))
    for who in range(first + 30, first + 40):
        say(project, "decide", record_id(2 * who), record_id(2 * who + 1), "unsure")
    for who in range(first + 40, first + 45):
        say(project, "pin", customer_of(project, 2 * who), "job_title", f"Number {who}")
        say(project, "pin", customer_of(project, 2 * who), "full_name", f"Zoe Zimmer{who}")
        say(project, "confirm", customer_of(project, 2 * who))
        say(project, "decide", customer_of(project, 2 * who), customer_of(project, 2 * who - 70), "different")
    for who in range(first + 45, first + 48):
        say(project, "pin", customer_of(project, 2 * who), "job_title", "--from", record_id(2 * who + 1))


def broken(project: Path) -> list[str]:
    """The decisions that hold by the list and not in the CRM."""
    of = dict(question(project / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))
    decisions = crm("decisions", project).data["decisions"]
    assert len(decisions) >= 50
    return [str(said) for said in decisions if not _holds(project, said, of)]


def _holds(project: Path, said: dict[str, Any], of: dict[str, str]) -> bool:
    sides = [{of[record] for record in side} for side in said["sides"]]
    if said["kind"] == "pin":
        return _pinned(project, said, of)
    if said["kind"] == "confirm" or said["verdict"] == "same":
        return len(set().union(*sides)) == 1
    return not set.intersection(*sides)


def _pinned(project: Path, said: dict[str, Any], of: dict[str, str]) -> bool:
    field, customer = said["field"].partition(".")[2], of[said["record_id"]]
    sql = f"SELECT {field} FROM person WHERE customer_id = '{customer}'"
    wanted = "Clerk" if said["value"] is None else json.loads(said["value"])[field]
    return question(project / "crm.db", sql) == [(wanted,)]


def without(lines: Sequence[str], *records: int) -> list[str]:
    """The lines but those of these records."""
    return [line for line in lines if int(line.split(",")[0]) not in records]
