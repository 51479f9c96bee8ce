"""A steward's day in a real browser, from the sign-in to the sync after which every decision holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.crm_unify.run.people import names
from tests.crm_unify.steward.review.towns import broken
from tests.crm_unify.steward.web.desk_work import first_question, standing
from tests.crm_unify.steward.web.live import Live, at_desk, listening, press, ready
from tests.projects import AS_OF, crm, question

LONGEST = 180_000
"""Milliseconds that a run may take here."""


@pytest.fixture(scope="module")
def live(town_with_users: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A copy of the town on a port of this machine, for this day alone."""
    yield from listening(Path(shutil.copytree(town_with_users, tmp_path_factory.mktemp("day") / "town")))


def test_a_whole_day_holds(chromium: Chromium, live: Live) -> None:
    """Ten answers by keyboard, three undone, a pin, a split, a repair, a run watched and undone, a sync."""
    page = at_desk(chromium, live, "Ada")
    answer_ten_and_undo_three(page)
    assert "".join(verdict[0] for verdict in standing(live)) == "ssdsusd"
    pin_by_keyboard(page, "her card says so")
    assert crm("sync", live.project, "--as-of", AS_OF).code == 0
    split_by_keyboard(page, live)
    repair_by_keyboard(page)
    watch_a_run(page, 3)
    assert "Dora Dane" in names(live.project)
    undo_the_run(page, 3)
    assert "Dora Dane" not in names(live.project)
    assert crm("resume", live.project, "--yes").code == 0
    assert crm("sync", live.project).code == 0
    assert (broken(live.project), len(standing(live))) == ([], 8)
    assert names(live.project).count("Zora Zahn") == 2
    assert "Dora Dane" in names(live.project)
    assert pinned_to(live) == ["Clerk"]


def answer_ten_and_undo_three(page: Page) -> None:
    """No hand leaves the keyboard; the focus is on the heading of each question that comes."""
    first_question(page)
    for key in "mmdmumdmmd":
        press(page, key)
        expect(page.locator("h1")).to_be_focused()
    for _ in range(3):
        press(page, "z")


def pin_by_keyboard(page: Page, why: str) -> None:
    """Move to the last job, press P, say why, save; the focus comes back to the value."""
    page.locator("[data-pin=job_title]").last.focus()
    page.keyboard.press("p")
    page.keyboard.type(why)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    ready(page)
    expect(page.locator(".badge", has_text="pinned").first).to_be_visible()
    expect(page.locator("[data-pin=job_title]").last).to_be_focused()


def split_by_keyboard(page: Page, live: Live) -> None:
    """Select the first record of the customer whom evidence merged, and split it off."""
    query = "SELECT id FROM customer WHERE display_name = 'Zora Zahn'"
    ((customer,),) = question(live.project / "crm.db", query)
    page.goto(f"/clusters/{customer}")
    ready(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    press(page, "s")


def repair_by_keyboard(page: Page) -> None:
    """Open the row without a name, fill the name in, say why, Enter."""
    page.goto("/quarantine")
    page.locator("section[aria-label=Rows] tbody a").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name should say").focus()
    page.keyboard.type("Dora Dane")
    page.locator("form.fix input[name=why]").focus()
    page.keyboard.type("asked the office")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("asked the office")


def watch_a_run(page: Page, number: int) -> None:
    """Begin it, see its stages come as server-sent events, and be led to its account when it is done."""
    page.goto("/runs")
    page.get_by_role("button", name="Begin a run").press("Enter")
    expect(page.locator("#log")).to_contain_text("interpret", timeout=LONGEST)
    page.wait_for_url(f"**/runs/{number}", timeout=LONGEST)
    expect(page.locator("main")).to_contain_text("Account of rows")


def undo_the_run(page: Page, number: int) -> None:
    """Its plan is shown first."""
    page.get_by_role("link", name="Take it back").press("Enter")
    expect(page.locator("main")).to_contain_text("would be written to bring back what stood before")
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(page.locator("main")).to_contain_text(f"takes back run {number}", timeout=LONGEST)


def pinned_to(live: Live) -> list[str]:
    """The jobs in the CRM of customers with a pinned one."""
    sql = (
        "SELECT DISTINCT p.job_title FROM mig_decision d JOIN mig_decision_member m ON m.decision = d.id "
        "JOIN mig_xref x ON x.record_id = m.record_id JOIN person p ON p.customer_id = x.customer_id "
        "WHERE d.kind = 'pin'"
    )
    return [job for (job,) in question(live.project / "crm.db", sql)]
