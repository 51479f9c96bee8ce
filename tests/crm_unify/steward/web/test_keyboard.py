"""Keys, messages and the focus in a real browser: for who sees little, or speaks to the machine."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.crm_unify.steward.web.desk_work import first_question, standing
from tests.crm_unify.steward.web.live import Live, at_desk, press, ready
from tests.crm_unify.steward.web.people import SECOND

LONG = 60_000
"""Milliseconds after which good news is gone if nobody holds it."""


@pytest.fixture
def page(chromium: Chromium, live: Live) -> Page:
    """A steward at the queue."""
    return at_desk(chromium, live)


def test_single_keys_are_switched_off(page: Page, live: Live) -> None:
    """Then letters and signs do nothing, on later pages, too; the buttons and the switch still work."""
    first_question(page)
    before = len(standing(live))
    page.keyboard.press("?")
    page.get_by_label("Single letters and signs act").press("Space")
    page.keyboard.press("Escape")
    page.reload()
    ready(page)
    page.keyboard.type("mduspnzjk/?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#standing")).to_contain_text("selected against")
    assert len(standing(live)) == before
    for name, after in (("Same", before + 1), ("Undo", before)):
        with page.expect_navigation():
            page.get_by_role("button", name=name).press("Enter")
        ready(page)
        assert len(standing(live)) == after
    page.get_by_role("button", name="Keys").press("Enter")
    expect(page.get_by_label("Single letters and signs act")).not_to_be_checked()


def test_an_error_stays_until_it_is_put_away(page: Page) -> None:
    """Good news goes; an error does not, until Escape or its button; both are in the list at the foot."""
    page.clock.install()
    page.reload()
    page.evaluate("crm.say('noted'); crm.say('refused', 'bad'); crm.say('gone', 'bad')")
    page.clock.fast_forward(LONG)
    expect(page.locator(".toast")).to_have_text(["refused×", "gone×"])
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_have_text(["refused×"])
    page.get_by_role("button", name="Put the message away").press("Enter")
    expect(page.locator(".toast")).to_have_count(0)
    page.locator("#messages summary").press("Enter")
    expect(page.locator("#messages li")).to_contain_text(["gone", "refused", "noted"])


def test_good_news_stays_while_somebody_reads_it(page: Page) -> None:
    """Under the pointer, or with the focus on its button."""
    page.clock.install()
    page.reload()
    page.evaluate("crm.say('noted')")
    page.locator(".toast").hover()
    page.clock.fast_forward(LONG)
    expect(page.locator(".toast")).to_have_count(1)
    page.mouse.move(0, 0)
    page.clock.fast_forward(LONG)
    expect(page.locator(".toast")).to_have_count(0)


def test_the_focus_is_never_lost(page: Page) -> None:
    """A button that cannot act keeps it, and a dialog that closes gives it back."""
    first_question(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")  # side B is no longer selected: nothing is
    different = page.get_by_role("button", name="Different")
    different.press("Enter")
    expect(page.locator("#said")).to_contain_text("select some of the records first")
    expect(different).to_be_focused()
    for key in ("?", "n", "/"):
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(different).to_be_focused()


def test_the_queue_is_filtered_and_searched_by_keyboard(page: Page) -> None:
    """/ searches, what is found is said, and the first of it is begun with; the filter stays."""
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("hoffmann")
    expect(page.locator("#counted")).to_have_text("1 question, 1 to 1")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("Source")).to_be_focused()
    page.keyboard.press("o")  # office
    expect(page).to_have_url(re.compile("source=office.*search=hoffmann"))
    page.locator("#begin").press("Enter")
    ready(page)
    expect(page.locator("h1")).to_contain_text("Hoffmann")
    assert "search=hoffmann" in page.url


def test_a_question_is_given_to_somebody(chromium: Chromium, page: Page, live: Live) -> None:
    """By keyboard, on its page; it is then among theirs, and theirs alone."""
    name = first_question(page)
    page.get_by_label("Given to").focus()
    page.keyboard.type(SECOND)
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_label("Given to")).to_have_value(SECOND)
    page.goto("/?whose=mine")
    expect(page.locator("#rows")).to_contain_text("Nothing is open")
    other = at_desk(chromium, live, SECOND)
    other.goto("/?whose=mine")
    expect(other.locator("#rows tbody tr")).to_have_count(1)
    press_begin(other)
    assert name in other.url


def press_begin(page: Page) -> None:
    """Begin with the first by Enter."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
    ready(page)


def test_a_viewer_steps_through_and_changes_nothing(chromium: Chromium, live: Live) -> None:
    """J and K lead on, the help lists what works; letters that answer do nothing and open nothing."""
    page = at_desk(chromium, live, "Vera")
    before = len(standing(live))
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions/*")
    page.keyboard.type("mdusnpz")
    expect(page.locator("dialog[open]")).to_have_count(0)
    first = page.url
    with page.expect_navigation():
        page.keyboard.press("j")
    assert page.url != first
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("next, previous question")
    assert len(standing(live)) == before


def test_a_blind_pair_takes_no_key_it_has_no_button_for(page: Page) -> None:
    """Notes, splits and added records belong to the canvas; the keys of the pair stand in its help."""
    page.goto("/sample/drawn?merged=2&apart=4")
    page.get_by_role("link", name="Begin").click()
    page.wait_for_url("**/samples/*")
    ready(page)
    page.keyboard.type("ns/")
    expect(page.locator("dialog[open]")).to_have_count(0)
    press(page, "j")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
