"""What attackers write into the sources or send to the server: it is text, and it is refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm_unify.rules.load import load_project
from crm_unify.steward.web.accounts import change, set_password
from crm_unify.steward.web.app import create_app
from tests.crm_unify.steward.web.hostile import shown_routes, ways
from tests.crm_unify.steward.web.people import PASSWORD, Browser, Served
from tests.projects import question

OURS = re.compile(r"/(?!/|\\)|#|$|data:image/")
"""What an address of our pages begins with."""


class Harm(HTMLParser):
    """Collects whatever of a page would run, or lead out of the application."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts and styles of the page's own, handlers, and addresses elsewhere."""
        said = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "base") or (tag == "script" and "src" not in said):
            self.found.append(f"<{tag}>")
        self.found += [name for name in said if name.startswith("on") or name == "style"]
        links = (said.get(name) or "" for name in ("href", "src", "action", "hx-get", "formaction"))
        self.found += [link for link in links if not OURS.match(link)]


def harm(browser: Browser, path: str) -> list[str]:
    """What of the page at this address would run."""
    return harm_in(browser.get(path).text)


def harm_in(text: str) -> list[str]:
    """What of a page would run."""
    parser = Harm()
    parser.feed(text)
    return parser.found


def test_the_ways_lead_to_every_page(haunted: Served) -> None:
    """A page that is added is walked as well, or this fails; each of them is there."""
    found = ways(haunted)
    assert set(found) == shown_routes(haunted)
    assert min(map(len, found.values())) > 0
    browser = haunted.browser("admin")
    statuses = {path: browser.get(path).status_code for some in found.values() for path in some}
    assert {path: code for path, code in statuses.items() if code != 200} == {}


def test_what_stands_in_the_sources_is_text(haunted: Served) -> None:
    """On no page does any of it run, lead elsewhere, or count as a template."""
    browser = haunted.browser("admin")
    found = ways(haunted)
    walked = [path for some in found.values() for path in some]
    assert {path: some for path in walked if (some := harm(browser, path))} == {}
    texts = {way: "".join(browser.get(path).text for path in some) for way, some in found.items()}
    assert [way for way, text in texts.items() if str(70001 * 70001) in text] == []
    assert {way for way, text in texts.items() if "&lt;script" in text.lower()} >= TOLD


def test_what_follows_from_hostile_values_is_text(haunted: Served) -> None:
    """The consequences, which are posted, quote them too."""
    browser = haunted.browser("admin")
    paths = [path.replace("/why", "/effects") for path in ways(haunted)["/canvas/{name}/why"]]
    texts = [browser.form(path).text for path in paths]
    assert ([harm_in(text) for text in texts], min(map(len, texts)) > 100) == ([[]] * len(texts), True)


TOLD = {"/", "/questions/{name}", "/clusters/{name}", "/customers", "/customers/{name}", "/search"} | {
    "/quarantine",
    "/quarantine/{map_name}/{row_id}",
    "/rules",
    "/rules/{map_name}/{rule}",
}
"""Where such a value is shown, as it came."""


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static/..%5c..%5capp.py",
        "/static/....//....//app.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/rules/..%2f..%2fcrm_unify.yml/BR-1",
        "/rules/%2e%2e%2fpeople.yml/BR-1",
        "/quarantine/..%2f..%2fetc/passwd",
        "/customers/..%2f..%2f..%2fetc%2fpasswd",
        "/questions/Q-..%2f..%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_to_a_file(haunted: Served, path: str) -> None:
    """Neither out of the folder of the pages' own files nor by a name that a page is asked for."""
    answer = haunted.browser("admin").get(path)
    assert answer.status_code in (404, 422)
    assert not [word for word in ("root:", "def create_app", "sources:") if word in answer.text]


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "///evil.example", "https:evil.example"],
)
def test_nobody_is_led_elsewhere_after_the_sign_in(haunted: Served, path: str) -> None:
    """Whatever stands in the form is a way within the application, or the first page."""
    browser = haunted.browser("")
    answer = browser.form("/sign-in", name="Stefan", password=PASSWORD, next=path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def pieces(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 1000):
        yield b"x" * 1000


def test_what_is_too_large_is_refused_before_it_is_read(haunted: Served) -> None:
    """A body without a length, and a form of thousands of fields; the sizes of a form are enough for ours."""
    browser = haunted.browser()
    kind = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": browser.token()}
    assert browser.post("/answers", content=pieces(1_400_000), headers=kind).status_code == 413
    many = "&".join(f"field{at}=1" for at in range(5_000))
    refused = browser.post("/answers", content=many, headers=kind)
    assert (refused.status_code, "Traceback" in refused.text) == (400, False)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda c: change(c, "Stella", by="Ada", role="viewer"), id="another role"),
        pytest.param(lambda c: set_password(c, "Stella", f"{PASSWORD} again", by="Ada"), id="a new password"),
        pytest.param(lambda c: change(c, "Stella", by="Ada", active=False), id="disabled"),
    ],
)
def test_a_session_ends_with_what_it_was_given_for(
    haunted: Served, act: Callable[[sa.Connection], Any]
) -> None:
    """At once, wherever somebody is signed in."""
    browser = haunted.browser("steward", name="Stella")
    assert browser.get("/").status_code == 200
    haunted.app.state.site.appending(act)
    assert (browser.get("/").status_code, browser.form("/answers").status_code) == (303, 401)


def test_an_answer_outlives_its_session_and_counts_once(haunted: Served) -> None:
    """Refused without a session; sent again under its key after the sign-in, twice, to be sure."""
    browser = haunted.browser()
    ((customer,), *_) = question(haunted.project / "crm.db", "SELECT id FROM customer ORDER BY 1")
    form = {"key": "e" * 32, "canvas": customer, "action": "same"}
    browser.form("/sign-out")
    assert browser.form("/answers", **form).status_code == 401
    again = [haunted.browser().form("/answers", **form).json()["decisions"] for _ in range(2)]
    assert again[0] == again[1]
    assert question(haunted.project / "crm.db", "SELECT count(*) FROM mig_decision") == [(1,)]


def test_a_session_travels_over_https_alone(hostile_project: Path) -> None:
    """Beyond this machine: the cookie has the prefix by which browsers refuse any other, and every flag."""
    app = create_app(load_project(hostile_project), secure=True, hosts=["crm.example"])
    browser = Browser(app, base_url="https://crm.example", follow_redirects=False)
    answer = browser.form("/sign-in", name="Ada", password=PASSWORD)
    (cookie,) = (one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-crm-unify="))
    flags = {part.strip().casefold() for part in cookie.split(";")[1:]}
    assert flags == {"httponly", "secure", "samesite=strict", "path=/"}
    assert "max-age" in answer.headers["strict-transport-security"]
