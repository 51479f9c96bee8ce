"""Where two values differ is marked, and nothing gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.steward.dedupe.marks import LONGEST, Value, beside
from crm_unify.steward.report.page import visible


def shown(value: Value) -> str:
    """A value with what differs in brackets."""
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in value.pieces)


@pytest.mark.parametrize(
    ("one", "other", "marked"),
    [
        pytest.param("Burstall", "Gurstall", ("[B]urstall", "[G]urstall"), id="one letter"),
        pytest.param("SMITH", "smith", ("SMITH", "smith"), id="case alone"),
        pytest.param("1856-11-02", "1859-11-02", ("185[6]-11-02", "185[9]-11-02"), id="one digit"),
        pytest.param("Ann", "Annie", ("Ann", "Ann[ie]"), id="letters more"),
        pytest.param("Patricia", "John", ("[Patricia]", "[John]"), id="nothing in common"),
        pytest.param("le montrachet bistro", "Bistro", ("[le montrachet ]bistro", "Bistro"), id="a part"),
        pytest.param("john", "jocelyn haven", ("[john]", "[jocelyn haven]"), id="letters here and there"),
        pytest.param("Ann", None, ("Ann", ""), id="one side blank"),
        pytest.param("👩‍👧 Ada", "👩‍👦 Ada", ("[👩‍👧] Ada", "[👩‍👦] Ada"), id="joined emoji"),
        pytest.param("Zoe\u0308", "Zoe", ("Zo[e\u0308]", "Zo[e]"), id="a letter with its mark"),
    ],
)
def test_differing_characters_are_marked(one: str, other: str | None, marked: tuple[str, str]) -> None:
    """What the other value does not have is marked; letters stay with their marks."""
    left, right = beside(one, other)
    assert (shown(left), shown(right)) == marked


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_are_the_value(one: str, other: str) -> None:
    """Put together again the pieces are what there was, control characters pictured."""
    for value, text in zip(beside(one, other), (one, other), strict=True):
        assert "".join(piece.text for piece in value.pieces) == visible(text)


def test_a_value_of_five_megabytes_is_cut_and_its_length_told() -> None:
    """Only the first characters are compared and shown."""
    left, right = beside("x" * 5_000_000, "x" * 10)
    assert (sum(len(piece.text) for piece in left.pieces), left.cut, right.cut) == (LONGEST, 5_000_000, 0)
