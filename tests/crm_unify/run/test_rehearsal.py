"""Rules are approved, the load is rehearsed, production opens, and the evidence shows every later change."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from crm_unify.errors import EvidenceChanged, UsageError
from crm_unify.steward.evidence_pack import MANIFEST, verify_pack, write_pack
from tests.crm_unify.run.people import account, people, rules
from tests.crm_unify.run.repairing import LINES, NAMELESS
from tests.projects import AS_OF, Answer, crm, question, run

RULES = """\
rules:
  PE-1: {what: "Who has a name is a customer", owner: office, status: approved}
  PE-2: {what: "What of people without a name?", owner: office, status: disputed}
"""
THERE = ("--env", "production")
SETTINGS = """\
environments: {production: {target: "sqlite:///production.db"}}
rehearsal: {max_reject_pct: 80, window: 10m}
"""


@dataclass(frozen=True, slots=True)
class Story:
    """Two rehearsals with an approval in between, a sign-off, and a production run before and after."""

    project: Path
    first: Answer
    refused: Answer
    second: Answer
    signed: Answer
    loaded: Answer


def approved(project: Path, *names: str, by: str = "Doris") -> Answer:
    """What ``crm-unify approve`` answers for production."""
    return crm("approve", *names, "-p", project, *THERE, "--by", by, "--where", "workshop 4", "--yes")


def rehearsed(project: Path) -> Answer:
    """A rehearsal for production on the date of the tests."""
    return crm("rehearse", project, *THERE, "--as-of", AS_OF, "--by", "Doris")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole story, told once."""
    project = people(tmp_path_factory.mktemp("story") / "people", LINES)
    rules(project, "owner: office\n", f"owner: office\n{RULES}")
    with (project / "crm_unify.yml").open("a") as file:
        file.write(SETTINGS)
    approved(project, "PE-1")
    first, refused = rehearsed(project), run(project, *THERE)
    approved(project, "PE-2", by="Office board")
    second = rehearsed(project)
    signed = crm("signoff", project, *THERE, "--by", "Karla", "--out", project / "pack.zip")
    return Story(project, first, refused, second, signed, run(project, *THERE))


def met(answer: Answer) -> dict[str, bool]:
    """The criteria of the last rehearsal."""
    return {one["name"]: one["ok"] for one in answer.data["criteria"]}


def test_an_unapproved_rule_makes_a_no_go(story: Story) -> None:
    """All else is met; the rule is named, and nothing of production is touched but the score card."""
    assert [name for name, ok in met(story.first).items() if not ok] == ["every rule is approved"]
    assert (story.first.data["go"], story.first.data["unapproved"]) == (False, ["people.PE-2"])
    assert story.first.data["account"]["people"]["quarantined"] == len(NAMELESS)
    assert story.first.data["rejects"] == {"people EMAIL-INVALID": 1, "people NAME-MISSING": len(NAMELESS)}


def test_production_opens_with_the_last_approval(story: Story) -> None:
    """Refused before any source is read, naming the rule; allowed when all are approved."""
    assert (story.refused.code, "people.PE-2 (not approved)" in story.refused.stderr) == (3, True)
    assert (story.loaded.code, account(story.loaded.data)[:2]) == (0, (13, 3))
    (told,) = question(story.project / "production.db", "SELECT count(*) FROM mig_run")
    assert told == (1,)


def test_the_score_card_holds_every_trial(story: Story) -> None:
    """Trial by trial, the last one a go; the plan that was rehearsed is named by its hash."""
    assert [(one["trial"], one["go"]) for one in story.second.data["trials"]] == [(1, False), (2, True)]
    assert len(story.second.data["hashes"]["plan_hash"]) == 64


def test_the_evidence_pack_verifies_and_is_known(story: Story) -> None:
    """It holds account, card, rule book, hashes, approvals; the database remembers who signed it."""
    found = crm("signoff", "--verify", story.project / "pack.zip", "-p", story.project, *THERE)
    assert (found.code, found.data["known"], found.data["signed"]["verdict"]) == (0, True, "GO")
    files = set(found.data["files"])
    assert {"account.csv", "score_card.txt", "rule_book.html", "rules.csv", "approvals.csv"} <= files
    with ZipFile(story.project / "pack.zip") as pack:
        assert "Office board" in pack.read("approvals.csv").decode()
        assert not {"Ann Ash", "ben@post.example"} & set(pack.read("samples.json").decode().split('"'))


def test_the_pack_names_what_it_holds_and_nothing_else(story: Story, tmp_path: Path) -> None:
    """The page speaks of no workbook; the list has every file; without the rehearsal's rows it says so."""
    with ZipFile(story.project / "pack.zip") as pack:
        said, page = pack.read("README.txt").decode(), pack.read("rule_book.html").decode()
        files = {name for name in pack.namelist() if "/" not in name and name != "README.txt"}
    assert {name for name in files if name not in said} == set()
    assert ("rule_book.xlsx" in page, "no longer there" in said) == (False, False)
    copy = Path(shutil.copytree(story.project, tmp_path / "gone"))
    shutil.rmtree(copy / ".crm_unify")
    signed = crm("signoff", copy, *THERE, "--by", "Karla", "--out", tmp_path / "late.zip")
    assert signed.data["signed"]["rows"] is False
    with ZipFile(tmp_path / "late.zip") as pack:
        assert "no longer there" in pack.read("README.txt").decode()


def test_a_file_that_means_something_else_closes_production(story: Story) -> None:
    """Other owners change nothing; another transform ends the approvals, and --unapproved is kept."""
    file, text = story.project / "people.yml", (story.project / "people.yml").read_text()
    file.write_text(text.replace("owner: office", "owner: sales").replace("disputed", "approved"))
    assert crm("approve", "-p", story.project, *THERE).data["not_approved"] == 0
    file.write_text(text.replace("{from: Job}", "{from: Job, transform: squeeze}"))
    standing = crm("approve", "-p", story.project, *THERE).data
    assert {one["state"] for one in standing["rules"]} == {"changed since it was approved"}
    assert crm("sync", story.project, *THERE, "--as-of", AS_OF).code == 3
    assert crm("signoff", story.project, *THERE, "--by", "Karla").code == 3
    assert crm("plan", story.project, *THERE, "--as-of", AS_OF).data["stops"][0]["code"] == "GUARD-STOPPED"
    plan = ("apply", story.project / "plan.jsonl", "-p", story.project, *THERE, "--yes")
    assert [crm(*plan).code, crm(*plan, "--unapproved").code] == [3, 0]
    (summary,) = question(story.project / "production.db", "SELECT summary FROM mig_run ORDER BY id DESC")[0]
    assert json.loads(summary)["unapproved"]["rules"] == ["people.PE-1", "people.PE-2"]
    file.write_text(text)


def test_check_tells_where_files_and_approvals_differ(story: Story) -> None:
    """The file says disputed, the target says approved; a difference waits for a person."""
    found = crm("check", story.project, *THERE, "--strict")
    assert (found.code, found.data["approvals_differ"]) == (1, ["people.PE-2"])


def test_a_rehearsal_never_empties_the_crm_itself(story: Story) -> None:
    """A scratch database that is the target, or holds other runs, is refused."""
    file, text = story.project / "crm_unify.yml", (story.project / "crm_unify.yml").read_text()
    file.write_text(text.replace("window: 10m", 'target: "sqlite:///production.db"'))
    assert rehearsed(story.project).code == 3
    refused = crm("rehearse", story.project, "--as-of", AS_OF, "--by", "Doris")
    assert (refused.code, "holds more than rehearsals" in refused.stderr) == (3, True)
    file.write_text(text)


def test_every_byte_of_a_pack_is_watched(tmp_path: Path) -> None:
    """Whichever byte is changed, verification refuses, and names the file where the byte is a file's own."""
    whole = tmp_path / "pack.zip"
    files = {"account.csv": b"map,rows\npeople,13\n", "rules.csv": b"map,sha256\n"}
    write_pack(whole, files, signed={"by": "Karla", "at": "2026-02-01T00:00:00Z"})
    content = whole.read_bytes()
    for place in range(len(content)):
        changed = tmp_path / "changed.zip"
        changed.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises((EvidenceChanged, UsageError), match=r"changed|no evidence pack") as refused:
            verify_pack(changed)
        if content[place : place + 3] == b"13\n":
            assert "account.csv" in str(refused.value)


def test_a_pack_with_another_file_is_refused(tmp_path: Path) -> None:
    """A file added or left out is named."""
    whole = tmp_path / "pack.zip"
    write_pack(whole, {"a.csv": b"1", "b.csv": b"2"}, signed={})
    with ZipFile(whole) as pack:
        manifest = pack.read(MANIFEST)
    with ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.csv", b"1")
        other.writestr("c.csv", b"3")
        other.writestr(MANIFEST, manifest)
    with pytest.raises(EvidenceChanged, match=r"b\.csv, c\.csv"):
        verify_pack(tmp_path / "other.zip")
