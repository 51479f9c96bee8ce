"""Keys: raw text, compared byte by byte; content keys that do not depend on where a row stands."""

from __future__ import annotations

import re

import pytest

from crm_unify.records import record_id
from tests.pipelines.interpret.maps import PERSON, Row, entries, out, refused, rule_text, went

PEOPLE = rule_text(entries(PERSON), source="parse: {null_tokens: ['', N/A]}")
CONTENT = rule_text(entries(PERSON), key="{content: [NAME, CITY]}")


def ids(text: str, *rows: Row) -> list[str]:
    """Record ids of what the rows make."""
    return list(out(text, *rows).records["record_id"].to_pylist())


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("0017", id="leading zeros stay"),
        pytest.param(" 17 ", id="white space around it stays"),
        pytest.param("a%b:c#d|e!f", id="characters with a meaning in record ids are encoded"),
        pytest.param("a\tb", id="control characters too"),
        pytest.param("Zoë", id="letters beyond ASCII stay"),
    ],
)
def test_record_ids_are_those_of_the_raw_key(key: str) -> None:
    """The column of ids says what `record_id` says of one."""
    assert ids(PEOPLE, {"ID": key, "NAME": "Ada Park"}) == [record_id("shop", "people", (key,), "person")]


def test_several_key_columns_are_joined() -> None:
    """Each part is encoded by itself."""
    text = rule_text(entries(PERSON), key="[SITE, ID]")
    assert ids(text, {"SITE": "a|b", "ID": "1", "NAME": "Ada Park"}) == ["shop.people:a%7Cb|1#person"]


@pytest.mark.parametrize(
    "key",
    [pytest.param(None, id="NULL"), pytest.param("  ", id="blank"), pytest.param("N/A ", id="null token")],
)
def test_a_row_without_key_is_quarantined(key: str | None) -> None:
    """NULL, blanks and null tokens are no key."""
    found = out(PEOPLE, {"ID": key, "NAME": "Ada Park"})
    assert went(found) == {None: ("quarantined", "KEY-MISSING")}
    assert refused(found, "severity", "column", "target") == [("quarantine", "ID", None)]


def test_identical_rows_make_one_record() -> None:
    """The others are discarded by the built-in rule, each with its own fate."""
    row = {"ID": "1", "NAME": "Ada Park"}
    found = out(PEOPLE, row, row, row)
    assert found.records.num_rows == 1
    assert sorted(found.fates["fate"].to_pylist()) == ["discarded", "discarded", "mapped"]
    assert set(found.fates["rule"].to_pylist()) == {None, "SYS-REPEATED-ROW"}


def test_differing_rows_under_one_key_are_all_quarantined_side_by_side() -> None:
    """Each entry names the other rows by content and the columns in which they differ."""
    rows = [{"ID": "7", "NAME": "Ada Park"}, {"ID": "7", "NAME": "Ada Parks"}, {"ID": "8", "NAME": "Bo Reed"}]
    found = out(PEOPLE, *rows)
    assert went(found) == {"7": ("quarantined", "DUPLICATE-KEY"), "8": ("mapped", None)}
    hashes = sorted(
        row_id[:8] for row_id, code in refused(found, "row_id", "code") if code == "DUPLICATE-KEY"
    )
    for sentence, suggestion in refused(found, "sentence", "suggestion"):
        assert "differ in NAME" in sentence
        assert f"the rows {', '.join(hashes)}," in suggestion


def test_a_row_that_is_discarded_does_not_take_another_with_its_key_along() -> None:
    """Only rows the business wants can be duplicates."""
    targets = "- {when: OLD IS NOT NULL, discard: {rule: R1}}\n" + entries(PERSON)
    text = rule_text(targets, rest="rules: {R1: {what: superseded}}")
    rows = [{"ID": "7", "NAME": "Ada Park"}, {"ID": "7", "NAME": "Ada Parks", "OLD": "1"}]
    assert out(text, *rows).records.num_rows == 1


# --- content keys ---
def test_a_content_key_is_a_hash_and_an_ordinal() -> None:
    """Rows alike in the named columns but not elsewhere are told apart by the ordinal."""
    rows = [
        {"NAME": "Ada Park", "CITY": "Bonn", "JOB": "clerk"},
        {"NAME": "Ada Park", "CITY": "Bonn", "JOB": "cook"},
    ]
    first, second = ids(
        rule_text(entries(PERSON), key="{content: [NAME, CITY]}", source="ignore: {JOB: unused}"), *rows
    )
    assert re.fullmatch(r"shop\.people:[0-9a-f]{24}-1#person", first)
    assert second == first.replace("-1#", "-2#")


def test_ordinals_do_not_depend_on_the_order_of_rows() -> None:
    """Turned around, every row keeps its id."""
    rows = [{"NAME": "Ada Park", "CITY": "Bonn", "JOB": str(i)} for i in range(5)]
    here, there = (out(CONTENT, *order).fates for order in (rows, rows[::-1]))
    assert dict(zip(here["row_id"].to_pylist(), here["key"].to_pylist(), strict=True)) == dict(
        zip(there["row_id"].to_pylist(), there["key"].to_pylist(), strict=True)
    )


def test_identical_rows_do_not_move_ordinals() -> None:
    """A row that stands twice counts once."""
    row, other = {"NAME": "Ada Park", "CITY": "Bonn"}, {"NAME": "Ada Park", "CITY": "Bonn", "JOB": "clerk"}
    assert ids(CONTENT, row, other) == ids(CONTENT, row, row, row, other)


def test_content_keys_do_not_mix_up_columns() -> None:
    """`ab` and `c` is another key than `a` and `bc`."""
    one, two = ids(CONTENT, {"NAME": "ab", "CITY": "c"}, {"NAME": "a", "CITY": "bc"})
    assert one[: -len("-1#person")] != two[: -len("-1#person")]


def test_a_row_without_any_content_has_no_content_key() -> None:
    """All named columns blank: the key is missing."""
    assert went(out(CONTENT, {"NAME": " ", "CITY": None})) == {None: ("quarantined", "KEY-MISSING")}
