"""Values of a source in what is proposed: none of them is somebody's, and days without meaning are days."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from crm_unify.propose.masks import masked
from crm_unify.rules.load import load_rules
from tests.crm_unify.propose.test_init import PEOPLE, initialised, table


def test_a_name_that_decides_the_branch_is_masked_as_a_name() -> None:
    """Whatever the order of its targets: the legal form stays, the name does not."""
    orders = permutations(["branch", "key", "organisation.name"])
    found = {masked("Bergmann & Sohn GmbH", order, dates=[], country=None) for order in orders}
    assert found == {"Example Trading GmbH"}


@pytest.mark.parametrize(
    ("filler", "other"),
    [
        pytest.param("12/31/9999", "03/{:02}/1970", id="month first"),
        pytest.param("31.12.9999", "{:02}.03.1970", id="day first"),
    ],
)
def test_a_day_for_no_date_is_read_as_its_column_writes_days(tmp_path: Path, filler: str, other: str) -> None:
    """The last of December of the year 9999 is a sentinel, wherever the month stands."""
    days = [filler, *(other.format(day) for day in (13, 17, 28))]
    rows = [[f"K{n:03}", *PEOPLE[n % 8].split(), days[n % 4]] for n in range(40)]
    source = table(tmp_path / "people.csv", ["custno", "first name", "last name", "birth date"], rows)
    answer = initialised(tmp_path / "new", "--source", source)
    assert answer.code == 0, answer.stderr
    (branch,) = load_rules(tmp_path / "new" / "rules" / "people.yml").rules.targets
    (born,) = (entry.fields["birth_date"] for entry in branch.entries if entry.kind == "person")
    assert [str(day) for day in born.sentinels] == ["9999-12-31"]
