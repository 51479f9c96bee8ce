"""Flags become consents that loosen nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.rules.load import load_rules
from tests.crm_unify.propose.test_init import PEOPLE, initialised, table


@pytest.mark.parametrize(
    ("header", "values", "flag"),
    [
        pytest.param("Opt-in", "YN", {"objection": ["N"], "consent": ["Y"]}, id="a no is an objection"),
        pytest.param("opt_in", ["1", "0"], {"consent": ["1"]}, id="an unticked box says nothing"),
        pytest.param("HasOptedOutOfEmail", ["true", "false"], {"objection": ["true"]}, id="opt-out"),
        pytest.param("do not call", ["on", "No"], {"objection": ["on"]}, id="a word nobody thought of"),
    ],
)
def test_flags_are_read_as_they_are_meant(
    tmp_path: Path, header: str, values: list[str], flag: dict[str, list[str]]
) -> None:
    """An objection is a no, or anything but a no to opting out; what was never set is neither."""
    rows = [[f"K{n:03}", *PEOPLE[n % 8].split(), values[n % 2]] for n in range(24)]
    source = table(tmp_path / "people.csv", ["custno", "first name", "last name", header], rows)
    initialised(tmp_path / "new", "--source", source)
    (branch,) = load_rules(tmp_path / "new" / "rules" / "people.yml").rules.targets
    (made,) = (entry.fields["flag"] for entry in branch.entries if entry.kind == "consent")
    assert {name: getattr(made, name) for name in ("objection", "consent") if getattr(made, name)} == flag
