"""Examples show the codes of a source, and nothing that may be somebody's name or town."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_unify.propose.common_codes import ROWS, CommonCodes, common_codes
from crm_unify.propose.masks import masked

TARGETS = {
    "Name": {"person.full_name"},
    "Town": {"address.city"},
    "Status": {"account.terms"},
    "Kind": {"branch"},
}


def codes(column: str, texts: list[str]) -> CommonCodes:
    """What may be shown of a column with these texts; the rows differ, and one is of a Ms Kowalczyk."""
    count = len(texts)
    names = ["Ewa Kowalczyk", *(f"Nobody {i}" for i in range(count - 1))]
    table = {"Name": names, "Town": ["Kiel"] * count, column: texts}
    return common_codes(pa.table(table), TARGETS, ["Kind = 'privat' AND Name <> 'O''Hara'"])


@pytest.mark.parametrize(
    ("text", "rows", "shown"),
    [
        pytest.param("net 30", ROWS, True, id="a frequent code"),
        pytest.param("net 30", ROWS - 1, False, id="one that a family may share"),
        pytest.param("Anna", ROWS, False, id="a given name, however frequent"),
        pytest.param("KOWALCZYK", ROWS, False, id="a family name of the same rows"),
        pytest.param("Kiel", ROWS, False, id="a town of the same rows"),
        pytest.param("asks for Anna", ROWS, False, id="a name among other words"),
        pytest.param("info@acme.example", ROWS, False, id="a mailbox that a household shares"),
        pytest.param("030 2312510", ROWS, False, id="a number that a company shares"),
        pytest.param("privat", 1, True, id="what a condition says"),
        pytest.param("Y", 1, True, id="a single character"),
        pytest.param("EUR", 1, True, id="a currency"),
        pytest.param("Frau", 1, True, id="a title"),
        pytest.param("Huber", 1, False, id="a single name"),
    ],
)
def test_what_an_example_may_show(text: str, rows: int, shown: bool) -> None:
    """By how often it stands there, by words that are known, and by names."""
    found = codes("Status", [text] * rows + ["other"] * ROWS)
    assert found.shows("Status", text) is shown


def test_a_column_with_many_texts_is_no_column_of_codes() -> None:
    """Thirty-one texts, each of five rows: towns or remarks."""
    found = codes("Status", [f"zone {i}" for i in range(31) for _ in range(ROWS)])
    assert not found.shows("Status", "zone 1")


def test_the_same_row_again_and_again_is_one_row() -> None:
    """Somebody was exported five times: that makes no code of what stands there."""
    table = pa.table({"Name": ["Ewa Kowalczyk"] * ROWS, "Status": ["Querkopf"] * ROWS})
    assert not common_codes(table, TARGETS, []).shows("Status", "Querkopf")


def test_of_other_codes_only_the_shape_stays() -> None:
    """A text that may be somebody's is masked as numbers are."""
    shown = [masked("Huber", {"account.terms"}, dates=[], country=None, nobodys=n) for n in (True, False)]
    assert shown == ["Huber", "Abcde"]


@pytest.mark.parametrize(
    ("value", "targets", "shown"),
    [
        pytest.param("zoe@x.example", {"account.terms", "contact_point.email"}, "anna.example@mail.example",
                     id="an address"),
        pytest.param("Zoe", {"person.gender", "person.given_name"}, "Anna", id="a given name"),
        pytest.param("net 30", {"account.terms", "branch", "key"}, "net 30", id="a code that decides"),
    ],
)  # fmt: skip
def test_a_column_that_holds_more_than_codes_is_masked_as_that(
    value: str, targets: set[str], shown: str
) -> None:
    """However frequent a text is: what it is besides decides."""
    assert masked(value, targets, dates=[], country=None, nobodys=True) == shown
