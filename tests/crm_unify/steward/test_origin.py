"""Origins as people write them."""

import pytest

from crm_unify.errors import UsageError
from crm_unify.steward.origin import AnyOrigin, Cell, Line, OfRecord, parse_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        pytest.param("a.xlsx!Sheet 1!c7", Cell("a.xlsx", "Sheet 1", "C", 7), id="cell"),
        pytest.param(
            "a.xlsx!Wow!Really!AB12",
            Cell("a.xlsx", "Wow!Really", "AB", 12),
            id="sheet with an exclamation mark",
        ),
        pytest.param("a.xlsx!2019!$C$7", Cell("a.xlsx", "2019", "C", 7), id="sheet named like a number"),
        pytest.param("a.csv!12!E-Mail!", Line("a.csv", 12, "E-Mail!"), id="line"),
        pytest.param("s.map:a%21b|2#org!NAME!X", OfRecord("s.map:a%21b|2#org", "NAME!X"), id="record"),
    ],
)
def test_an_origin_is_read(text: str, origin: AnyOrigin) -> None:
    """Each form gives its own kind of origin."""
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.xlsx",
        "a.xlsx!C7",
        "a.csv!twelve!E-Mail",
        "a.csv!²!E-Mail",
        f"a.csv!{10**30}!E-Mail",
        f"a.xlsx!S!A{10**30}",
    ],
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    """The message lists the forms."""
    with pytest.raises(UsageError, match="FILE!LINE!COLUMN"):
        parse_origin(text)
