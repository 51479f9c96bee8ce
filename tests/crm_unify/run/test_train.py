"""Training: a new model waits for the next run, nothing else moves, and the history stays."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.crm_unify.run.people import GOOD, fill
from tests.projects import AS_OF, Answer, crm, differing, dump, question, run

MORE = (
    *GOOD,
    "3,Ann Ash,ann@post.example,Clerk,North Lane 1",
    "4,Carl Cole,carl@post.example,Cook,West Lane 3",
)


def train(project: Path, *words: str) -> Answer:
    """``crm-unify train`` on the date of the tests."""
    return crm("train", project, "--as-of", AS_OF, "--yes", "--by", "Ada", *words)


def models(project: Path) -> list[tuple[str, int, int, str | None]]:
    """Id, in force, proposed, trained by; in the order of their coming."""
    return question(
        project / "crm.db", "SELECT id, in_force, proposed, trained_by FROM mig_model ORDER BY rowid"
    )


def changed(project: Path, sql: str) -> None:
    """Change the CRM database by hand."""
    with closing(sqlite3.connect(project / "crm.db")) as con:
        con.execute(sql)
        con.commit()


def test_training_on_the_same_data_writes_nothing(office: Path) -> None:
    """Right after a run the records give the model in force again."""
    before = dump(office / "crm.db")
    answer = train(office)
    assert (answer.code, answer.data["outcome"]) == (0, "unchanged"), answer.stderr
    assert differing(before, dump(office / "crm.db")) == set()


def test_a_new_model_waits_for_the_next_run_and_then_is_in_force(office: Path) -> None:
    """Only mig_model is written; the run scores with the new model, no id moves, and the former one stays."""
    ids = question(office / "crm.db", "SELECT record_id, customer_id FROM mig_xref")
    (old,), before = models(office), dump(office / "crm.db")
    fill(office, MORE)
    new = train(office).data["model"]
    assert differing(before, dump(office / "crm.db")) == {"mig_model"}
    assert models(office) == [old, (new, 0, 1, "Ada")]
    assert run(office).code == 0
    assert models(office) == [(old[0], 0, 0, None), (new, 1, 0, "Ada")]
    assert question(office / "crm.db", "SELECT model_id FROM mig_run ORDER BY id") == [(old[0],), (new,)]
    assert set(ids) <= set(question(office / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))
    assert run(office).data["written_rows"] == 0


def test_what_has_changed_is_said(office: Path) -> None:
    """Records before and now, the lines, and every weight that moved."""
    fill(office, MORE)
    answer = train(office, "--dry-run")
    (person,) = [kind for kind in answer.data["kinds"] if kind["kind"] == "person"]
    assert person["records"] == [2, 4]
    assert answer.data["lines"]["merge_bits"][0] == answer.data["lines"]["merge_bits"][1]
    moved = [abs(weight["moved"]) for weight in person["weights"]]
    assert moved == sorted(moved, reverse=True)
    assert moved != []


def test_a_dry_run_stores_nothing(office: Path) -> None:
    """The outcome is told, the database is as before."""
    fill(office, MORE)
    before = dump(office / "crm.db")
    assert train(office, "--dry-run").data["outcome"] == "proposed"
    assert differing(before, dump(office / "crm.db")) == set()


def test_a_model_that_waits_gives_way_when_the_data_are_as_before(office: Path) -> None:
    """Trained, the file put back, trained again: the model in force is right again, nothing waits."""
    fill(office, MORE)
    train(office)
    fill(office, GOOD)
    assert train(office).data["outcome"] == "withdrawn"
    assert [(force, waits) for _, force, waits, _ in models(office)] == [(1, 0), (0, 0)]
    assert run(office).data["written_rows"] == 0


@pytest.mark.parametrize("command", ["run", "explain"])
def test_a_model_of_another_version_stops_the_run_and_names_train(office: Path, command: str) -> None:
    """Exit 3 with the command that helps; after it the run goes through and no id has moved."""
    changed(office, "UPDATE mig_model SET id = 'older', kernel_version = '1', model = '{}'")
    ids = question(office / "crm.db", "SELECT record_id, customer_id FROM mig_xref")
    words = (
        (ids[0][0], ids[1][0], "-p", office) if command == "explain" else (office, "--as-of", AS_OF, "--yes")
    )
    answer = crm(command, *words)
    assert (answer.code, "crm-unify train" in answer.stderr) == (3, True), answer.stderr
    assert train(office).data["comparable"] is False
    assert run(office).code == 0
    assert question(office / "crm.db", "SELECT record_id, customer_id FROM mig_xref") == ids


def test_a_plan_from_before_the_training_is_refused(office: Path) -> None:
    """It was computed with another model: apply stops with exit 3."""
    fill(office, MORE)
    plan = office / "old.jsonl"
    assert crm("plan", office, "--as-of", AS_OF, "--out", plan).code == 0
    train(office)
    answer = crm("apply", plan, "-p", office, "--yes")
    assert (answer.code, "a model was trained since" in answer.stderr) == (3, True)


def test_half_a_source_is_not_learnt_from(office: Path) -> None:
    """A missing file stops the training as it stops a run."""
    (office / "people.csv").unlink()
    assert train(office).code == 3
