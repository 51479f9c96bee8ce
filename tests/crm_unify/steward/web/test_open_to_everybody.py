"""Nobody is kept out: axe-core on every page and in every state, and no narrow window cuts anything off."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, ViewportSize, expect

from tests.crm_unify.steward.web.desk_work import first_question
from tests.crm_unify.steward.web.live import Live, at_desk, listening, press, ready
from tests.crm_unify.steward.web.people import NAMES, SECOND
from tests.projects import copy_of, question

AXE: Final = Axe()
NARROW: Final = ViewportSize(width=320, height=640)
"""A laptop's window of 1280 pixels enlarged four times (WCAG 1.4.10)."""
WIDE: Final = ViewportSize(width=1366, height=768)
CUT_OFF: Final = "document.documentElement.scrollWidth - innerWidth"
"""Pixels by which a page is wider than its window; tables scroll by themselves."""
RULE: Final = "/rules/billing_customers/TR-004"
NO_PAGES: Final = ("/questions/Q-NOBODY", "/nowhere")
"""What is asked for and is not there: an error page each."""
CONTRAST: Final = {"runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def live_tour(tour_with_users: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A copy of the tour on a port of this machine: it has rows in quarantine, open rules and orders."""
    yield from listening(copy_of(tour_with_users, tmp_path_factory.mktemp("open-tour")))


def faults(page: Page, where: str, *, dark: bool = False) -> list[Any]:
    """What axe finds on the page as it stands, of any gravity; in the dark it looks at contrast alone."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    found = AXE.run(page, options=CONTRAST if dark else None).response["violations"]
    return [(where, one["id"], one["impact"], one["nodes"][0]["html"]) for one in found]


def looked_at(page: Page, where: str) -> list[Any]:
    """Faults of a page in light and dark, and whether it is cut off in a narrow window."""
    found = faults(page, where) + faults(page, f"{where}, dark", dark=True)
    page.set_viewport_size(NARROW)
    cut = page.evaluate(CUT_OFF)
    page.set_viewport_size(WIDE)
    return [*found, *([(where, "cut off by", cut)] if cut > 0 else [])]


def pages(live: Live) -> list[str]:
    """Every kind of page that is not about a question, with empty ones and errors."""
    database = live.project / "crm.db"
    ((customer,), *_) = question(database, "SELECT id FROM customer ORDER BY id")
    sql = "SELECT map, row_id FROM mig_quarantine WHERE severity = 'quarantine' ORDER BY 1, 2"
    ((name, row), *_) = question(database, sql)
    listing = ["/customers", "/customers?search=nobody+at+all"]
    listing += [f"/customers/{customer}", f"/clusters/{customer}"]
    waiting = ["/quarantine", "/quarantine?queue=withheld", f"/quarantine/{name}/{row}"]
    others = ["/rules", "/rules?show=all", RULE, "/runs", "/runs/1", "/quality", "/sample"]
    return [*listing, *waiting, *others, "/?search=nobody+at+all", *NO_PAGES]


@pytest.mark.parametrize("role", ["viewer", "steward", "admin"])
def test_axe_finds_no_fault_on_any_page(chromium: Chromium, live_tour: Live, role: str) -> None:
    """For whoever sees it; for an admin, who sees most, also in the dark and enlarged four times."""
    page = at_desk(chromium, live_tour, NAMES[role])
    found: list[Any] = []
    look = looked_at if role == "admin" else faults
    for path in [*pages(live_tour), *(["/runs/1/undo"] if role == "admin" else [])]:
        answer = page.goto(path)
        assert answer is not None, path
        assert answer.ok == (path not in NO_PAGES), path
        found += look(page, path)
    assert found == []


def why_is_told(page: Page) -> None:
    """Wait for the evidence."""
    page.wait_for_selector("#why table")
    expect(page.locator("#effects h3").first).to_be_visible()


def opened(page: Page, key: str, dialog: str) -> None:
    """Open a dialog by its key."""
    page.keyboard.press(key)
    expect(page.locator(f"#{dialog}")).to_be_visible()


def found_somebody(page: Page) -> None:
    """The finder with results."""
    opened(page, "/", "finder")
    page.keyboard.type("abel")
    expect(page.locator("#finder-found [data-add]").first).to_be_visible()


STATES: Final[dict[str, Callable[[Page], object]]] = {
    "help": lambda page: opened(page, "?", "help"),
    "finder": found_somebody,
    "words": lambda page: opened(page, "n", "words"),
}


def test_axe_finds_no_fault_on_a_question(chromium: Chromium, live: Live) -> None:
    """The queue, the question with its evidence, each dialog, many records, a pair of a blind sample."""
    page = at_desk(chromium, live)
    found = looked_at(page, "queue")
    name = first_question(page)
    why_is_told(page)
    found += looked_at(page, "question")
    for state, reach in STATES.items():
        reach(page)
        found += looked_at(page, state)
        page.keyboard.press("Escape")
        expect(page.locator(f"#{state}")).to_be_hidden()
    page.goto(f"/questions/{name}?start=1")
    ready(page)
    found += looked_at(page, "further records")
    page.goto("/sample/drawn?merged=2&apart=4")
    expect(page.get_by_role("link", name="Begin")).to_be_visible()  # it is drawn by now
    found += looked_at(page, "sample")
    page.get_by_role("link", name="Begin").click()
    page.wait_for_url("**/samples/*")
    ready(page)
    assert found + looked_at(page, "blind pair") == []


def test_axe_finds_no_fault_when_things_go_wrong(chromium: Chromium, live: Live) -> None:
    """A wrong password, an answer that waits, somebody who was faster, an error and good news on the page."""
    page, other = at_desk(chromium, live), at_desk(chromium, live, SECOND)
    name = first_question(page)
    with closing(sqlite3.connect(live.project / "crm.db", isolation_level=None)) as load:
        load.execute("BEGIN IMMEDIATE")
        page.keyboard.press("u")
        expect(page.locator("#waiting")).to_be_visible()
        found = looked_at(page, "an answer waits")
    expect(page.locator("#waiting")).to_be_hidden(timeout=20_000)
    ready(page)
    other.goto(f"/questions/{name}")
    ready(other)
    press(page, "z")
    press(page, "m")
    other.keyboard.press("d")
    expect(other.locator("#overtaken")).to_be_visible()
    other.evaluate("crm.say('the server does not answer', 'bad'); crm.say('noted')")
    found += looked_at(other, "overtaken")
    press(page, "z")
    assert found + wrong_password(chromium, live) == []


def wrong_password(chromium: Chromium, live: Live) -> list[Any]:
    """The sign-in, before and after a mistake."""
    page = chromium.new_context(base_url=live.url).new_page()
    page.goto("/sign-in")
    found = looked_at(page, "sign-in")
    page.get_by_label("Name").fill("Nobody")
    page.get_by_label("Password").fill("not the one")
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_contain_text("wrong")
    return found + looked_at(page, "wrong password")
