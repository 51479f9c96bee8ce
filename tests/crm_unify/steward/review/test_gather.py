"""The queue of a run: what is asked, why, and what decisions since have settled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.crm_unify.run.decided import record_id, row
from tests.crm_unify.run.people import fill
from tests.crm_unify.steward.review.conftest import PEOPLE
from tests.crm_unify.steward.review.towns import ids, listed
from tests.projects import crm, run


def say(project: Path, command: str, *words: str) -> None:
    """Record a decision."""
    answer = crm(command, *words, "-p", project, "--why", "she told us", "--by", "Ada")
    assert answer.code == 0, answer.stderr


def reasons(project: Path) -> dict[str, list[str]]:
    """By question, named by its first record, the reasons it is asked for."""
    found = listed(project)["questions"]
    return {one["sides"][0]["records"][0]: one["reasons"] for one in found}


def test_every_doubtful_pair_is_asked_with_what_hangs_on_it(asked: Path) -> None:
    """Names, records, sources, since when; nobody's yet; no pace is known before an answer."""
    found = listed(asked)
    one = found["questions"][0]
    assert (len(found["questions"]), one["reasons"], one["records"]) == (PEOPLE, ["band"], 2)
    assert (one["sources"], one["assignee"], one["worth"]) == (["office", "office"], None, 1.0)
    assert one["since"].endswith("Z")
    assert found["progress"]["seconds_left"] is None


def test_a_decision_settles_its_question_at_once(asking: Path) -> None:
    """Before the next run it counts as settled, after it it is gone; nobody is asked twice."""
    say(asking, "decide", record_id(0), record_id(1), "same")
    say(asking, "decide", record_id(2), record_id(3), "different")
    say(asking, "decide", record_id(4), record_id(5), "unsure")
    progress = listed(asking)["progress"]
    assert (progress["questions"], progress["settled_questions"]) == (PEOPLE - 3, 3)
    assert run(asking).code == 0
    assert len(ids(asking)) == PEOPLE - 3


def test_an_unsure_answer_goes_stale_when_a_record_changes(asking: Path) -> None:
    """The question comes back, with its reason and the decision it is about."""
    say(asking, "decide", record_id(0), record_id(1), "unsure")
    fill(asking, [row(0, Job="Dean"), *(row(record) for record in range(1, 2 * PEOPLE))])
    assert run(asking).code == 0
    found = listed(asking, "--reason", "stale")["questions"]
    assert [(one["reasons"][0], one["decisions"], one["leading"]) for one in found] == [
        ("stale", [1], [record_id(0), record_id(1)])
    ]


def test_two_confirmed_customers_and_contradictions_are_told(asking: Path) -> None:
    """Confirmed on both sides is a reason; decisions that contradict each other are questions, too."""
    for record in (0, 1):
        say(asking, "confirm", record_id(record))
    say(asking, "decide", record_id(2), record_id(3), "same")
    say(asking, "decide", record_id(2), record_id(3), "different")
    assert reasons(asking)[record_id(0)] == ["two-confirmed", "band"]
    (conflict,) = listed(asking, "--reason", "conflict")["questions"]
    assert (conflict["decisions"], conflict["worth"]) == ([3, 4], 1.0)
    assert "revoke 3 or 4" in "\n".join(crm_text("review", "next", asking, "--reason", "conflict"))


def crm_text(*words: str | Path) -> list[str]:
    """What a command tells people."""
    import io
    from contextlib import redirect_stdout

    from crm_unify.cli import main

    out = io.StringIO()
    with redirect_stdout(out):
        assert main(list(map(str, words))) == 0
    return out.getvalue().splitlines()


def test_a_question_is_given_to_somebody(asking: Path) -> None:
    """By the two records that lead it; the last word counts."""
    first, second, *_ = ids(asking)
    for words in ((first, "Bo"), (first, "Ada"), (second, "Bo"), (second, "--nobody")):
        assert crm("review", "assign", *words, "-p", asking).code == 0
    assert (ids(asking, "--assignee", "Ada"), ids(asking, "--assignee", "Bo")) == ([first], [])
    assert crm("review", "assign", "Q-NOBODY", "Ada", "-p", asking).code == 2
    assert crm("review", "assign", first, "-p", asking).code == 2


def test_the_next_question_shows_both_sides(asked: Path) -> None:
    """Field by field, equal or different, and the words to answer with."""
    found = crm("review", "next", asked).data
    told = {row["label"]: row["likeness"] for row in found["fields"]}
    assert told == {"Name": "equal", "Job title": "different", "E-mail": "equal", "Address": "equal"}
    lines = crm_text("review", "next", asked, "--question", found["question"]["id"])
    assert [line for line in lines if "crm-unify decide 'C-" in line] != []


def test_without_the_workspace_the_queue_says_what_is_missing(asking: Path) -> None:
    """What the database knows by itself is listed, and which command brings the rest back."""
    shutil.rmtree(asking / ".crm_unify")
    found = listed(asking)
    assert (found["questions"], "no longer in the workspace" in found["notes"][0]) == ([], True)


@pytest.mark.parametrize("words", [("--reason", "mood"), ("--start", "0")])
def test_a_filter_that_is_none_is_refused(asked: Path, words: tuple[str, str]) -> None:
    """With what there is instead."""
    assert crm("review", "list", asked, *words).code == 2
