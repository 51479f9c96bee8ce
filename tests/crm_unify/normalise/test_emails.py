"""E-mail addresses: wrappers, syntax, and email-validator as oracle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise import emails
from tests.crm_unify.normalise.cases import column, one, problem


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        pytest.param("John.Smith@Acme.Example", "john.smith@acme.example", id="capitals"),
        pytest.param("mailto:a@b.example", "a@b.example", id="mailto"),
        pytest.param("Ann Lee <ann@x.example>", "ann@x.example", id="display name"),
        pytest.param(" x@y.example. ", "x@y.example", id="trailing full stop"),
        pytest.param("a @ b.example", "a@b.example", id="spaces around the sign"),
        pytest.param("info@müller.example", "info@müller.example", id="umlaut domain"),
        pytest.param("info@xn--mller-kva.example", "info@müller.example", id="the same in ASCII"),
        pytest.param("o'x+tag@a-b.example", "o'x+tag@a-b.example", id="apostrophe and tag"),
    ],
)
def test_addresses(raw: str, address: str) -> None:
    """One mailbox has one address for comparison."""
    assert one(emails.emails, raw)["address"] == address


def test_the_local_part_keeps_its_case() -> None:
    """What was written can be written again."""
    found = one(emails.emails, "John.Smith@Acme.Example")
    assert (found["local"], found["domain"]) == ("John.Smith", "acme.example")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("nope", "EMAIL-INVALID", id="no sign"),
        pytest.param("a@localhost", "EMAIL-INVALID", id="no domain"),
        pytest.param("a..b@c.example", "EMAIL-INVALID", id="two full stops"),
        pytest.param("a b@c.example", "EMAIL-INVALID", id="space inside"),
        pytest.param("a@b.invalid", "EMAIL-INVALID", id="reserved domain"),
        pytest.param("a@b.example; c@d.example", "EMAIL-SEVERAL", id="two addresses"),
    ],
)
def test_problems(raw: str, code: str) -> None:
    """What is not one address is withheld, with the reason."""
    assert problem(emails.emails, raw) == code


PIECES = st.text("aZ9._+'-", min_size=1, max_size=8)
HOSTS = st.lists(st.text("aZ9-", min_size=1, max_size=6), min_size=1, max_size=3)


TOPS = st.sampled_from(["example", "Com", "test", "co.uk", "x", "x1", "localhost"])


@given(local=PIECES, labels=HOSTS, top=TOPS)
def test_the_pattern_answers_as_the_library(local: str, labels: list[str], top: str) -> None:
    """Where the pattern takes an address, email-validator takes the same one."""
    raw = f"{local}@{'.'.join(labels)}.{top}"
    found = one(emails.emails, raw)
    checked = emails._checked(emails._unwrapped(column(raw))[0].as_py())
    assert (found and tuple(found.values())) == checked
