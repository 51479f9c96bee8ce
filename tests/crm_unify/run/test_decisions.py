"""Decisions: recorded with who, when and why, obeyed from the next run on, taken back by a further one."""

import shutil
from pathlib import Path

import pytest

from tests.crm_unify.run.decided import customer_of, record_id, row, say
from tests.crm_unify.run.people import fill, people
from tests.projects import AS_OF, crm, differing, dump, question, run

MET = 8
"""Records of the hamlet: four people of two records each."""


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people of two records each, loaded once."""
    project = people(tmp_path_factory.mktemp("hamlet"), [row(record) for record in range(MET)])
    assert run(project).code == 0
    return project


@pytest.fixture
def hamlet(met: Path, tmp_path: Path) -> Path:
    """A copy of it, to be decided about."""
    return Path(shutil.copytree(met, tmp_path / "hamlet"))


def owners(project: Path) -> list[str]:
    """The customer of each record, in order."""
    return [customer_of(project, record) for record in range(MET)]


def again(project: Path) -> list[str]:
    """One more run; the customers after it."""
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return owners(project)


def refused(project: Path, *words: str) -> str:
    """What is said of a decision that cannot be; nothing is recorded."""
    before = dump(project / "crm.db")
    answer = crm(*words, "-p", project)
    assert (answer.code, differing(before, dump(project / "crm.db"))) == (2, set()), answer.stderr
    return answer.stderr


def test_a_decision_is_kept_with_who_when_and_why_and_nothing_else_is_written(hamlet: Path) -> None:
    """Only the two tables of decisions change; the list tells all of it, and that it waits."""
    before = dump(hamlet / "crm.db")
    said = say(hamlet, "decide", record_id(0), record_id(2), "same")
    assert differing(before, dump(hamlet / "crm.db")) == {"mig_decision", "mig_decision_member"}
    (listed,) = crm("decisions", hamlet).data["decisions"]
    assert (listed["id"], listed["by"], listed["why"], listed["at"]) == (1, "Ada", "she told us", said["at"])
    assert listed["state"] == "waits for the next run"
    again(hamlet)
    assert crm("decisions", hamlet).data["decisions"][0]["state"] == "holds"


def test_same_merges_into_the_customer_of_the_oldest_founding_record(hamlet: Path) -> None:
    """The other id leads to it; taking the decision back brings the other customer back under its old id."""
    first = owners(hamlet)
    follows = say(hamlet, "merge", first[2], first[0])["follows"]
    assert follows == [f"the next run merges {first[2]} into {first[0]}"]
    assert again(hamlet) == [first[0]] * 4 + first[4:]
    assert crm("customer", first[2], "-p", hamlet).data["id"] == first[0]
    say(hamlet, "revoke", "1")
    assert again(hamlet) == first


def test_split_parts_a_customer_and_the_founding_record_keeps_the_id(hamlet: Path) -> None:
    """Record 1 is another person: it gets an id of its own, and keeps it whatever the evidence says."""
    first = owners(hamlet)
    follows = say(hamlet, "split", first[0], record_id(1))["follows"]
    assert follows == [f"the next run parts {first[0]}"]
    after = again(hamlet)
    assert (after[0], after[1] == after[0], after[2:]) == (first[0], False, first[2:])
    assert again(hamlet) == after


def test_two_verdicts_that_contradict_are_listed_and_different_wins(hamlet: Path) -> None:
    """Said when it is recorded, told by the run, open until one of the two is revoked."""
    first = owners(hamlet)
    say(hamlet, "merge", first[0], first[2])
    follows = say(hamlet, "decide", first[0], first[2], "different")["follows"]
    assert any("contradicts decision 1 (SAME by Ada" in sentence for sentence in follows)
    answer = run(hamlet)
    assert "contradictions between decisions: see `crm-unify decisions`" in answer.data["waiting"]
    assert owners(hamlet) == first
    listed = crm("decisions", hamlet).data
    assert [c["decisions"] for c in listed["conflicts"]] == [[1, 2]]
    assert [d["state"].partition(":")[0] for d in listed["decisions"]] == ["suspended", "holds"]
    say(hamlet, "revoke", "2")
    assert again(hamlet)[2] == first[0]
    assert crm("decisions", hamlet).data["conflicts"] == []


def test_unsure_parts_until_one_of_the_records_says_something_else(hamlet: Path) -> None:
    """The two records of a person stay apart; with a new job of one of them the evidence decides again."""
    say(hamlet, "decide", record_id(0), record_id(1), "unsure")
    assert run(hamlet).data["review_pairs"] == 0  # nobody is asked again
    assert len(set(owners(hamlet)[:2])) == 2
    fill(hamlet, [row(0, Job="Baker and cook"), *(row(record) for record in range(1, MET))])
    assert len(set(again(hamlet)[:2])) == 1
    assert "lapsed" in crm("decisions", hamlet).data["decisions"][0]["state"]


def test_a_verdict_answers_what_was_unsure(hamlet: Path) -> None:
    """SAME after UNSURE: they are one customer again."""
    first = owners(hamlet)
    say(hamlet, "decide", record_id(0), record_id(1), "unsure")
    say(hamlet, "decide", record_id(0), record_id(1), "same")
    assert again(hamlet) == first


def test_evidence_merges_no_two_confirmed_customers_but_a_person_does(hamlet: Path) -> None:
    """Their rows become the same but for the id: a person is asked; both tell when they were confirmed."""
    first = owners(hamlet)
    for customer in (first[0], first[2]):
        say(hamlet, "confirm", customer)
    like_first = [row(record % 2).replace(f"{record % 2},", f"{record},", 1) for record in range(4)]
    fill(hamlet, [*like_first, *(row(record) for record in range(4, MET))])
    asked = run(hamlet).data["review_pairs"]
    assert (owners(hamlet), asked > 0) == (first, True)
    dated = question(hamlet / "crm.db", "SELECT id FROM customer WHERE confirmed_at IS NOT NULL")
    assert {key for (key,) in dated} == {first[0], first[2]}
    say(hamlet, "merge", first[0], first[2])
    assert again(hamlet)[:4] == [first[0]] * 4


def test_a_pin_of_a_value_stands_with_the_customer_until_it_is_revoked(hamlet: Path) -> None:
    """The parts of a name follow; what won names the decision; afterwards the records decide again."""
    (before,) = question(hamlet / "crm.db", NAME.format(customer_of(hamlet, 0)))
    say(hamlet, "pin", customer_of(hamlet, 0), "person.full_name", "Zoe Maria Zimmer")
    again(hamlet)
    assert question(hamlet / "crm.db", NAME.format(customer_of(hamlet, 0))) == [
        ("Zoe Maria Zimmer", "Zoe", "Zimmer")
    ]
    golden = {v["field"]: v for v in crm("customer", customer_of(hamlet, 0), "-p", hamlet).data["golden"]}
    won = golden["person.full_name"]
    assert (won["record_id"], won["decided_by"]) == ("decision 1", "pin")
    say(hamlet, "revoke", "1")
    again(hamlet)
    assert question(hamlet / "crm.db", NAME.format(customer_of(hamlet, 0))) == [before]


NAME = "SELECT full_name, given_name, family_name FROM person WHERE customer_id = '{}'"


def test_a_pin_of_a_record_follows_what_the_record_says(hamlet: Path) -> None:
    """The job is taken from record 1, also when its row changes."""
    job = f"SELECT job_title FROM person WHERE customer_id = '{customer_of(hamlet, 0)}'"
    say(hamlet, "pin", customer_of(hamlet, 0), "job_title", "--from", record_id(1))
    again(hamlet)
    assert question(hamlet / "crm.db", job) == [("Clerk",)]
    fill(hamlet, [row(0), row(1, Job="Smith"), *(row(record) for record in range(2, MET))])
    again(hamlet)
    assert question(hamlet / "crm.db", job) == [("Smith",)]


def test_decisions_are_only_ever_added(hamlet: Path) -> None:
    """Revoking, and revoking that, leaves every earlier row as it was; then the first holds again."""
    say(hamlet, "split", customer_of(hamlet, 0), record_id(1))
    before = dump(hamlet / "crm.db")
    say(hamlet, "revoke", "1")
    say(hamlet, "revoke", "2")
    after = dump(hamlet / "crm.db")
    assert all(set(before[table]) <= set(after[table]) for table in ("mig_decision", "mig_decision_member"))
    assert [d["id"] for d in crm("decisions", hamlet).data["decisions"]] == [1]
    assert [d["state"] for d in crm("decisions", hamlet, "--all").data["decisions"]] == [
        "waits for the next run",
        "revoked by decision 3",
        "waits for the next run",
    ]


def test_a_plan_from_before_a_decision_is_refused(hamlet: Path) -> None:
    """What it would write is not what the decision wants: exit 3, nothing written."""
    plan = hamlet / "plan.jsonl"
    fill(hamlet, [row(record) for record in range(MET + 2)])
    assert crm("plan", hamlet, "--as-of", AS_OF, "--out", plan).code == 0
    say(hamlet, "merge", customer_of(hamlet, 0), customer_of(hamlet, 2))
    answer = crm("apply", plan, "-p", hamlet, "--yes")
    assert (answer.code, "decision 1 was recorded since" in answer.stderr) == (3, True)


def test_a_plan_shows_what_a_decision_does(hamlet: Path) -> None:
    """A redirect, and the details of one customer go."""
    say(hamlet, "merge", customer_of(hamlet, 0), customer_of(hamlet, 2))
    changes = crm("plan", hamlet, "--as-of", AS_OF).data["changes"]
    assert (changes["mig_redirect"]["create"], changes["person"]["delete"]) == (1, 1)


def test_an_explanation_names_the_decision_that_outweighs_the_bits(hamlet: Path, tmp_path: Path) -> None:
    """The bits say one customer, a person said they are two: both are told, on the page as well."""
    say(hamlet, "decide", record_id(0), record_id(1), "different")
    again(hamlet)
    answer = crm("explain", record_id(0), record_id(1), "-p", hamlet, "--html", tmp_path / "why.html")
    assert (answer.data["together"], answer.data["pair"]["band"]) == (False, "merge")
    assert [decision["id"] for decision in answer.data["decisions"]] == [1]
    assert "DIFFERENT by Ada" in (tmp_path / "why.html").read_text(encoding="utf-8")


def test_a_dry_run_records_nothing(hamlet: Path) -> None:
    """It tells what would follow."""
    before = dump(hamlet / "crm.db")
    said = say(hamlet, "confirm", customer_of(hamlet, 0), "--dry-run")
    assert (said["recorded"], len(said["follows"])) == (False, 1)
    assert differing(before, dump(hamlet / "crm.db")) == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("decide", "R0", "R99", "same"), "did you mean office.people:", id="an unknown record"),
        pytest.param(("decide", "R0", "R0", "same"), "there are no two sides", id="one record twice"),
        pytest.param(("decide", "R0", "R1", "maybe"), "'maybe'", id="no verdict"),
        pytest.param(("merge", "C0"), "there are no two sides", id="one customer alone"),
        pytest.param(("split", "C0", "R0", "R1"), "nothing would be left", id="all records of a customer"),
        pytest.param(("split", "C0", "R2"), "this is no record of", id="a record of somebody else"),
        pytest.param(("pin", "C0", "job_titel", "x"), "'job_title'", id="an unknown field"),
        pytest.param(("pin", "C0", "birth_date", "yesterday"), "is not an ISO date", id="no date"),
        pytest.param(("pin", "C0", "gender", "lady"), "F, M, X", id="none of the list"),
        pytest.param(("pin", "C0", "job_title"), "either a value or --from", id="pinned to nothing"),
        pytest.param(("pin", "C0", "birth_date", "--from", "R0"), "says nothing about", id="an empty claim"),
        pytest.param(("pin", "C0", "address", "x"), "all are kept", id="a value among those that are kept"),
        pytest.param(("revoke", "7"), "nothing has been decided yet", id="no such decision"),
    ],
)
def test_what_cannot_be_decided_is_refused(hamlet: Path, words: tuple[str, ...], expected: str) -> None:
    """Exit 2 with the reason and the nearest name; nothing is recorded."""
    named = {f"R{n}": record_id(n) for n in (0, 1, 2, 99)} | {"C0": customer_of(hamlet, 0)}
    said = refused(hamlet, *(named.get(word, word) for word in words), "--why", "x")
    assert expected in said, said


@pytest.mark.parametrize("why", [(), ("--why", "  ")], ids=["missing", "blank"])
def test_a_verdict_needs_a_reason(hamlet: Path, why: tuple[str, ...]) -> None:
    """Those who come later want to know."""
    assert "--why" in refused(hamlet, "decide", record_id(0), record_id(2), "same", *why)


def test_what_was_taken_back_cannot_be_taken_back_again(hamlet: Path) -> None:
    """The message names the decision that did it."""
    say(hamlet, "confirm", customer_of(hamlet, 0))
    say(hamlet, "revoke", "1")
    assert "decision 2 took it back" in refused(hamlet, "revoke", "1")
