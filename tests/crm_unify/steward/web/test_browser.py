"""Answers in a real browser: with others at work, while a load goes on, after the session has ended."""

import sqlite3
from contextlib import closing

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.crm_unify.steward.web.desk_work import first_question, standing
from tests.crm_unify.steward.web.live import Live, at_desk, press, ready, sign_in
from tests.crm_unify.steward.web.people import SECOND


def test_the_second_of_two_people_sees_what_the_first_said(chromium: Chromium, live: Live) -> None:
    """Both look at one question; the second is told, her answer is shown to her, and nothing is recorded."""
    one, other = at_desk(chromium, live), at_desk(chromium, live, SECOND)
    name = first_question(one)
    other.goto(f"/questions/{name}")
    ready(other)
    press(one, "m")
    before = len(standing(live))
    other.keyboard.press("d")
    expect(other.locator("#overtaken")).to_contain_text("somebody else was faster")
    expect(other.locator("#overtaken")).to_contain_text('Your answer "different"')
    assert len(standing(live)) == before


def test_an_answer_outlives_a_load_that_holds_the_database(chromium: Chromium, live: Live) -> None:
    """It waits in the browser, the page says so, and it is recorded when the load is done."""
    page = at_desk(chromium, live)
    first_question(page)
    before = len(standing(live))
    with closing(sqlite3.connect(live.project / "crm.db", isolation_level=None)) as load:
        load.execute("BEGIN IMMEDIATE")
        page.keyboard.press("d")
        expect(page.locator("#standing")).to_contain_text("your answer is kept")
        expect(page.locator("#waiting")).to_have_text("1 answer waits")
        assert len(standing(live)) == before
    expect(page.locator("#waiting")).to_be_hidden(timeout=20_000)
    assert len(standing(live)) == before + 1
    press(page, "z")
    assert len(standing(live)) == before


def test_an_answer_outlives_its_session(chromium: Chromium, live: Live) -> None:
    """The session ends between looking and answering: after the sign-in the answer is sent by itself."""
    page = at_desk(chromium, live)
    first_question(page)
    before = len(standing(live))
    with closing(sqlite3.connect(live.project / "crm.db")) as con:
        con.execute("DELETE FROM mig_session")
        con.commit()
    page.keyboard.press("u")
    page.wait_for_url("**/sign-in*")
    page.wait_for_load_state()
    sign_in(page, "Stefan")
    expect(page.locator("#waiting")).to_be_hidden(timeout=20_000)
    page.wait_for_function(
        "() => !sessionStorage.getItem('crm.outbox') || sessionStorage.getItem('crm.outbox') === '[]'"
    )
    assert len(standing(live)) == before + 1


def test_an_answer_outlives_another_session_of_its_browser(chromium: Chromium, live: Live) -> None:
    """In another tab its person has signed out and in: the answer is kept, and sent by a new page."""
    page = at_desk(chromium, live)
    first_question(page)
    before = len(standing(live))
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in*")
    sign_in(other, "Stefan")
    other.wait_for_selector("#rows")
    page.keyboard.press("u")
    page.wait_for_function("() => sessionStorage.getItem('crm.outbox') === '[]'")
    assert len(standing(live)) == before + 1
