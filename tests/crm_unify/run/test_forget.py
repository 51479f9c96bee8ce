"""Erasing a person: nothing of it is left anywhere, it does not come back, and nobody else is touched."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.erasure.tokens import Tokens
from tests.crm_unify.run.people import fill, people
from tests.crm_unify.run.repairing import edited, exported, imported
from tests.projects import AS_OF, Answer, crm, question, run

KEY = "a key of more than sixteen characters"
CANARIES = (
    "Zyxwana",
    "Quorvington",
    "quorv@canary.example",
    "Keeper of canaries",
    "Plumage Lane 77",
    "Larksome of old",
    "Finchley Roost 5",
    "wingspan remark",
    "Siskin the Repaired",
    "perched@@canary",
)
"""In golden rows, claims, before-images, a plan, a reason, a correction and a row in quarantine."""
HERS = "7,Zyxwana Quorvington,quorv@canary.example,Keeper of canaries,Plumage Lane 77"
BAD = "9,,quorv@canary.example,perched@@canary,Plumage Lane 77"
"""A row without a name: it is in quarantine with its text."""
REPAIRED = "11,,quorv@canary.example,,Plumage Lane 77"
"""A row without a name, too; a steward gives it one."""
AGAIN = "8,Zyxwana Quorvington,quorv@canary.example,,Plumage Lane 77"
OTHERS = ("1,Ann Ash,ann@post.example,Clerk,North Lane 1", "2,Ben Birch,ben@post.example,Baker,South Lane 2")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key stands in the environment."""
    monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", KEY)


def customer_of(project: Path, record: str) -> str:
    """The customer of a record of the office."""
    sql = f"SELECT customer_id FROM mig_xref WHERE record_id = 'office.people:{record}#person'"
    ((found,),) = question(project / "crm.db", sql)
    return str(found)


def forget(project: Path, customer: str, *words: str) -> Answer:
    """``crm-unify forget`` as a steward would."""
    return crm("forget", customer, "-p", project, "--why", "request of May", "--by", "Ada", "--yes", *words)


def filled(folder: Path) -> Path:
    """A project in whose every corner something of one person stands."""
    rest = (AGAIN, BAD, REPAIRED)
    project = people(folder, (*OTHERS, HERS.replace("Keeper of canaries", "Larksome of old"), *rest))
    assert run(project).code == 0
    pair = ("office.people:7#person", "office.people:2#person")  # asked again once her row has changed
    assert crm("decide", *pair, "unsure", "-p", project, "--why", "who knows", "--by", "Ada").code == 0
    fill(project, (*OTHERS, HERS, *rest))
    fix = {"11": {"fix: Name": "Siskin the Repaired"}}
    assert imported(project, edited(exported(project), fix), "--why", "she rang").code == 0
    assert run(project).code == 0
    who = customer_of(project, "7")
    for words in (
        ("decide", who, "office.people:1#person", "different", "--why", "wingspan remark"),
        ("decide", who, "office.people:11#person", "same", "--why", "Quorvington is another"),
        ("pin", who, "job_title", "Keeper of canaries", "--why", "Zyxwana said so"),
        ("confirm", who),
    ):
        assert crm(*words, "-p", project, "--by", "Ada").code == 0
    assert run(project).code == 0
    fill(project, (*OTHERS, HERS.replace("Plumage Lane 77", "Finchley Roost 5"), *rest))
    assert crm("plan", project, "--as-of", AS_OF).code == 0
    fill(project, (*OTHERS, HERS, *rest))
    assert crm("report", project).code == 0
    assert crm("review", "export", project, "--out", project / "review.xlsx").code == 0
    assert crm("export", project, "--out", project / "export").code == 0
    (project / "sync.log").write_text(f"run 1\n{HERS}\nrun 2\n", encoding="utf-8")
    return project


def bytes_of(path: Path) -> bytes:
    """What stands in a file; Parquet and workbooks are unpacked."""
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False, default=str).encode()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as packed:
            return b"".join(map(packed.read, packed.namelist()))
    return path.read_bytes()


def sung(project: Path) -> dict[str, list[str]]:
    """By file of a project, the source left out, the canaries that stand in it."""
    files = sorted(path for path in project.rglob("*") if path.is_file() and path.name != "people.csv")
    texts = {path.relative_to(project).as_posix(): bytes_of(path).lower() for path in files}
    found = {
        name: [one for one in CANARIES if one.casefold().encode() in text] for name, text in texts.items()
    }
    return {name: canaries for name, canaries in found.items() if canaries}


def telling(project: Path) -> list[str]:
    """Files of a project in which one of the canaries stands."""
    return list(sung(project))


def test_nothing_of_an_erased_person_is_left_and_nothing_comes_back(tmp_path: Path) -> None:
    """Database file, workspace, plan, report, export and log before; nothing after, nor after two syncs."""
    project = filled(tmp_path)
    customer, before = customer_of(project, "7"), telling(project)
    books = {"repair.xlsx", "review.xlsx"}
    assert {"crm.db", "plan.jsonl", "sync.log", "export/customer.csv", *books} <= set(before)
    assert set(CANARIES) == {canary for canaries in sung(project).values() for canary in canaries}
    dry = forget(project, customer, "--dry-run")
    assert (dry.code, telling(project)) == (0, before)
    answer = forget(project, customer)
    assert (answer.code, telling(project)) == (0, []), answer.stderr
    same = ("rows", "blocked", "files", "left")
    assert [answer.data[name] for name in same] == [dry.data[name] for name in same]
    assert answer.data["left"] == ["people.csv"]
    for _ in range(2):
        synced = crm("sync", project, "--as-of", AS_OF)
        assert (synced.code, telling(project)) == (0, []), synced.stderr
    assert synced.data["account"]["people"] == answer_of(mapped=2, discarded=4)
    assert question(project / "crm.db", "SELECT display_name FROM customer ORDER BY 1") == [
        ("Ann Ash",),
        ("Ben Birch",),
    ]


def answer_of(*, mapped: int, discarded: int) -> dict[str, int]:
    """An account of one source table."""
    rows = {"extracted": mapped + discarded, "mapped": mapped, "discarded": discarded}
    return {**rows, "held": 0, "quarantined": 0, "withheld_values": 0}


def test_a_namesake_is_not_blocked_and_whoever_resembles_goes_to_review(tmp_path: Path) -> None:
    """The same name is somebody else; the same e-mail address is loaded, and a person is asked."""
    project = people(tmp_path, (*OTHERS, HERS))
    assert run(project).code == 0
    assert forget(project, customer_of(project, "7")).code == 0
    namesake = "9,Zyxwana Quorvington,other@post.example,Pilot,West Lane 9"
    fill(project, (*OTHERS, HERS, namesake))
    answer = run(project)
    assert (answer.data["customers"], answer.data["resembles_erased"]) == (3, [])
    fill(project, (*OTHERS, HERS, namesake, "10,Z. Quorvington,quorv@canary.example,,"))
    answer = run(project)
    assert answer.data["resembles_erased"] == ["office.people:10#person"]
    assert any("resemble" in what for what in answer.data["waiting"])
    assert crm("confirm", "office.people:10#person", "-p", project, "--by", "Ada").code == 0
    assert run(project).data["resembles_erased"] == []


WRONG_KEYS = {"": "is missing", "short": "is missing", KEY + "!": "another one"}
"""What may stand in the environment in place of the key, and what is said of it."""


def test_nothing_is_erased_or_run_as_it_should_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reason that names the person, or nobody's agreement; then runs without the key, or with another."""
    project = people(tmp_path, (*OTHERS, HERS))
    assert run(project).code == 0
    customer = customer_of(project, "7")
    named = crm("forget", customer, "-p", project, "--why", "Zyxwana Quorvington", "--yes")
    assert (named.code, "tells of the person" in named.stderr) == (2, True)
    assert crm("forget", customer, "-p", project, "--why", "on request").code == 2
    assert forget(project, customer).code == 0
    assert "was erased" in forget(project, customer).stderr
    for value, words in WRONG_KEYS.items():
        monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", value)
        for command in ("run", "sync", "plan", "train"):
            agreed = ("--yes",) if command in ("run", "train") else ()
            answer = crm(command, project, "--as-of", AS_OF, *agreed)
            assert (answer.code, words in answer.stderr) == (2, True)
    assert telling(project) == []


def test_an_undo_lists_what_was_erased(tmp_path: Path) -> None:
    """The run that loaded the person is taken back for everybody else."""
    project = people(tmp_path, (*OTHERS, HERS))
    assert run(project).code == 0
    assert forget(project, customer_of(project, "7")).code == 0
    undone = crm("undo", "1", "-p", project, "--yes")
    assert undone.code == 0, undone.stderr
    (step,) = undone.data["steps"]
    reasons = {row["reason"] for row in step["failed"]}
    assert reasons == {"it was of a customer who was erased since"}
    assert question(project / "crm.db", "SELECT count(*) FROM customer") == [(0,)]
    assert crm("resume", "-p", project, "--yes").code == 0
    assert (run(project).data["customers"], telling(project)) == (2, [])


def test_a_plan_of_before_is_refused(tmp_path: Path) -> None:
    """What a plan that is kept elsewhere says of the person is not written any more."""
    project = people(tmp_path / "project", (*OTHERS, HERS))
    assert run(project).code == 0
    fill(project, (*OTHERS, HERS.replace("Keeper", "Former keeper")))
    plan = tmp_path / "kept.jsonl"
    assert crm("plan", project, "--as-of", AS_OF, "--out", plan).code == 0
    assert forget(project, customer_of(project, "7")).code == 0
    answer = crm("apply", plan, "-p", project, "--yes")
    assert (answer.code, "a customer was erased since" in answer.stderr) == (3, True)


def test_a_token_tells_nothing_without_its_key() -> None:
    """Another key, another token; the same key, the same one."""
    one, other = Tokens(b"one key of sixteen characters"), Tokens(b"another of sixteen characters")
    assert one.of("row", "a.b:1") == one.of("row", "a.b:1") != other.of("row", "a.b:1")
    assert one.of("row", "a.b:1") != one.of("record", "a.b:1")
