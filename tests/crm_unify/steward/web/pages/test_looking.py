"""What the pages show to whoever may look, and what they keep from those who may not see all."""

from __future__ import annotations

import pytest

from crm_unify.schema.stewards import ROLES
from tests.crm_unify.steward.web.people import Served
from tests.projects import question

PATHS = ("/customers", "/quarantine", "/rules", "/runs", "/runs/1", "/quality", "/rules?show=all")


def customer(served: Served, name: str) -> str:
    """The id of a customer by name."""
    rows = question(served.project / "crm.db", f"SELECT id FROM customer WHERE display_name = '{name}'")
    return str(rows[0][0])


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_shown_without_a_script_of_its_own(toured_site: Served, path: str) -> None:
    """To the least role; no inline script or style, so that the policy of the pages holds."""
    answer = toured_site.browser("viewer").get(path)
    assert answer.status_code == 200
    assert ("<script>" in answer.text, 'style="' in answer.text) == (False, False)


def test_a_customer_tells_where_each_value_comes_from(toured_site: Served) -> None:
    """Record, columns and rivals of each value, the records as they came, and the load in the history."""
    page = toured_site.browser("steward").get(f"/customers/{customer(toured_site, 'Jonas Keller')}").text
    assert ("birth date" in page, "sales.sales_contacts:" in page or "billing." in page) == (True, True)
    assert ("loaded" in page, "Records side by side" in page) == (True, True)


def test_a_role_sees_no_more_than_it_may(toured_site: Served) -> None:
    """A viewer gets addresses of nobody and no rows as they came; a steward sees them."""
    mails = {
        value
        for (value,) in question(
            toured_site.project / "crm.db", "SELECT value_raw FROM contact_point WHERE kind = 'email'"
        )
    }
    ids = [row[0] for row in question(toured_site.project / "crm.db", "SELECT id FROM customer")]

    def seen(role: str) -> set[str]:
        browser = toured_site.browser(role)
        text = "".join(browser.get(f"/customers/{name}").text for name in ids).replace("<wbr>", "")
        return {mail for mail in mails if mail in text}

    assert (seen("viewer"), seen("steward")) == (set(), mails)


def test_a_customer_is_found_by_name_and_id(toured_site: Served) -> None:
    """Any part of a name in any letter case; an id leads to its page; signs of SQL are letters."""
    browser, name = toured_site.browser("viewer"), customer(toured_site, "Jonas Keller")
    assert name in browser.get("/customers", params={"search": "KELLER"}).text
    assert browser.get("/customers", params={"search": name}).headers["location"] == f"/customers/{name}"
    assert "No customer is called so" in browser.get("/customers", params={"search": "%' OR 1=1"}).text


def test_what_is_not_there_is_told(toured_site: Served) -> None:
    """A sentence and no trace of the program."""
    browser = toured_site.browser("admin")
    for path in ("/customers/C-NOBODY", "/quarantine/people/" + "0" * 32, "/rules/none/BR-1", "/runs/99"):
        answer = browser.get(path)
        assert (answer.status_code, "Traceback" in answer.text) == (422, False), path


def test_nothing_hidden_is_found_out_by_searching(toured_site: Served) -> None:
    """A viewer who does not see e-mail addresses finds nobody by a part of one; a steward does."""
    mail, name = question(
        toured_site.project / "crm.db",
        "SELECT value_norm, customer_id FROM contact_point WHERE kind = 'email' ORDER BY 1",
    )[0]
    said = {role: toured_site.browser(role).get("/search", params={"text": mail}).text for role in ROLES}
    assert [name in said[role] for role in ("viewer", "steward")] == [False, True]
    assert name in toured_site.browser("viewer").get("/search", params={"text": name}).text
