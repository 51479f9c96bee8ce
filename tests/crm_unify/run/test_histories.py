"""Random histories: whatever happens to sources, rules, decisions and CRM, in any order, the laws hold."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from tests.crm_unify.run.decided import record_id, row, say, town
from tests.crm_unify.run.people import fill, people, rules
from tests.projects import AS_OF, crm, differing, dump, question, run

SIZE, STEPS = 16, 4
SEEDS = (4,)
LONG = range(100, 140)
BOOKS = {"mig_run", "mig_change", "mig_undo", "mig_redirect", "mig_lineage", "mig_decision"}
"""What an undo leaves different."""


@dataclass
class History:
    """A project with a past."""

    project: Path
    random: Random
    rows: dict[str, str]
    """Lines of the file by key."""
    issued: set[str] = field(default_factory=set)
    """Customer ids that were ever given out."""
    told: list[str] = field(default_factory=list)
    """What happened, for the message of a failure."""

    @property
    def crm(self) -> Path:
        """The CRM database."""
        return self.project / "crm.db"

    def key(self) -> str:
        """Some row."""
        return self.random.choice(sorted(self.rows))


def edit(past: History) -> None:
    """A row says something else in one place."""
    key = past.key()
    edits = (("Baker", "Cook"), ("Street", "Lane"), ("Clerk", "Smith"), ("Ada", "Aida"))
    old, new = past.random.choice(edits)
    past.rows[key] = past.rows[key].replace(old, new)


def add(past: History) -> None:
    """A new row of somebody known or of somebody new."""
    number = past.random.randrange(200, 900)
    line = past.random.choice((row(number), past.rows[past.key()]))
    past.rows[str(number)] = f"{number},{line.split(',', 1)[1]}"


def delete(past: History) -> None:
    """A row vanishes."""
    if len(past.rows) > 4:
        del past.rows[past.key()]


def bring_back(past: History) -> None:
    """The rows of the beginning are there again."""
    past.rows |= {line.split(",")[0]: line for line in town()[:SIZE]}


def rekey(past: History) -> None:
    """A row gets a leading zero."""
    key = past.key()
    past.rows[f"0{key}"] = f"0{past.rows.pop(key)}"


def decide(past: History) -> None:
    """Somebody speaks on two records."""
    records = [r for (r,) in question(past.crm, "SELECT record_id FROM mig_xref ORDER BY 1")]
    one, other = past.random.sample(records, 2)
    say(past.project, "decide", one, other, past.random.choice(("same", "different", "unsure")))


def revoke(past: History) -> None:
    """A decision is taken back."""
    live = [d["id"] for d in crm("decisions", past.project).data["decisions"]]
    if live:
        say(past.project, "revoke", str(past.random.choice(live)))


def pin(past: History) -> None:
    """A field is pinned."""
    record = past.random.choice(question(past.crm, "SELECT record_id FROM mig_xref ORDER BY 1"))[0]
    say(past.project, "pin", record, "job_title", f"Number {past.random.randrange(9)}")


def rule(past: History) -> None:
    """The town is another one, or the first one again."""
    here = "Leeds" if "city: Leeds" in (past.project / "people.yml").read_text() else "York"
    rules(past.project, f"city: {here}", f"city: {'York' if here == 'Leeds' else 'Leeds'}")


def touch(past: History) -> None:
    """A CRM user edits a field."""
    with closing(sqlite3.connect(past.crm)) as con:
        ids = [i for (i,) in con.execute("SELECT customer_id FROM person ORDER BY 1")]
        con.execute("UPDATE person SET language = 'en' WHERE customer_id = ?", (past.random.choice(ids),))
        con.commit()


def forget_workspace(past: History) -> None:
    """The cache is gone."""
    shutil.rmtree(past.project / ".crm_unify")


def train(past: History) -> None:
    """A new model waits."""
    assert crm("train", past.project, "--as-of", AS_OF, "--yes").code == 0


def undone(past: History) -> None:
    """Something new is loaded, and taken back: all is as before but the books."""
    before, rows = dump(past.crm), dict(past.rows)
    add(past)
    fill(past.project, past.rows.values())
    if run(past.project).data["written_rows"]:
        assert crm("undo", "last", "-p", past.project, "--yes").code == 0
        assert differing(before, dump(past.crm)) <= {*BOOKS, "mig_decision_member"}
        assert crm("resume", "-p", past.project, "--yes").code == 0
    past.rows = rows


DEEDS: tuple[Callable[[History], None], ...] = (
    *(edit, edit, add, delete, bring_back, rekey, decide, decide, revoke),
    *(pin, rule, touch, forget_workspace, train, undone),
)


def lived(folder: Path, seed: int, steps: int) -> History:
    """A history of so many steps, the laws held after each of them."""
    random = Random(seed)
    lines = town()[:SIZE]
    past = History(people(folder, lines), random, {line.split(",")[0]: line for line in lines})
    assert run(past.project).code == 0
    for _ in range(steps):
        deed = random.choice(DEEDS)
        past.told.append(deed.__name__)
        deed(past)
        fill(past.project, past.rows.values())
        answer = random.choice((run, _sync))(past.project)
        assert answer.code == 0, (past.told, answer.stderr)
        _obeys(past)
    return past


def _sync(project: Path) -> object:
    return crm("sync", project, "--as-of", AS_OF)


def _obeys(past: History) -> None:
    """The laws that can be seen from outside."""
    live = {i for (i,) in question(past.crm, "SELECT DISTINCT customer_id FROM mig_xref")}
    led = dict(question(past.crm, "SELECT old_id, new_id FROM mig_redirect"))
    past.issued |= live
    assert {i for i in past.issued - live if led.get(i) not in live} == set(), (past.told, "an id is lost")
    assert not led.keys() & live, (past.told, "a living id leads elsewhere")
    parties = "SELECT count(*) FROM mig_source_record WHERE kind = 'person'"
    assert question(past.crm, parties) == question(past.crm, "SELECT count(*) FROM mig_xref"), past.told
    assert _broken(past) == [], past.told
    assert question(past.crm, "PRAGMA foreign_key_check") == [], past.told
    again = run(past.project)
    assert (again.code, again.data["written_rows"]) == (0, 0), (past.told, "a second run writes")


def _broken(past: History) -> list[int]:
    """The verdicts in force that the CRM does not obey; those of an open contradiction may wait."""
    of = dict(question(past.crm, "SELECT record_id, customer_id FROM mig_xref"))
    listing = crm("decisions", past.project).data
    open_ones = {number for conflict in listing["conflicts"] for number in conflict["decisions"]}
    broken = []
    for said in listing["decisions"]:
        if said["state"] != "holds" or said["id"] in open_ones or said["verdict"] is None:
            continue
        one, other = ({of[record] for record in side} for side in said["sides"])
        together = len(one | other) == 1
        if together != (said["verdict"] == "same") and not (said["verdict"] == "unsure" and together):
            broken.append(said["id"])
    return broken


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_hold_along_a_random_history(seed: int, tmp_path: Path) -> None:
    """Edits, keys, decisions, rules, models, CRM users, undos and lost caches, one after the other."""
    assert len(lived(tmp_path / "past", seed, STEPS).told) == STEPS


@pytest.mark.skipif("not config.getoption('--hypothesis-profile')", reason="part of make soak")
@pytest.mark.slow
@pytest.mark.parametrize("seed", LONG)
def test_the_laws_hold_along_many_histories(seed: int, tmp_path: Path) -> None:
    """The same, longer and forty times."""
    assert len(lived(tmp_path / "past", seed, 3 * STEPS).told) == 3 * STEPS


def test_a_history_is_told_by_its_seed() -> None:
    """The same seed, the same deeds."""
    one, other = (Random(7), Random(7))
    assert [one.choice(DEEDS) for _ in range(20)] == [other.choice(DEEDS) for _ in range(20)]
    assert record_id(3) == "office.people:3#person"
