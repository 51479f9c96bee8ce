"""What is selected on a canvas stays selected only on what it was selected on, by whoever selected it."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.crm_unify.steward.web.live import Live, at_desk, ready, sign_in
from tests.crm_unify.steward.web.people import SECOND
from tests.projects import crm, question


def chosen(page: Page) -> list[str]:
    """The records that are selected."""
    ready(page)
    return sorted(page.eval_on_selector_all("[data-pick]:checked", "all => all.map(one => one.value)"))


def select(page: Page, at: int) -> list[str]:
    """Select or release a record by its place; the records that are selected then."""
    ready(page)
    page.locator("[data-pick]").nth(at).click()
    return chosen(page)


def customer(live: Live, place: int) -> str:
    """A customer of the town."""
    (row,) = question(live.project / "crm.db", f"SELECT id FROM customer ORDER BY id LIMIT 1 OFFSET {place}")
    return str(row[0])


def test_a_selection_stays_while_the_records_are_the_same(chromium: Chromium, live: Live) -> None:
    """Loaded anew it stands; when somebody decided on one of the records it is forgotten."""
    page, name = at_desk(chromium, live), customer(live, 0)
    page.goto(f"/clusters/{name}")
    mine = select(page, 0)
    page.reload()
    assert chosen(page) == mine != []
    other = customer(live, 9)
    words = ("decide", name, other, "different", "--why", "she told us", "--by", "Ada")
    assert crm(*words, "-p", live.project).code == 0
    page.reload()
    assert chosen(page) == []


def test_a_record_that_is_added_leaves_the_selection(chromium: Chromium, live: Live) -> None:
    """The records are others, but by this person's wish; what is not on a canvas is not selected."""
    page, name, more = at_desk(chromium, live), customer(live, 1), customer(live, 2)
    page.goto(f"/clusters/{name}")
    mine = select(page, 0)
    page.keyboard.press("/")
    page.locator("#finder-text").fill(more)
    with page.expect_navigation():
        page.locator("[data-add]").click()
    assert chosen(page) == mine
    assert len(select(page, 1)) == 2
    page.goto(f"/clusters/{name}")
    assert chosen(page) == []


def test_nobody_takes_over_the_selection_of_another(chromium: Chromium, live: Live) -> None:
    """Signing out forgets it, with what was typed and said; so does another person in the same tab."""
    page, path = at_desk(chromium, live), f"/clusters/{quote(customer(live, 3))}"
    page.goto(path)
    select(page, 0)
    page.evaluate("window.crm.say('recorded'), sessionStorage.setItem('crm.typed.Stefan./samples', '[]')")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in*")
    kept = [key for key in page.evaluate("Object.keys(sessionStorage)") if key.startswith("crm.")]
    assert [key for key in kept if key != "crm.outbox"] == []
    sign_in(page, SECOND)
    page.wait_for_selector("#rows")
    page.goto(path)
    assert chosen(page) == []
