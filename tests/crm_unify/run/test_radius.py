"""The blast radius of an edit: what a plan says it does to customers is what `apply` then does."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crm_unify.schema.tables import PROFILE_TABLES, key_of
from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.people import GOOD, fill, people, rules
from tests.projects import AS_OF, copy_of, crm, question, run

Rows = dict[str, dict[str, dict[str, Any]]]


def golden(project: Path) -> Rows:
    """Every golden row by table and key, as another program would read it."""
    with closing(sqlite3.connect(project / "crm.db")) as con:
        con.row_factory = sqlite3.Row
        return {
            name: {row[key_of(name)]: dict(row) for row in con.execute(f'SELECT * FROM "{name}"')}
            for name in PROFILE_TABLES
        }


def belongs(project: Path) -> dict[str, str]:
    """The customer of every record."""
    return dict(question(project / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))


def moved(before: dict[str, str], after: dict[str, str]) -> Counter[str]:
    """Customers whose records went to one other, or to several, counted by hand."""
    parts: dict[str, set[str]] = {}
    for record, customer in before.items():
        parts.setdefault(customer, set()).add(after[record])
    went = (where for customer, where in parts.items() if where != {customer})
    return Counter("split" if len(where) > 1 else "merged" for where in went)


def cells(before: Rows, after: Rows) -> tuple[int, int, int]:
    """Values that changed, rows that came and rows that went, counted by hand."""
    changed = come = gone = 0
    for name in PROFILE_TABLES:
        old, new = before[name], after[name]
        come, gone = come + len(new.keys() - old.keys()), gone + len(old.keys() - new.keys())
        both = old.keys() & new.keys()
        changed += sum(old[key][column] != new[key][column] for key in both for column in old[key])
    return changed, come, gone


def does_what_it_says(project: Path) -> dict[str, Any]:
    """The radius of a plan, once `apply` has done exactly that."""
    answer = crm("plan", project, "--as-of", AS_OF)
    assert answer.code == 0, answer.stderr
    said: dict[str, Any] = answer.data["radius"]
    before, were = golden(project), belongs(project)
    applied = crm("apply", project / "plan.jsonl", "-p", project, "--yes")
    assert (applied.code, applied.data["written_rows"]) == (0, answer.data["rows"]), applied.stderr
    counts = moved(were, belongs(project))
    assert (said["merged"], said["split"]) == (counts["merged"], counts["split"])
    assert (said["cells"], said["rows_new"], said["rows_gone"]) == cells(before, golden(project))
    return said


def lower_line(project: Path) -> None:
    """Records are one customer from two bits less."""
    ((model,),) = question(project / "crm.db", "SELECT model FROM mig_model")
    line = json.loads(model)["merge_bits"] - 2
    file = project / "crm_unify.yml"
    file.write_text(f"{file.read_text(encoding='utf-8')}matching: {{merge_bits: {line}}}\n", encoding="utf-8")


def edit_rule(project: Path) -> None:
    """Four digits are Switzerland now."""
    file = project.parent.parent / "mappings" / "company" / "newsletter.yml"
    said = file.read_text(encoding="utf-8")
    file.write_text(said.replace("THEN 'AT'", "THEN 'CH'"), encoding="utf-8")


def edit_code_table(project: Path) -> None:
    """Frankfurt is spelt otherwise."""
    file = project.parent.parent / "mappings" / "company" / "codes" / "city.csv"
    said = file.read_text(encoding="utf-8")
    file.write_text(said.replace(",Frankfurt am Main,", ",Frankfurt,"), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lower_line, id="merge line", marks=pytest.mark.soak),
        pytest.param(edit_rule, id="rule"),
        pytest.param(edit_code_table, id="code table", marks=pytest.mark.soak),
    ],
)
def test_on_the_demo_an_edit_does_what_its_plan_says(
    unified: Toured, tmp_path: Path, edit: Callable[[Path], None]
) -> None:
    """Customers merged and split, golden values changed, rows come and gone: counted before and after."""
    project = copy_of(unified.project, tmp_path)
    edit(project)
    said = does_what_it_says(project)
    assert said["merged"] + said["split"] + said["cells"] > 0
    assert set(said["causes"]) == {"rule"}
    assert any(said["samples"].values())


TWINS = (*GOOD, "3,Ann Ash,ann@post.example,Clerk,North Lane 1", "4,Ann Ash,,Clerk,North Lane 1")


def test_a_confirmed_customer_in_the_radius_is_counted(tmp_path: Path) -> None:
    """A person parts what another has confirmed: the plan tells of one split, confirmed, by a decision."""
    project = people(tmp_path, TWINS)
    assert run(project).code == 0
    customer = belongs(project)["office.people:1#person"]
    parted = ("split", customer, "office.people:3#person", "--why", "they are two")
    for words in (("confirm", customer), parted):
        assert crm(*words, "-p", project, "--by", "Ada").code == 0
    said = does_what_it_says(project)
    assert (said["split"], said["confirmed"], said["merged"]) == (1, 1, 0)
    assert set(said["causes"]) == {"decision"}


def test_each_line_of_a_plan_tells_its_cause(office: Path) -> None:
    """One edited row beside an edited rule: its changes come from the source, the others from the rule."""
    project = office
    fill(project, (GOOD[0].replace("Clerk", "Cook"), GOOD[1]))
    rules(project, "city: Leeds", "city: York")
    assert crm("plan", project, "--as-of", AS_OF).code == 0
    lines = [json.loads(line) for line in (project / "plan.jsonl").read_text("utf-8").splitlines()]
    told = Counter((line["table"], line["cause"]) for line in lines if "cause" in line and "table" in line)
    assert told == {("person", "source"): 1, ("address", "source"): 2, ("address", "rule"): 2}


def test_training_tells_what_the_next_run_would_do(tmp_path: Path) -> None:
    """What `train` says of the model it proposes is what `plan` says once it waits."""
    project = people(tmp_path, TWINS)
    assert run(project).code == 0
    more = (f"{n},Carl Cole{n},carl{n}@post.example,Cook,West Lane {n}" for n in range(5, 30))
    fill(project, (*TWINS, *more))
    trained = crm("train", project, "--as-of", AS_OF, "--yes", "--by", "Ada")
    assert (trained.code, trained.data["outcome"]) == (0, "proposed"), trained.stderr
    assert trained.data["radius"] == does_what_it_says(project)


def test_two_plans_are_compared(office: Path, tmp_path: Path) -> None:
    """The same plan twice is the same; another edit shows what only one of them does."""
    project = office
    fill(project, (GOOD[0].replace("Clerk", "Cook"), *GOOD[1:]))
    assert crm("plan", project, "--as-of", AS_OF, "--out", tmp_path / "old.jsonl").code == 0
    same = crm("plan", project, "--as-of", AS_OF, "--diff", tmp_path / "old.jsonl").data["diff"]
    assert same == {"head": [], "tables": {}, "moves": [], "samples": []}
    fill(project, (GOOD[0].replace("Clerk", "Baker"), *GOOD[1:]))
    diff = crm("plan", project, "--as-of", AS_OF, "--diff", tmp_path / "old.jsonl").data["diff"]
    assert diff["head"] == ["the sources say something else"]
    assert diff["tables"]["person"] == {"only_new": 0, "only_old": 0, "other": 1}
    assert any("Baker" in said and "Cook" in said for said in diff["samples"])


def test_a_plan_under_other_rules_is_refused(office: Path) -> None:
    """What a person agreed to was worked out by rules that are no longer there."""
    project = office
    fill(project, (GOOD[0].replace("Clerk", "Cook"), GOOD[1]))
    assert crm("plan", project, "--as-of", AS_OF).code == 0
    rules(project, "city: Leeds", "city: York")
    answer = crm("apply", project / "plan.jsonl", "-p", project, "--yes")
    assert (answer.code, "rules are others" in answer.stderr) == (3, True)
    rules(project, "city: York", "city: Leeds")
    assert crm("apply", project / "plan.jsonl", "-p", project, "--yes").code == 0
