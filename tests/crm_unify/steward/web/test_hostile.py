"""What attackers write into the sources or send to the server: it is text, and it is refused in words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.crm_unify.steward.web.hostile import shown_routes, ways
from tests.crm_unify.steward.web.people import Browser, Served

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
    parser = Harm()
    parser.feed(browser.get(path).text)
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


TOLD = {"/", "/questions/{name}", "/clusters/{name}", "/customers", "/customers/{name}", "/search"} | {
    "/quarantine",
    "/quarantine/{map_name}/{row_id}",
    "/rules",
    "/rules/{map_name}/{rule}",
}
"""Where such a value is shown, as it came."""
