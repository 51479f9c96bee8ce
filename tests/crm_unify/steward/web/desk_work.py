"""What people do at the desk in a real browser, and what stands of it afterwards."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.crm_unify.steward.web.live import Live, ready
from tests.projects import question


def standing(live: Live) -> list[str]:
    """Verdicts that nobody has taken back, oldest first."""
    sql = (
        "SELECT d.verdict FROM mig_decision d WHERE d.kind = 'verdict' AND NOT EXISTS "
        "(SELECT 1 FROM mig_decision r WHERE r.revokes = d.id) ORDER BY d.id"
    )
    return [verdict for (verdict,) in question(live.project / "crm.db", sql)]


def first_question(page: Page) -> str:
    """Open the first question of the queue; its id."""
    page.goto("/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions/*")
    ready(page)
    return page.url.rpartition("/")[2]
