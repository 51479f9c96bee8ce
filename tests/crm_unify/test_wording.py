"""Counts read as a person would say them."""

import re
from pathlib import Path

import pytest

from crm_unify.cli._summary import OF_ONE
from crm_unify.run import planned, waiting
from crm_unify.wording import counted


@pytest.mark.parametrize(
    ("number", "said"),
    [
        pytest.param(0, "0 rows", id="none"),
        pytest.param(1, "1 row", id="one"),
        pytest.param(1234, "1,234 rows", id="many"),
    ],
)
def test_a_count_agrees_with_its_noun(number: int, said: str) -> None:
    """One row is no rows."""
    assert counted(number, "row") == said


def test_a_noun_may_have_its_own_plural() -> None:
    """Two entries, not two entrys."""
    assert (counted(1, "entry", "entries"), counted(2, "entry", "entries")) == ("1 entry", "2 entries")


def test_what_waits_can_be_said_of_one() -> None:
    """Each singular belongs to a sentence about what waits."""
    text = Path(planned.__file__).read_text(encoding="utf-8")
    told = text.split("def waiting")[1].split("def blocked")[0] + Path(waiting.__file__).read_text("utf-8")
    said = re.findall(r'^ +(?:\(.*, )?"([a-z][^"]+)"(?:\),|,)\n', told, re.MULTILINE)
    assert set(OF_ONE) <= {*said, waiting.PLACEHOLDERS}
