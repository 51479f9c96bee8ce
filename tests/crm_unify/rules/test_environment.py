"""Addresses: variables are filled in, secrets stay out of files and messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.rules.environment import UnsetVariableError, beside, expand, holds_secret, mask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("${A}/x", "a/x", id="set"),
        pytest.param("${A:-b}", "a", id="set, with a default"),
        pytest.param("${B:-sqlite:///crm.db}", "sqlite:///crm.db", id="unset, with a default"),
        pytest.param("${EMPTY:-b}", "b", id="empty counts as unset"),
        pytest.param("${B:-}", "", id="empty default"),
        pytest.param("$A and {A}", "$A and {A}", id="no variable"),
    ],
)
def test_variables_are_filled_in(text: str, expected: str) -> None:
    """`${NAME}` and `${NAME:-default}`, nothing else."""
    assert expand(text, {"A": "a", "EMPTY": ""}) == expected


def test_an_unset_variable_without_default_is_named() -> None:
    """Nobody reads an address with a hole in it."""
    with pytest.raises(UnsetVariableError, match="CRM_PROD_URL"):
        expand("${CRM_PROD_URL}", {})


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        pytest.param(
            "postgresql://app:s3cr:t@db.example/x", "postgresql://app:***@db.example/x", id="password"
        ),
        pytest.param(
            "postgresql://db.example/x?password=s3", "postgresql://db.example/x?password=***", id="option"
        ),
        pytest.param("mysql+pymysql://root@db.example/x", None, id="user only"),
        pytest.param("sqlite:///a@b:c.db", None, id="file with signs"),
        pytest.param(
            "${CRM_URL:-postgresql://app:x@h/d}", "${CRM_URL:-postgresql://app:***@h/d}", id="default"
        ),
        pytest.param("postgresql://app:${PASSWORD}@h/d", "postgresql://app:***@h/d", id="variable"),
    ],
)
def test_passwords_never_show(url: str, masked: str | None) -> None:
    """An address without a password is shown as it is."""
    assert mask(url) == (url if masked is None else masked)


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        pytest.param("postgresql://app:s3cret@db.example/x", True, id="password"),
        pytest.param("${URL:-postgresql://app:s3cret@db.example/x}", True, id="password in a default"),
        pytest.param("postgresql://app:${PASSWORD}@db.example/x", False, id="password from a variable"),
        pytest.param("${URL}", False, id="all from a variable"),
        pytest.param("postgresql://app@db.example/x", False, id="no password"),
    ],
)
def test_a_password_in_a_file_is_seen(url: str, secret: bool) -> None:
    """A variable in its place is none."""
    assert holds_secret(url) is secret


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("sqlite:///crm.db", "sqlite:////p/q/crm.db", id="relative"),
        pytest.param(
            "sqlite+pysqlite:///../crm.db?timeout=9", "sqlite+pysqlite:////p/crm.db?timeout=9", id="above"
        ),
        pytest.param("sqlite:////tmp/crm.db", None, id="absolute"),
        pytest.param("sqlite://", None, id="in memory"),
        pytest.param("sqlite:///:memory:", None, id="in memory, written out"),
        pytest.param("postgresql://h/d", None, id="server"),
    ],
)
def test_a_relative_database_file_stands_beside_the_project(url: str, expected: str | None) -> None:
    """It does not depend on where the program is started."""
    assert beside(url, Path("/p/q")) == (url if expected is None else expected)
