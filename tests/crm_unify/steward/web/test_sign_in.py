"""Signing in: tokens, forms, waits, and requests that another site has made."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from crm_unify.schema.stewards import mig_user
from crm_unify.steward.web.access import session_cookie
from crm_unify.steward.web.pages.sign_in import within
from tests.crm_unify.steward.web.people import PASSWORD, Browser, Served
from tests.projects import question

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


def test_an_old_hash_is_renewed_at_the_sign_in(site: Served) -> None:
    """One that was made with other parameters is made anew, and opens the same password."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with site.app.state.site.writing() as connection:
        connection.execute(mig_user.update().where(mig_user.c.id == "stefan").values(password=weak))
    browser = site.browser("")
    assert [signed_in(browser), signed_in(browser)] == [303, 303]
    rows = question(site.project / "crm.db", "SELECT password FROM mig_user WHERE id = 'stefan'")
    assert PasswordHasher().check_needs_rehash(rows[0][0]) is False


def test_a_sign_that_no_database_takes_is_refused(looked_at: Served) -> None:
    """U+0000 in a path, a search or a form, before anything is asked of the database."""
    browser = looked_at.browser()
    assert [browser.get(path).status_code for path in ("/search?text=a%00b", "/customers/a%00b")] == [
        422,
        422,
    ]
    assert browser.form("/answers", key="c" * 32, action="note", words="a\0b").status_code == 422
    assert looked_at.browser("").form("/sign-in", name="a\0b", password=PASSWORD).status_code == 422


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
    assert browser.post("/sign-out", content=b"x" * 300_000).status_code == 413
    assert browser.post("/answers", content=b"x" * 1_400_000).status_code == 413
    assert browser.get("/static/..%2f..%2fapp.py").status_code == 404
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert browser.get("/docs").status_code == 404


@pytest.mark.parametrize("role", ["", "admin"])
def test_an_upload_is_refused_unread(looked_at: Served, role: str) -> None:
    """Nothing takes one, whoever sends it."""
    for path, size in (("/sign-out", 300_000), ("/answers", 1_400_000)):
        answer = looked_at.browser(role).post(path, files={"file": b"x" * size})
        assert answer.status_code == 413
