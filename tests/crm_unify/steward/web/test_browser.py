"""The application in a real browser: by keyboard alone, with others at work, and while a load goes on."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.crm_unify.steward.review.towns import broken
from tests.crm_unify.steward.web.live import Live, at_desk, press, ready, sign_in
from tests.crm_unify.steward.web.people import SECOND
from tests.projects import AS_OF, crm, question

GRAVE = ("serious", "critical")
"""What axe calls a fault that keeps people out."""


def standing(live: Live) -> list[tuple[Any, ...]]:
    """Verdicts that nobody has taken back, with who gave them, oldest first."""
    sql = (
        "SELECT d.verdict, d.decided_by FROM mig_decision d WHERE d.kind = 'verdict' AND NOT EXISTS "
        "(SELECT 1 FROM mig_decision r WHERE r.revokes = d.id) ORDER BY d.id"
    )
    return question(live.project / "crm.db", sql)


def first_question(page: Page) -> str:
    """Open the first question of the queue."""
    page.goto("/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions/*")
    ready(page)
    return page.url.rpartition("/")[2]


@pytest.mark.soak
def test_ten_questions_are_settled_by_keyboard_alone(chromium: Chromium, live: Live) -> None:
    """Sign in, ten answers, three taken back, a value pinned, a customer split: it all holds after a sync."""
    page = at_desk(chromium, live)
    first_question(page)
    for key in "mmdmumdmmd":
        press(page, key)
    for _ in range(3):
        press(page, "z")
    assert "".join(str(verdict)[0] for verdict, _ in standing(live)) == "ssdsusd"
    pin_by_keyboard(page)
    assert crm("sync", live.project, "--as-of", AS_OF).code == 0
    assert broken(live.project) == []
    split_by_keyboard(page, live)
    assert crm("sync", live.project, "--as-of", AS_OF).code == 0
    (jobs,) = question(live.project / "crm.db", "SELECT count(*) FROM mig_decision WHERE kind = 'pin'")
    assert (jobs, len(standing(live))) == ((1,), 8)


def pin_by_keyboard(page: Page) -> None:
    """Move to a value with Tab, press P, say why, save."""
    page.locator("[data-pin=job_title]").last.focus()
    page.keyboard.press("p")
    page.keyboard.type("her card says so")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    ready(page)
    expect(page.locator(".badge", has_text="pinned").first).to_be_visible()


def split_by_keyboard(page: Page, live: Live) -> None:
    """Select the first record of a customer of two, and split it off."""
    query = "SELECT customer_id FROM mig_xref GROUP BY customer_id HAVING count(*) > 1 ORDER BY 1"
    ((customer,), *_) = question(live.project / "crm.db", query)
    page.goto(f"/clusters/{customer}")
    ready(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    press(page, "s")


@pytest.mark.soak
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


@pytest.mark.soak
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
        "!sessionStorage.getItem('crm.outbox') || sessionStorage.getItem('crm.outbox') === '[]'"
    )
    assert len(standing(live)) == before + 1


def test_no_page_keeps_anybody_out(chromium: Chromium, live: Live) -> None:
    """Axe finds no serious fault on the sign-in, the queue and a canvas, light and dark."""
    page = at_desk(chromium, live, "Vera")
    faults = []
    for path in ("/sign-in", "/", "canvas"):
        page.goto("/" if path == "canvas" else path)
        if path == "canvas":
            page.locator("#rows a").first.click()
            page.wait_for_selector("#why table")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it knows
            found = Axe().run(page).response["violations"]
            faults += [
                (path, scheme, one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in GRAVE
            ]
    assert faults == []
