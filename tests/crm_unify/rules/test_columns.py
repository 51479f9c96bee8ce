"""Columns of a rule file are held against the header of the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError, GuardStopped, SourceMissing
from crm_unify.rules.columns import check_columns
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.mistakes import each
from tests.crm_unify.rules.examples import RULES, changed, line_of, write_project

TAKEN = ("CUSTNO", "TYPE", "NAME1", "CONTACT", "TEL", "EMAIL", "COUNTRY", "ZIP", "OPTIN", "BALANCE", "OPENED")


def customers(folder: Path, rules: str = RULES) -> LoadedRules:
    """The rule file of the small project."""
    return load_project(write_project(folder, rules=rules)).files[0]


def test_every_column_is_claimed_ignored_or_unclaimed(tmp_path: Path) -> None:
    """Nothing of a header is passed over in silence."""
    found = check_columns(customers(tmp_path), (*TAKEN, "OLD_REF", "FAX"))
    assert found.claimed == TAKEN
    assert (found.ignored, found.unclaimed) == (("OLD_REF",), ("FAX",))


def test_columns_never_seen_are_mistakes_with_line_and_nearest_header(tmp_path: Path) -> None:
    """All of them are told at once."""
    header = [{"TEL": "PHONE_TEL", "ZIP": "ZIPCODE"}.get(column, column) for column in TAKEN]
    with pytest.raises(ConfigurationError) as caught:
        check_columns(customers(tmp_path), (*header, "OLD_REF"))
    told = [(m.what, m.line, m.nearest) for m in each(caught.value)]
    assert told == [
        ("unknown column 'TEL'", line_of(RULES, "from: TEL"), None),
        ("unknown column 'ZIP'", line_of(RULES, "from: ZIP"), "ZIPCODE"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        pytest.param("TYPE = 'C'", "TYP = 'C'", "TYP = 'C'", id="condition"),
        pytest.param("created: OPENED", "created: OPEND", "created", id="creation date"),
        pytest.param("skip_if_null: CONTACT", "skip_if_null: KONTACT", "skip_if_null", id="skip"),
        pytest.param("money(BALANCE)", "money(BALANC)", "sum(money", id="control sum"),
        pytest.param("OLD_REF:", "OLDREF:", "OLDREF", id="ignored column"),
        pytest.param("NAME1: MUELLER", "NAME: MUELLER", "given:", id="example"),
        pytest.param("key: [CUSTNO]", "key: [CUSTNR]", "key:", id="key"),
    ],
)
def test_every_place_that_names_a_column_is_checked(tmp_path: Path, old: str, new: str, part: str) -> None:
    """The line is that of the place."""
    rules = changed(RULES, old, new)
    with pytest.raises(ConfigurationError, match="did you mean") as caught:
        check_columns(customers(tmp_path, rules), (*TAKEN, "OLD_REF"))
    assert caught.value.line == line_of(rules, part)


def test_a_column_that_vanished_is_a_guard_not_a_mistake(tmp_path: Path) -> None:
    """The last snapshot had it: the source changed, not the rules."""
    header = (*TAKEN, "OLD_REF")
    with pytest.raises(SourceMissing, match="no longer has the column 'TEL'") as caught:
        check_columns(customers(tmp_path), [h for h in header if h != "TEL"], header)
    assert caught.value.exit_code == 3


def test_an_ignored_column_may_vanish(tmp_path: Path) -> None:
    """Nobody took it."""
    assert check_columns(customers(tmp_path), TAKEN, (*TAKEN, "OLD_REF")).ignored == ()


def test_an_extra_column_stops_the_run_where_the_header_is_exact(tmp_path: Path) -> None:
    """`columns: exact` is a rule that says stop."""
    rules = changed(RULES, "  created: OPENED", "  created: OPENED\n  expects: {columns: exact}")
    with pytest.raises(GuardStopped, match="columns nobody takes: 'FAX'"):
        check_columns(customers(tmp_path, rules), (*TAKEN, "OLD_REF", "FAX"))
