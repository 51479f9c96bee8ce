"""Access databases: told by content, and a plain sentence where no tool can read them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError, GuardStopped
from tests.pipelines.sources.found import format_by_content, reader_of

HEAD = b"\x00\x01\x00\x00Standard ACE DB\x00" + b"\x00" * 5000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file that begins like an Access database and holds none."""
    path = tmp_path / "old.bin"
    path.write_bytes(HEAD)
    return path


def test_told_by_content(database: Path) -> None:
    """The first bytes decide, not the name."""
    assert format_by_content(database) == "access"


def test_a_damaged_database_stops_the_run(database: Path) -> None:
    """What the tool cannot open is named, with the reason it gave."""
    with pytest.raises(GuardStopped, match=r"Access database cannot be read|no table 'T'"):
        reader_of(database, "access", table="T").header()


def test_without_mdbtools_a_damaged_database_stops_the_run_too(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package that stands in for mdbtools fails with the same sentence, and the way to mdbtools."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GuardStopped, match=r"cannot be read.*apt install mdbtools"):
        reader_of(database, "access", table="T").header()


def test_with_neither_tool_the_way_to_install_one_is_told(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message holds the commands."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "access_parser", None)
    with pytest.raises(ConfigurationError, match=r"apt install mdbtools.*brew.*crm-unify\[legacy\]"):
        reader_of(database, "access", table="T").header()


def test_a_table_has_to_be_named(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database holds several tables: the rule file says which."""
    with pytest.raises((ConfigurationError, GuardStopped)):
        reader_of(database, "access")
