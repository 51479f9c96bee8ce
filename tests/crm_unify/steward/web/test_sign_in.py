"""Signing in: tokens, forms, waits, and requests that another site has made."""

from datetime import timedelta

import pytest

from crm_unify.steward.web.access import session_cookie
from crm_unify.steward.web.pages.sign_in import within
from tests.crm_unify.steward.web.people import PASSWORD, Browser, Served

SIGN_IN = {"name": "Stefan", "password": PASSWORD}


def signed_in(browser: Browser, **more: str) -> int:
    """Fill in the form; the status."""
    return int(browser.form("/sign-in", **SIGN_IN | more).status_code)


def test_a_session_begins_under_a_new_token(site: Served) -> None:
    """The token of before the sign-in opens nothing, so nobody can fix it beforehand."""
    browser = site.browser("")
    browser.get("/sign-in")
    before = dict(browser.cookies)
    answer = browser.form("/sign-in", **SIGN_IN)
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert browser.cookies[session_cookie(site.app.state.site)] not in before.values()
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("ahead", [timedelta(hours=1, minutes=1), timedelta(hours=12, minutes=1)])
def test_a_session_ends(site: Served, ahead: timedelta) -> None:
    """An hour without a request, or twelve hours whatever happens: a page leads to the sign-in and back."""
    browser = site.browser()
    site.clock.ahead = ahead
    answer = browser.get("/?kind=person")
    assert answer.headers["location"] == "/sign-in?next=/%3Fkind%3Dperson"
    script = browser.post("/answers", headers={"Accept": "application/json"})
    assert (script.status_code, script.json()["error"]["remedy"]) == (401, "sign in again")


def test_failures_make_everybody_wait_longer(site: Served) -> None:
    """After five wrong passwords the right one is refused, too, until the wait is over."""
    browser = site.browser("")
    for _ in range(6):
        assert signed_in(browser, password="wrong password") in (401, 429)
    assert signed_in(browser) == 429
    site.clock.ahead = timedelta(minutes=2)
    assert signed_in(browser) == 303


def test_names_nobody_has_are_refused_like_others(site: Served) -> None:
    """The answer is the same, and the name is not kept: it may be a password."""
    browser = site.browser("")
    one, other = (browser.form("/sign-in", name=n, password="no such words") for n in ("Stefan", "hunter2!"))
    assert one.status_code == other.status_code == 401
    assert one.text.replace("Stefan", "") == other.text.replace("hunter2!", "")


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\n/x", ""]
)
def test_the_sign_in_leads_nowhere_else(path: str) -> None:
    """A way on that leaves the application is the first page."""
    assert within(path) == "/"


def test_a_request_that_another_site_made_is_refused(site: Served) -> None:
    """Without the token of the page, or with the origin of another one, nothing happens."""
    browser = site.browser()
    assert browser.post("/sign-out").status_code == 403
    headers = {"Origin": "https://evil.example", "X-CSRF-Token": browser.token()}
    assert browser.post("/sign-out", headers=headers).status_code == 403
    assert browser.get("/").status_code == 200


def test_every_answer_forbids_what_no_page_needs(looked_at: Served) -> None:
    """Pages, refusals and files carry the headers; no page holds a script or a style of its own."""
    browser = looked_at.browser()
    for path in ("/", "/sign-in", "/nothing", "/static/web.css", "/openapi.json", "/docs"):
        answer = browser.get(path)
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = browser.get("/").text
    assert "<script>" not in page
    assert " style=" not in page


def test_what_is_too_long_or_elsewhere_is_refused(looked_at: Served) -> None:
    """Long bodies, paths out of the folder of files, and other names of this machine."""
    browser = looked_at.browser()
    assert browser.post("/answers", content=b"x" * 300_000).status_code == 413
    assert browser.get("/static/..%2f..%2fapp.py").status_code == 404
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert browser.get("/docs").status_code == 404


def test_an_upload_without_a_session_is_refused_unread(looked_at: Served) -> None:
    """Thirty megabytes are for those who have signed in."""
    files = {"file": b"x" * 300_000}
    assert looked_at.browser("").post("/answers", files=files).status_code == 413
