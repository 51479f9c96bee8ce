"""Forms in a real browser: what somebody typed outlives a load, a session and a look elsewhere."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.crm_unify.steward.web.live import Live, at_desk, listening, sign_in
from tests.crm_unify.steward.web.loads import load
from tests.projects import question


@pytest.fixture(scope="module")
def live_hostile(hostile_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A copy of the project with rows in quarantine, on a port of this machine."""
    folder = tmp_path_factory.mktemp("live-hostile") / "town"
    yield from listening(Path(shutil.copytree(hostile_project, folder)))


def corrections(live: Live) -> list[tuple[str, str]]:
    """What was recorded of rows: the value and the reason."""
    return question(live.project / "crm.db", "SELECT new_value, why FROM mig_correction ORDER BY id")


def at_row(page: Page, number: int) -> None:
    """Open a row in quarantine, and type a name and a reason."""
    page.goto("/quarantine?code=NO-NAME")
    page.locator("section[aria-label=Rows] tbody a").nth(number).click()
    page.get_by_label("Name should say").fill(f"Zoe {number}")
    page.locator("form.fix input[name=why]").fill("asked her")


def test_a_repair_outlives_a_load(chromium: Chromium, live_hostile: Live) -> None:
    """The page says that it is kept, sends it by itself, as it was corrected meanwhile, and shows it then."""
    page = at_desk(chromium, live_hostile)
    at_row(page, 0)
    with load(live_hostile.project):
        page.get_by_role("button", name="Record the repair").click()
        expect(page.locator(".form-note")).to_contain_text("what you typed is kept and sent again")
        assert corrections(live_hostile) == []
        page.get_by_label("Name should say").fill("Zoe Null")
    expect(page.locator("main")).to_contain_text("correction 1", timeout=20_000)
    assert corrections(live_hostile) == [("Zoe Null", "asked her")]
    page.reload()
    assert page.locator(".form-note").count() == 0


def test_a_repair_outlives_its_session(chromium: Chromium, live_hostile: Live) -> None:
    """After the sign-in it stands in the form again, with a sentence, and can be sent or forgotten."""
    page = at_desk(chromium, live_hostile)
    at_row(page, 1)
    before = corrections(live_hostile)
    with closing(sqlite3.connect(live_hostile.project / "crm.db")) as con:
        con.execute("DELETE FROM mig_session")
        con.commit()
    page.get_by_role("button", name="Record the repair").click()
    page.wait_for_url("**/sign-in*")
    page.wait_for_load_state()
    sign_in(page, "Stefan")
    expect(page.locator(".form-note")).to_contain_text("What you had typed is here again")
    expect(page.get_by_label("Name should say")).to_have_value("Zoe 1")
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_label("Name should say")).to_have_value("")
    assert corrections(live_hostile) == before


def test_what_is_refused_stays_in_the_form(chromium: Chromium, live_hostile: Live) -> None:
    """It is told why, and nothing has to be typed again."""
    page = at_desk(chromium, live_hostile)
    page.goto("/rules/people/BR-1")
    page.locator("input[name=on]").fill("2026-03-01")
    page.locator("textarea[name=evidence]").fill("counted by hand")
    page.get_by_role("button", name="Write into the rule file").click()
    expect(page.locator(".form-note")).to_contain_text("needs a day and a place")
    expect(page.locator("textarea[name=evidence]")).to_have_value("counted by hand")
