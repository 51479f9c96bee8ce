"""The pages in a real browser: open to everybody, and a row repaired, loaded, watched and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.crm_unify.steward.web.live import Live, at_desk, listening
from tests.projects import copy_of, question

GRAVE = ("serious", "critical")
"""What axe calls a fault that keeps people out."""
LONGEST = 180_000
"""Milliseconds that a run may take here."""


@pytest.fixture(scope="module")
def live_tour(tour_with_users: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A copy of the tour on a port of this machine."""
    yield from listening(copy_of(tour_with_users, tmp_path_factory.mktemp("live-tour")))


def paths(live: Live) -> list[str]:
    """Every kind of page of these modules."""
    database = live.project / "crm.db"
    ((customer,), *_) = question(database, "SELECT id FROM customer ORDER BY id")
    sql = "SELECT map, row_id FROM mig_quarantine WHERE severity = 'quarantine' ORDER BY 1, 2"
    ((name, row), *_) = question(database, sql)
    pages = ["/customers", f"/customers/{customer}", "/quarantine", f"/quarantine/{name}/{row}"]
    return [*pages, "/rules", "/rules?show=all", "/runs", "/runs/1", "/runs/1/undo", "/quality"]


def test_axe_finds_no_grave_fault(chromium: Chromium, live_tour: Live) -> None:
    """On any of the pages, for an admin, who sees everything there is."""
    page = at_desk(chromium, live_tour, "Ada")
    faults = []
    for path in paths(live_tour):
        page.goto(path)
        found = Axe().run(page).response["violations"]
        faults += [(path, one["id"]) for one in found if one["impact"] in GRAVE]
    assert faults == []


def repaired(page: Page) -> None:
    """Follow the reason to its row, correct the cell, say why."""
    page.goto("/quarantine?code=TYPE-UNKNOWN")
    page.locator("section[aria-label=Rows] tbody a").first.click()
    page.get_by_label("TYPE should say").fill("P")
    page.locator("form.fix input[name=why]").fill("asked billing")
    page.get_by_role("button", name="Record the repair").click()
    expect(page.locator("main")).to_contain_text("asked billing")


@pytest.mark.soak
def test_a_row_is_repaired_loaded_and_taken_back(chromium: Chromium, live_tour: Live) -> None:
    """The repair, the run while it goes, its account, its undo by plan; the row waits again."""
    page = at_desk(chromium, live_tour, "Ada")
    repaired(page)
    page.goto("/runs")
    page.get_by_role("button", name="Begin a run").click()
    expect(page.locator("#log")).to_contain_text("interpret", timeout=LONGEST)
    page.wait_for_url("**/runs/2", timeout=LONGEST)
    page.goto("/quarantine?code=TYPE-UNKNOWN")
    expect(page.locator("main")).to_contain_text("No row waits here")
    page.goto("/runs/2")
    page.get_by_role("link", name="Take it back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("main")).to_contain_text("takes back run 2")
    (waits,) = question(
        live_tour.project / "crm.db", "SELECT count(*) FROM mig_quarantine WHERE code = 'TYPE-UNKNOWN'"
    )
    assert waits == (1,)
