"""Pages and forms while a load holds an SQLite database: shown at once, nothing that was typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

from tests.crm_unify.steward.web.hostile import ways
from tests.crm_unify.steward.web.loads import load, written
from tests.crm_unify.steward.web.people import Browser, Served
from tests.projects import question


def test_no_page_waits_for_a_load(haunted: Served) -> None:
    """Every page is shown meanwhile; all that is tried is to note who is there, and that waits for nobody."""
    paths = [path for some in ways(haunted).values() for path in some]
    browser = haunted.browser("admin")
    haunted.clock.ahead = timedelta(minutes=2)
    with load(haunted.project), written() as tried:
        statuses = [browser.ready(path).status_code for path in paths]
    assert set(statuses) == {200}
    assert set(tried) == {("UPDATE mig_session", 0)}


def sent(browser: Browser, path: str, **fields: str) -> Any:
    """Send a form as a browser without scripts does."""
    return browser.post(path, data={"csrf": browser.token(), **fields})


def forms(page: str) -> dict[str, str]:
    """The fields of the form on a page that failed."""
    found = re.findall(r'<input (?:type="hidden" )?name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(text) for name, text in found}


def waiting_row(site: Served) -> str:
    """The path of a row in quarantine."""
    rows = question(site.project / "crm.db", "SELECT map, row_id FROM mig_quarantine WHERE code = 'NO-NAME'")
    return "/quarantine/{}/{}".format(*sorted(rows)[0])


def test_a_form_is_shown_again_while_a_load_goes_on(haunted: Served) -> None:
    """Without scripts, too, what was typed stands on the page, and is recorded when it is sent again."""
    browser, path = haunted.browser(), f"{waiting_row(haunted)}/waive"
    with load(haunted.project):
        busy = sent(browser, path, seen="0", why="asked <b>Ann</b>")
    assert (busy.status_code, "asked &lt;b&gt;Ann" in busy.text) == (503, True)
    assert browser.post(path, data=forms(busy.text)).status_code == 303
    found = question(haunted.project / "crm.db", "SELECT kind, why FROM mig_correction")
    assert found == [("waive", "asked <b>Ann</b>")]


def test_a_form_outlives_its_session(haunted: Served) -> None:
    """The session ends before it is sent: what was typed is there, and is taken after the sign-in."""
    browser = haunted.browser()
    path, fields = "/rules/people/BR-1", {"status": "disputed", "owner": "Ann", "seen": "1"}
    haunted.clock.ahead += timedelta(hours=2)
    over = browser.post(path, data=fields)
    assert (over.status_code, forms(over.text)["owner"]) == (401, "Ann")
    again = haunted.browser().post(path, data=forms(over.text))
    assert (again.status_code, forms(again.text)["owner"], len(forms(again.text)["csrf"])) == (403, "Ann", 64)


def test_what_another_site_sends_is_not_shown_as_typed(haunted: Served) -> None:
    """Nobody gets a form of theirs onto our pages, with a token of ours in it."""
    browser = haunted.browser()
    elsewhere = {"Origin": "https://evil.example"}
    answer = browser.post("/rules/people/BR-1", data={"owner": "Eve"}, headers=elsewhere)
    assert (answer.status_code, "Eve" in answer.text) == (403, False)
