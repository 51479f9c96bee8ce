"""Forms of a name: found among all names at once."""

import numpy as np
import pytest

from matching.names import among, fuller_names, name_traits
from matching.texts import Texts

_NAMES = """
    ALEXANDER ALEXANDRA BILL CHRISTIAN CHRISTIANE KUNIBERT LARA LARE MARCA MARCUS MARIA MARIE MARIO MAX
    MAXIMILIAN PAUL PAULINE TOMMIE UGA UGO
"""
NAMES = sorted(_NAMES.split())
VALUES = Texts.of(NAMES)


def coupled(one: str, two: str) -> bool:
    """Whether two names are a man's and a woman's form of one."""
    a, b = (np.array([NAMES.index(name)], np.int32) for name in (one, two))
    return bool(among(name_traits(VALUES).coupled, a, b)[0])


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        pytest.param("CHRISTIAN", "CHRISTIANE", True, id="an ending more"),
        pytest.param("MARIO", "MARIA", True, id="another ending"),
        pytest.param("ALEXANDER", "ALEXANDRA", True, id="letters exchanged in the ending"),
        pytest.param("MARCUS", "MARCA", True, id="us and a"),
        pytest.param("PAUL", "PAULINE", True, id="a long ending"),
        pytest.param("UGO", "UGA", True, id="two letters and an ending"),
        pytest.param("LARA", "LARE", False, id="two women"),
        pytest.param("MARIA", "MARIE", False, id="two forms of a woman's name"),
        pytest.param("MAX", "MAXIMILIAN", False, id="a short form"),
    ],
)
def test_a_man_s_and_a_woman_s_form_are_found(one: str, two: str, expected: bool) -> None:
    """Either way round, by their endings alone."""
    assert coupled(one, two) is coupled(two, one) is expected


def test_fuller_names_are_those_a_short_form_stands_for() -> None:
    """By list and by the ways a pet name is spelt; other names have none."""
    found = {NAMES[code]: names for code, names in fuller_names(VALUES).items()}
    assert "WILLIAM" in found["BILL"]
    assert "THOMAS" in found["TOMMIE"]
    assert "KUNIBERT" not in found
