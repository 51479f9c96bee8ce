"""Records whose rows come back under other keys keep their ids, customers and decisions."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crm_unify.run.decided import customer_of, record_id, row, say, town
from tests.crm_unify.run.people import fill, people, rules
from tests.projects import crm, question, run

SIZE = 24
"""Records of the village: twelve people of two records each."""


def village() -> list[str]:
    """Its lines."""
    return town()[:SIZE]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The village with a decision of each kind in force."""
    project = people(tmp_path_factory.mktemp("village"), village())
    assert run(project).code == 0
    say(project, "split", customer_of(project, 0), record_id(0))
    say(project, "merge", customer_of(project, 4), customer_of(project, 8))
    say(project, "pin", customer_of(project, 12), "job_title", "Number 12")
    assert run(project).code == 0
    return project


@pytest.fixture
def place(settled: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(settled, tmp_path / "village"))


def owners(project: Path) -> dict[str, str]:
    """The customer of each record."""
    return dict(question(project / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))


def again(project: Path, *words: str) -> dict[str, Any]:
    """One more run."""
    answer = run(project, *words)
    assert answer.code == 0, answer.stderr
    return answer.data


def padded(project: Path) -> None:
    """Every key is written with leading zeros."""
    fill(project, [f"00{line}" for line in village()])


def another_key(project: Path) -> None:
    """The rules take the mailbox and the job for the key; the rows are the same."""
    rules(project, "key: [ID]", "key: [Mail, Job]\n  ignore: {ID: taken no more}")


def other_name_of_record(project: Path) -> None:
    """The record is called otherwise in the rule file."""
    file = project / "people.yml"
    said = file.read_text(encoding="utf-8").replace("as: person", "as: human")
    file.write_text(said.replace("of: person", "of: human"), encoding="utf-8")


def other_name_of_map(project: Path) -> None:
    """The rule file is called otherwise."""
    rules(project, "map: people", "map: folk")


CHANGES = (padded, another_key, other_name_of_record, other_name_of_map)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.replace("_", " "))
def test_renamed_records_keep_everything(place: Path, change: Callable[[Path], None]) -> None:
    """Each record keeps its id and its customer, and with them every decision."""
    before = owners(place)
    change(place)
    assert (again(place)["rekeyed"], owners(place)) == (SIZE, before)


def test_a_renamed_record_costs_nothing_later_and_can_be_taken_back(place: Path) -> None:
    """The next run writes nothing, the decisions hold, and an undo forgets the new keys."""
    before = owners(place)
    padded(place)
    again(place)
    assert again(place)["written_rows"] == 0
    assert [one["state"] for one in crm("decisions", place).data["decisions"]] == ["holds"] * 3
    assert crm("undo", "last", "-p", place, "--yes").code == 0
    assert (owners(place), question(place / "crm.db", "SELECT * FROM mig_rekey")) == (before, [])


def test_every_key_of_a_record_leads_to_its_customer(place: Path) -> None:
    """The old key and the new one, in the view for other systems and wherever a person names a record."""
    padded(place)
    again(place)
    led = dict(question(place / "crm.db", "SELECT key, customer_id FROM customer_xref"))
    assert (len(led), led["2"], led["002"]) == (2 * SIZE, customer_of(place, 2), customer_of(place, 2))
    follows = say(place, "decide", "office.people:0016#person", record_id(18), "same")["follows"]
    assert follows == [f"the next run merges {customer_of(place, 18)} into {customer_of(place, 16)}"]


@pytest.fixture
def keyless(tmp_path: Path) -> Path:
    """The village out of a sheet without a key."""
    project = people(tmp_path / "keyless", village())
    content = "key: {content: [Name, Mail, Job, Note]}\n  ignore: {ID: a number of no meaning}"
    rules(project, "key: [ID]", content)
    again(project)
    return project


def test_an_edited_row_without_a_key_is_the_same_record(keyless: Path) -> None:
    """A new job, a new mailbox and a slip in the name, with a row inserted on top: three records keep ids."""
    sql = "SELECT json_extract(raw, '$.ID'), record_id FROM mig_source_record ORDER BY first_run"
    ids = dict(question(keyless / "crm.db", sql))
    edits = {3: row(3, Job="Cook"), 8: row(8, Mail="b@new.example"), 20: row(20, Name="Ada Larg")}
    fill(keyless, [row(90), *(edits.get(place, line) for place, line in enumerate(village()))])
    assert again(keyless)["rekeyed"] == len(edits)
    after = dict(question(keyless / "crm.db", sql))
    assert len(after) == SIZE + 1
    assert {place: after[place] for place in ids} == ids


def test_a_row_that_takes_up_a_key_another_has_given_up_is_a_record_of_its_own(keyless: Path) -> None:
    """A row is edited, then its old text is entered anew: two records, and both stay what they are."""
    edited = [row(0, Job="Cook"), *village()[1:]]
    fill(keyless, edited)
    assert again(keyless)["rekeyed"] == 1
    fill(keyless, [*edited, row(0)])
    again(keyless)
    assert len(owners(keyless)) == SIZE + 1
    assert again(keyless)["written_rows"] == 0


def test_an_unclear_pair_is_asked_about_until_somebody_answers(tmp_path: Path) -> None:
    """Two rows take the place of one, both as like it: the old record stays; a verdict settles it."""
    project = people(tmp_path / "one", [*village(), row(40)])
    again(project)
    fill(project, [*village(), row(40).replace("40,", "x,", 1), row(40).replace("40,", "y,", 1)])
    first = again(project)
    asked = [[record_id(40), f"office.people:{key}#person"] for key in "xy"]
    assert (first["rekeyed"], first["open_keys"]) == (0, asked)
    assert again(project)["open_keys"] == asked
    say(project, "decide", *asked[0], "same")
    say(project, "decide", *asked[1], "different")
    assert again(project)["open_keys"] == []


def test_keys_that_change_in_number_stop_the_run_until_somebody_accepts_them(tmp_path: Path) -> None:
    """Two hundred padded keys: exit 3, nothing written; with --accept-rekey each record keeps its id."""
    lines = [row(2 * record) for record in range(200)]
    project = people(tmp_path / "many", lines)
    again(project)
    before = owners(project)
    fill(project, [f"0{line}" for line in lines])
    stopped = run(project)
    assert (stopped.code, "add --accept-rekey people" in stopped.stderr) == (3, True)
    assert run(project, "--accept-rekey", "poeple").code == 2
    assert again(project, "--accept-rekey", "people")["rekeyed"] == len(lines)
    assert owners(project) == before
    ((summary,),) = question(project / "crm.db", "SELECT summary FROM mig_run WHERE id = 2")
    assert '"accepted_rekey": ["people"]' in summary
