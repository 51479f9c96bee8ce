"""Web addresses: one page has one address for comparison."""

from __future__ import annotations

import pytest

from crm_unify.normalise.urls import urls
from tests.crm_unify.normalise.cases import one, problem


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        pytest.param("www.acme.example", "https://www.acme.example", id="no scheme"),
        pytest.param("http://acme.example", "http://acme.example", id="a scheme that is written stays"),
        pytest.param("HTTPS://WWW.Acme.Example/Shop", "https://www.acme.example/Shop", id="capitals"),
        pytest.param(" acme.example/ ", "https://acme.example", id="a lone slash and white space"),
        pytest.param("acme.example/a/", "https://acme.example/a/", id="the slash of a path stays"),
        pytest.param("acme.example:8080?q=A#B", "https://acme.example:8080?q=A#B", id="port and query"),
        pytest.param("müller.example", "https://müller.example", id="letters beyond ASCII"),
        pytest.param("handel.xn--p1ai", "https://handel.xn--p1ai", id="a top level in ASCII letters"),
    ],
)
def test_addresses(raw: str, address: str) -> None:
    """Scheme and host in lower case, https where none is written, the rest as it is."""
    assert one(urls, raw) == address


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("none", id="one word"),
        pytest.param("3.14", id="a number"),
        pytest.param("10.20.30.40", id="four numbers"),
        pytest.param("z.B", id="an abbreviation"),
        pytest.param("info@acme.example", id="an e-mail address"),
        pytest.param("ftp://acme.example", id="another scheme"),
        pytest.param("http://", id="a scheme alone"),
        pytest.param("acme..example", id="two full stops"),
        pytest.param("-acme.example", id="a hyphen in front"),
        pytest.param("acme.example:70000", id="a port that cannot be"),
        pytest.param("acme.example and more", id="text behind it"),
        pytest.param("a.example, b.example", id="two addresses"),
    ],
)
def test_nonsense_is_refused(raw: str) -> None:
    """What is no address is withheld, with the reason."""
    assert (one(urls, raw), problem(urls, raw)) == (None, "URL-INVALID")


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_nothing_is_no_problem(raw: str | None) -> None:
    """Blank text is missing."""
    assert (one(urls, raw), problem(urls, raw)) == (None, None)
