"""Syncs that look at what has changed alone: what they plan is, to the byte, what a full run would plan."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.progress import Silent, Stage
from crm_unify.rules.load import load_project
from crm_unify.run import concerned
from crm_unify.run.found import Given
from crm_unify.run.sync import sync as synced
from tests.crm_unify.run import test_histories as histories
from tests.crm_unify.run.decided import customer_of, record_id, row, say, town
from tests.crm_unify.run.people import GOOD, HEADER, fill, people, rules
from tests.crm_unify.run.twins import sync, synced_alike, toured_alike
from tests.projects import AS_OF, crm, differing, dump, question, run

DEEDS = tuple(deed for deed in histories.DEEDS if deed.__name__ not in ("undone", "forget_workspace"))


def lived_alike(folder: Path, *, seed: int, steps: int) -> list[str | None]:
    """What the syncs of a random history said about working everything out anew; all like those of a twin."""
    random, lines, said = Random(seed), town()[: histories.SIZE], list[str | None]()
    known = {line.split(",")[0]: line for line in lines}
    past = histories.History(people(folder / "past", lines), random, known)
    assert run(past.project).code == 0
    for step in range(steps):
        for _ in range(random.randint(1, 2)):
            random.choice(DEEDS)(past)
        fill(past.project, random.sample([*past.rows.values()], len(past.rows)))
        twin = Path(shutil.copytree(past.project, folder / f"twin-{step}"))
        said.append(synced_alike(past.project, twin).data["anew"])
    return said


def test_a_history_of_people_is_planned_like_a_full_run(tmp_path: Path) -> None:
    """Edits, keys, decisions, pins, edits in the CRM and sheets sorted anew, each against a twin."""
    assert lived_alike(tmp_path, seed=0, steps=3).count(None) >= 2


@pytest.fixture
def aside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for twins."""
    return tmp_path_factory.mktemp("aside")


def test_a_history_of_the_tour_is_planned_like_a_full_run(touring: Path, aside: Path) -> None:
    """Organisations, orders that find and lose their parent, consent, rows without keys, control sums."""
    assert toured_alike(touring, aside, seed=1, steps=2).count(None) == 2


@pytest.mark.slow
@pytest.mark.skipif("not config.getoption('--hypothesis-profile')", reason="part of make soak")
@pytest.mark.parametrize("seed", range(200, 220))
def test_many_histories_are_planned_like_full_runs(seed: int, touring: Path, aside: Path) -> None:
    """The same, longer and forty times."""
    assert lived_alike(aside / "people", seed=seed, steps=8)
    assert toured_alike(touring, aside, seed=seed, steps=8)


# --- when everything is worked out anew ---
def another_rule(project: Path) -> None:
    """A rule file says something else."""
    rules(project, "city: Leeds", "city: York")


def another_model(project: Path) -> None:
    """A model was trained, with one more row to learn from."""
    fill(project, [*GOOD, "3,Cy Cole,cy@post.example,Cook,East Lane 3"])
    assert crm("train", project, "--as-of", AS_OF, "--yes").code == 0


def another_column(project: Path) -> None:
    """The file has one column more."""
    fill(project, [f"{line},x" for line in GOOD], header=f"{HEADER},Colour")


def no_workspace(project: Path) -> None:
    """The cache is gone."""
    shutil.rmtree(project / ".crm_unify")


REASONS = {
    another_rule: "rules or settings have changed",
    another_model: "the matching model is new",
    another_column: "people has other columns",
    no_workspace: "the workspace does not hold what the last run left",
}


@pytest.mark.parametrize("change", REASONS, ids=lambda change: change.__name__.replace("_", " "))
def test_what_news_alone_do_not_tell_is_worked_out_anew(office: Path, change: Callable[[Path], None]) -> None:
    """And said, with the reason; the next sync needs what has changed alone again."""
    change(office)
    assert sync(office).data["anew"] == REASONS[change]
    columns = len((office / "people.csv").read_text().splitlines()[0].split(","))
    fill(office, [line.replace("Clerk", "Cook") + ",x" * (columns - 5) for line in GOOD],
         header=HEADER + ",Colour" * (columns - 5))  # fmt: skip
    answer = sync(office)
    assert (answer.data["anew"], answer.data["quiet"], answer.data["written_rows"] > 0) == (None, False, True)


# --- what people say ---
GIVEN = Given(date.fromisoformat(AS_OF))


class Interrupting(Silent):
    """Progress of a run during which somebody decides, once, when the plan is made and nothing written."""

    def __init__(self, decide: Callable[[], None]) -> None:
        self._left = [decide]

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Decide between plan and commit."""
        if name == "stage" and self._left:
            self._left.pop()()
        return super().stage(name, total)


def test_a_decision_made_between_plan_and_commit_is_heard(office: Path) -> None:
    """The sync plans again, and what it writes obeys."""
    fill(office, [line.replace("Clerk", "Cook") for line in GOOD])
    decide = Interrupting(lambda: say(office, "decide", record_id(1), record_id(2), "same"))
    done = synced(load_project(office), given=Given(date.fromisoformat(AS_OF)), progress=decide)
    assert (done.customers, done.anew) == (1, None)
    assert customer_of(office, 1) == customer_of(office, 2)
    assert sync(office).data["written_rows"] == 0


class Chatter(Silent):
    """Progress of a run during which somebody decides each time that a plan is made and nothing written."""

    def __init__(self, *decides: Callable[[], None]) -> None:
        self._decides = list(decides)

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Decide between plan and commit, the last one again and again."""
        if name == "stage":
            self._decides[0]()
            del self._decides[: len(self._decides) > 1]
        return super().stage(name, total)


def test_people_who_go_on_deciding_do_not_keep_a_sync_out(office: Path) -> None:
    """It is planned anew once; then it is written, and the next one obeys what was said meanwhile."""
    fill(office, [line.replace("Clerk", "Cook") for line in GOOD])
    people = Chatter(*(partial(say, office, "confirm", record_id(one)) for one in (1, 2)), lambda: None)
    synced(load_project(office), given=GIVEN, progress=people)
    jobs = question(office / "crm.db", "SELECT job_title FROM person ORDER BY 1")
    confirmed = question(office / "crm.db", "SELECT count(*) FROM customer WHERE confirmed_at IS NOT NULL")
    assert (jobs, confirmed) == ([("Baker",), ("Cook",)], [(1,)])
    assert [sync(office).data["quiet"] for _ in range(2)] == [False, True]
    assert question(office / "crm.db", "SELECT count(*) FROM mig_decision") == [(2,)]


def test_no_load_acts_against_what_was_just_said(hamlet: Path) -> None:
    """A sync that would part two records waits for who says meanwhile that they are one: it plans again."""
    say(hamlet, "decide", record_id(0), record_id(1), "different")
    same = partial(say, hamlet, "decide", record_id(0), record_id(1), "same")
    nothing = partial(say, hamlet, "confirm", record_id(4))
    revoked = partial(say, hamlet, "revoke", "1")

    def other_mind() -> None:
        revoked()
        same()

    synced(load_project(hamlet), given=GIVEN, progress=Chatter(nothing, other_mind, lambda: None))
    assert customer_of(hamlet, 0) == customer_of(hamlet, 1)


def test_a_plan_that_a_decision_overtook_is_refused(office: Path, tmp_path: Path) -> None:
    """And the refusal names the decision."""
    fill(office, [line.replace("Clerk", "Cook") for line in GOOD])
    assert crm("plan", office, "--out", tmp_path / "plan.jsonl").code in (0, 1)
    say(office, "decide", record_id(1), record_id(2), "same")
    answer = crm("apply", tmp_path / "plan.jsonl", "-p", office, "--yes")
    assert (answer.code, "decision 1 was recorded since" in answer.stderr) == (3, True)


# --- evidence lost overnight ---
FEW = 12
"""Records: six people of two records each."""


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people, loaded."""
    project = people(tmp_path_factory.mktemp("six"), town()[:FEW])
    assert run(project).code == 0
    return project


@pytest.fixture
def hamlet(six: Path, tmp_path: Path) -> Path:
    """A copy of them, to be changed."""
    return Path(shutil.copytree(six, tmp_path / "hamlet"))


def say_otherwise(project: Path, *rows: str) -> None:
    """Some rows of the file say something else."""
    changed = {line.split(",")[0]: line for line in rows}
    fill(project, [changed.get(line.split(",")[0], line) for line in town()[:FEW]])


NIGHT = (
    row(3, Name="Zacharias Quint", Mail="zq@far.example", Note="Far Road 99"),
    row(5, Name="Clara Stone", Note="New Road 7"),
)
"""One of Bruno's records says something else in all fields, and Clara marries and moves."""


def owners(project: Path) -> dict[str, str]:
    """The customer of each record."""
    return dict(question(project / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))


def test_a_sync_asks_about_lost_evidence_until_somebody_answers(hamlet: Path) -> None:
    """Both customers stay whole, one is asked about; with nothing new it is asked about again."""
    before, founding = owners(hamlet), customer_of(hamlet, 2)
    say_otherwise(hamlet, *NIGHT)
    first = sync(hamlet).data
    (lost,) = first["lost_evidence"]
    assert (lost["customer_id"], lost["parts"]) == (founding, [[record_id(2)], [record_id(3)]])
    assert (first["anew"], first["queues"]["lost_evidence"], owners(hamlet)) == (None, 1, before)
    quiet = sync(hamlet).data
    assert (quiet["quiet"], quiet["lost_evidence"], quiet["waiting"]) == (True, [lost], first["waiting"])
    say(hamlet, "split", founding, record_id(3))
    after = sync(hamlet).data
    assert (after["anew"], after["lost_evidence"]) == (None, [])
    assert customer_of(hamlet, 3) != founding


def test_with_split_a_sync_parts_the_customer_and_undo_brings_it_back(hamlet: Path) -> None:
    """The wife who married and moved stays who she was."""
    file = hamlet / "crm_unify.yml"
    file.write_text(f"{file.read_text(encoding='utf-8')}on_lost_evidence: split\n", encoding="utf-8")
    say_otherwise(hamlet, *NIGHT)
    before, first = owners(hamlet), dump(hamlet / "crm.db")
    assert sync(hamlet).data["lost_evidence"] == []
    after = owners(hamlet)
    assert {record for record in before if before[record] != after[record]} == {record_id(3)}
    assert crm("undo", "last", "-p", hamlet, "--yes").code == 0
    told = {"mig_run", "mig_change", "mig_undo", "mig_redirect", "mig_lineage"}
    assert (owners(hamlet), differing(first, dump(hamlet / "crm.db")) <= told) == (before, True)


def test_an_unsure_pair_is_asked_about_again_when_one_of_its_records_changes(hamlet: Path) -> None:
    """The news of another row reopen nothing."""
    say(hamlet, "decide", record_id(0), record_id(1), "unsure")
    for changed, together in ((6, False), (1, True)):
        say_otherwise(hamlet, row(changed, Job="Cook"))
        answer = sync(hamlet).data
        assert (answer["anew"], answer["review_pairs"]) == (None, 0)
        assert (customer_of(hamlet, 0) == customer_of(hamlet, 1)) is together


# --- which customers a change can reach ---
CODES = st.lists(st.integers(0, 4), min_size=1, max_size=10)


@given(CODES, st.data())
def test_records_have_moved_where_their_cluster_is_no_customer(
    cluster: list[int], data: st.DataObject
) -> None:
    """As sets of records: a cluster that is exactly a former customer has not moved, every other one has."""
    former = data.draw(st.lists(st.integers(-1, 4), min_size=len(cluster), max_size=len(cluster)))
    found = concerned.moved(np.array(cluster), np.array(former))
    sets = [{i for i, name in enumerate(names) if name == key} for names, key in
            ((former, key) for key in set(former) - {-1})]  # fmt: skip
    mine = [{i for i, name in enumerate(cluster) if name == cluster[place]} for place in range(len(cluster))]
    assert found.tolist() == [records not in sets for records in mine]


@given(CODES, st.data())
def test_whoever_is_concerned_is_concerned_as_a_whole(cluster: list[int], data: st.DataObject) -> None:
    """With a record all others of its cluster and of its former customer, and theirs; nobody else."""
    former = data.draw(st.lists(st.integers(-1, 4), min_size=len(cluster), max_size=len(cluster)))
    here = {data.draw(st.integers(0, len(cluster) - 1))}
    found = concerned.whole(np.isin(np.arange(len(cluster)), [*here]), np.array(cluster), np.array(former))
    while True:
        more = here | {
            i for i in range(len(cluster)) for j in here
            if cluster[i] == cluster[j] or (former[i] == former[j] and former[i] >= 0)
        }  # fmt: skip
        if more == here:
            break
        here = more
    assert set(np.flatnonzero(found).tolist()) == here
