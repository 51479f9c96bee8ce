"""Answers are recorded once, held, taken back, and never lost to somebody else's."""

import json
import sqlite3
from contextlib import closing
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from crm_unify.steward.review.queue import Queue
from tests.crm_unify.steward.web.people import SECOND, Browser, Served, served
from tests.projects import question

KEYS = (f"{number:032x}" for number in count(1))


def asked(browser: Browser, place: int = 0) -> tuple[str, list[str], list[str]]:
    """Id and sides of an open question of the town, by its place in the queue."""
    site = browser.app.state.site  # type: ignore[attr-defined]  # the application is a FastAPI
    with site.reading() as connection, site.board.queue(connection) as queue:
        found = queue.page().questions[place]
    return found.id, list(found.sides[0].records), list(found.sides[1].records)


def say(browser: Browser, canvas: str, action: str, **more: Any) -> Any:
    """Send an answer under a key of its own."""
    values = {"key": next(KEYS), "canvas": canvas, "action": action, "seen": 1_000}
    return browser.form("/answers", **values | more)


def decisions(site: Served) -> list[tuple[Any, ...]]:
    """What was decided: kind, verdict, command, by whom, why, what it revokes."""
    sql = "SELECT kind, verdict, command, decided_by, why, revokes FROM mig_decision ORDER BY id"
    return question(site.project / "crm.db", sql)


@pytest.mark.parametrize("verdict", ["same", "different", "unsure"])
def test_a_verdict_is_recorded_and_the_question_goes(site: Served, verdict: str) -> None:
    """M, D and U record a verdict on both sides; the browser is sent to another question."""
    browser = site.browser()
    name, _, other = asked(browser)
    answer = say(browser, name, verdict, selected=other, words="she told us").json()
    assert decisions(site) == [("verdict", verdict, "decide", "Stefan", "she told us", None)]
    assert answer["decisions"] == [1]
    assert name not in answer["next"]
    assert name not in browser.get("/").text


def test_nothing_selected_says_that_all_are_one(site: Served) -> None:
    """M on a question without a selection is SAME; D is refused, for nothing is kept apart."""
    browser = site.browser()
    name, one, other = asked(browser)
    assert say(browser, name, "different").status_code == 422
    assert say(browser, name, "same").status_code == 200
    members = question(site.project / "crm.db", "SELECT record_id, side FROM mig_decision_member")
    assert sorted(members) == sorted([(r, 1) for r in one] + [(r, 2) for r in other])


def test_an_answer_that_comes_twice_counts_once(site: Served) -> None:
    """The same key records nothing again, is told the same, and leads to the same next question."""
    browser = site.browser()
    name, _, other = asked(browser, 4)
    first = say(browser, name, "same", selected=other, key="a" * 32).json()
    again = say(browser, name, "same", selected=other, key="a" * 32).json()
    assert len(decisions(site)) == 1
    assert again == first
    assert again["next"] == f"/questions/{asked(browser, 4)[0]}"


def test_what_fails_behind_an_answer_is_no_failure_of_it(
    site: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is committed, so it is told as recorded; the defect is logged, and the queue gathered anew."""
    browser, board = site.browser(), site.app.state.site.board
    name, _, other = asked(browser)
    monkeypatch.setattr(Queue, "answered", lambda *_: 1 // 0)
    answer = say(browser, name, "same", selected=other)
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["decisions"], answer.json()["next"]) == (200, [1], "/")
    assert "ZeroDivisionError" in caplog.text
    assert browser.get("/").status_code == 200
    board.wait()
    assert f"/questions/{name}" not in browser.get("/").text


def test_the_second_of_two_people_is_told_and_nothing_is_lost(site: Served) -> None:
    """Who looked before somebody else answered is refused with their words; theirs stand."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, _, other = asked(ada)
    say(ada, name, "same", selected=other, words="same mail", seen=0)
    late = say(stella, name, "different", selected=other, seen=0)
    assert late.status_code == 409
    assert "same mail" in late.json()["error"]["why"]
    assert len(decisions(site)) == 1


def test_whoever_does_not_see_all_is_told_without_words_of_others(site: Served) -> None:
    """A reason may quote any value: who is too late gets the decision, and not what was typed to it."""
    with (site.project / "crm_unify.yml").open("a", encoding="utf-8") as file:
        file.write("web: {masked: {steward: [person.birth_date]}}\n")
    for masked in served(site.project):
        ada, stella = masked.browser(), masked.browser(name=SECOND)
        name, _, other = asked(ada)
        say(ada, name, "same", selected=other, words="born in May", seen=0)
        late = say(stella, name, "different", selected=other, seen=0)
        assert (late.status_code, "decision 1: " in late.text, "born" in late.text) == (409, True, False)


def test_undo_goes_back_to_the_first_answer(site: Served) -> None:
    """Z revokes the newest answer that stands, again and again, and then there is nothing to undo."""
    browser = site.browser()
    for verdict in ("same", "different", "unsure"):
        name, _, other = asked(browser)
        say(browser, name, verdict, selected=other)
    backs = [say(browser, "", "undo") for _ in range(4)]
    assert [back.status_code for back in backs] == [200, 200, 200, 422]
    assert [row[5] for row in decisions(site)[3:]] == [3, 2, 1]
    assert backs[2].json()["next"] == f"/questions/{asked(browser)[0]}"


def test_one_person_does_not_undo_what_another_answered(site: Served) -> None:
    """Z is about one's own answers; anybody takes back any decision by name."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, _, other = asked(ada)
    say(ada, name, "same", selected=other)
    assert say(stella, "", "undo").status_code == 422
    assert say(stella, name, "revoke", decision=1).status_code == 200
    assert decisions(site)[1][0] == "revoke"


def test_a_value_is_pinned_and_a_note_kept(site: Served) -> None:
    """P pins a field to what a record says; N keeps a note, whatever stands in it, shown as text."""
    browser = site.browser()
    name, one, _ = asked(browser)
    assert say(browser, name, "pin", field="job_title", record=one[0], words="her card").status_code == 200
    note = "<script>alert(1)</script> \u05e9\u05dc\u05d5\u05dd \U0001f600 " + "x" * 10_000
    assert say(browser, name, "note", words=note).status_code == 200
    page = browser.get(f"/questions/{name}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert decisions(site)[0][:3] == ("pin", None, "pin")


def test_a_full_note_and_a_long_selection_arrive(site: Served) -> None:
    """Line ends count once though browsers send two characters; a selection is one field."""
    browser = site.browser()
    name, _, other = asked(browser)
    lines = "word\r\n" * 2_048
    assert say(browser, name, "note", words=lines).status_code == 200
    assert say(browser, name, "note", words="x" * 10_241).status_code == 422
    assert say(browser, name, "same", selection="{}").status_code == 422
    assert say(browser, name, "different", selection=json.dumps(other)).json()["decisions"] == [1]


def test_records_are_split_off_their_customer(site: Served) -> None:
    """S parts the selected records of one customer from its others, and says so of nothing else."""
    browser = site.browser()
    name, one, other = asked(browser)
    say(browser, name, "same", selected=other)
    assert say(browser, name, "split", selected=other).status_code == 422  # they are two customers still
    from tests.projects import run

    assert run(site.project).code == 0
    (customer,) = {row[0] for row in question(site.project / "crm.db", customers(one + other))}
    assert say(browser, customer, "split", selected=other).status_code == 200
    assert decisions(site)[1][:3] == ("verdict", "different", "split")


def customers(records: list[str]) -> str:
    """SQL that asks whose some records are."""
    return f"SELECT customer_id FROM mig_xref WHERE record_id IN ({', '.join(map(repr, records))})"


def test_two_confirmed_customers_need_a_second_person(site: Served) -> None:
    """One person proposes; saying it again does nothing; another who says the same makes it hold."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, one, other = asked(ada)
    for (customer,) in question(site.project / "crm.db", customers(one + other)):
        assert say(ada, customer, "same").status_code == 200
    first = say(ada, name, "same", selected=other)
    assert first.json()["decisions"] == []
    assert say(ada, name, "same", selected=other).status_code == 422
    assert say(stella, name, "same", selected=other).json()["decisions"] == [3]
    assert [row[0] for row in decisions(site)] == ["confirm", "confirm", "verdict"]


def proposals(site: Served) -> list[str]:
    """The state of each proposal."""
    return [
        state for (state,) in question(site.project / "crm.db", "SELECT state FROM mig_proposal ORDER BY id")
    ]


def confirmed(site: Served, browser: Browser) -> tuple[str, list[str], list[str], list[str]]:
    """A question whose two customers this person has confirmed: its id, sides and customers."""
    name, one, other = asked(browser)
    both = [row[0] for row in question(site.project / "crm.db", customers(one + other))]
    for customer in both:
        assert say(browser, customer, "same").status_code == 200
    return name, one, other, both


def test_one_person_cannot_do_alone_what_takes_two(site: Served) -> None:
    """Neither by a third record between the two, nor by taking back what somebody else confirmed."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, one, other, both = confirmed(site, ada)
    third = asked(ada, 3)[1][0]
    for side in (one, other):
        answer = say(stella, third, "same", selected=side, added=side).json()
    assert (answer["decisions"], proposals(site)) == ([], ["open"])
    say(stella, both[1], "revoke", decision=2)
    assert say(stella, name, "same", selected=other).status_code == 422
    assert len(decisions(site)) == 4


def test_it_is_one_proposal_on_whatever_page_it_is_made(site: Served) -> None:
    """A third record leads the canvas: the first is told that they have said so, the second one agrees."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, one, other, _ = confirmed(site, ada)
    third = asked(ada, 3)[1][0]
    assert say(ada, third, "same", selected=one, added=one).json()["decisions"] == [3]
    assert say(ada, name, "same", selected=other).json()["decisions"] == []
    beyond = {"selected": other, "added": [*one, *other]}
    assert say(ada, third, "same", **beyond).status_code == 422
    assert proposals(site) == ["open"]
    ((customer,),) = question(site.project / "crm.db", customers([third]))
    added = "&".join(f"add={quote(record)}" for record in (*one, *other))
    assert "a second person has to say so" in ada.get(f"/clusters/{customer}?{added}").text
    assert say(stella, third, "same", **beyond).json()["decisions"] == [4]
    assert proposals(site) == ["agreed"]


def test_of_three_confirmed_customers_every_two_are_proposed(site: Served) -> None:
    """A second person who says it of two agrees to these; the others wait on."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, one, other, _ = confirmed(site, ada)
    third = asked(ada, 3)[1][0]
    assert say(ada, third, "same").status_code == 200
    assert say(ada, third, "same", selected=[third], added=[*one, *other]).json()["proposals"] == [1, 2, 3]
    assert say(stella, name, "same", selected=other).json()["decisions"] == [4]
    assert sorted(proposals(site)) == ["agreed", "open", "open"]
    assert say(stella, third, "same", selected=[third], added=[*one, *other]).json()["decisions"] == [5]
    assert sorted(proposals(site)) == ["agreed", "agreed", "agreed"]


def test_an_agreement_that_is_undone_is_a_proposal_again(site: Served) -> None:
    """The second person takes it back: open again; the first one cannot undo what the second one said."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, _, other, _ = confirmed(site, ada)
    say(ada, name, "same", selected=other)
    say(stella, name, "same", selected=other)
    assert proposals(site) == ["agreed"]
    assert "Stella has agreed" in say(ada, "", "undo").json()["said"]
    assert say(stella, "", "undo").status_code == 200
    assert proposals(site) == ["open"]


def test_a_proposal_ends_where_somebody_says_different(site: Served) -> None:
    """And is open again when that is undone."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    name, _, other, _ = confirmed(site, ada)
    say(ada, name, "same", selected=other)
    say(stella, name, "different", selected=other)
    assert proposals(site) == ["withdrawn"]
    say(stella, "", "undo")
    assert proposals(site) == ["open"]


def test_nothing_is_acknowledged_while_a_load_holds_the_database(site: Served) -> None:
    """Pages are shown; an answer is refused with the advice to send it again; then it is recorded."""
    browser = site.browser()
    name, _, other = asked(browser)
    with closing(sqlite3.connect(site.project / "crm.db", isolation_level=None)) as load:
        load.execute("BEGIN IMMEDIATE")
        busy = say(browser, name, "same", selected=other, key="b" * 32)
        assert browser.get(f"/questions/{name}").status_code == 200
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "3")
        assert decisions(site) == []
    assert say(browser, name, "same", selected=other, key="b" * 32).json()["decisions"] == [1]


def test_every_answer_stands_in_the_audit(site: Served) -> None:
    """Who did what to which question, without a value of a customer."""
    browser = site.browser()
    name, _, other = asked(browser)
    say(browser, name, "different", selected=other, words="Ada Abel is somebody else")
    say(browser, "", "undo")
    rows = question(site.project / "crm.db", "SELECT done_by, action, subject, detail FROM mig_audit")
    assert [row[:3] for row in rows[-2:]] == [
        ("Stefan", "answer-different", name),
        ("Stefan", "answer-undo", name),
    ]
    assert not any("Abel" in str(row) for row in rows)


def test_a_viewer_answers_nothing(site: Served) -> None:
    """The route refuses the role, and the page shows no buttons."""
    browser = site.browser("viewer")
    name, _, other = asked(browser)
    assert say(browser, name, "same", selected=other).status_code == 403
    assert 'data-act="same"' not in browser.get(f"/questions/{name}").text
