"""Which branch takes a row, and what becomes of rows that make no record."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_unify.errors import GuardStopped
from pipelines.interpret.example import example_table
from pipelines.interpret.parents import Parents
from pipelines.interpret.rows import Rows
from pipelines.interpret.source_map import run_map
from pipelines.interpret.stage import engine_of as _engine
from tests.pipelines.interpret.maps import (
    AS_OF,
    PERSON,
    claimed,
    entries,
    loaded,
    out,
    refused,
    rule_text,
    went,
)

RULES = "rules: {R1: {what: dummies}, R2: {what: people}}"
TARGETS = f"""
- {{when: KIND = 'D', discard: {{rule: R1, max: 1}}}}
- {{when: KIND = 'Q', quarantine: {{code: KIND-ODD, say: KIND is odd}}}}
- when: KIND = 'P'
  rule: R2
  {PERSON}
- when: KIND = 'P' OR KIND = 'O'
  organisation: {{name: {{from: NAME}}}}
"""
TEXT = rule_text(TARGETS, rest=RULES)


@pytest.mark.parametrize(
    ("kind", "fate", "rule"),
    [
        pytest.param("D", "discarded", "R1", id="discarded by its rule"),
        pytest.param("Q", "quarantined", "KIND-ODD", id="quarantined by its branch"),
        pytest.param("P", "mapped", None, id="the first match wins"),
        pytest.param("O", "mapped", None, id="a later branch takes what is left"),
        pytest.param("Z", "quarantined", "NO-BRANCH", id="no branch takes it"),
        pytest.param(None, "quarantined", "NO-BRANCH", id="a condition that is null does not hold"),
    ],
)
def test_every_row_goes_one_way(kind: str | None, fate: str, rule: str | None) -> None:
    """The first branch whose condition holds takes the row."""
    found = out(TEXT, {"ID": "1", "NAME": "Park", "KIND": kind})
    assert went(found) == {"1": (fate, rule)}
    assert len(claimed(found, "person")) == (kind == "P")
    assert len(claimed(found, "organisation")) == (kind == "O")


def test_a_quarantine_branch_says_what_the_rule_file_says() -> None:
    """The entry has the branch's own code and sentence, and the whole row."""
    found = out(TEXT, {"ID": "1", "NAME": 'Park "Q"', "KIND": "Q"})
    assert refused(found, "code", "sentence", "raw") == [
        ("KIND-ODD", "KIND is odd", r'{"ID":"1","KIND":"Q","NAME":"Park \"Q\""}')
    ]


def test_more_discards_than_agreed_stop_the_run() -> None:
    """The guard names rule and both counts."""
    rows = [{"ID": str(i), "KIND": "D"} for i in range(2)]
    with pytest.raises(GuardStopped, match="R1 would discard 2 rows of 'people', at most 1"):
        out(TEXT, *rows)


def test_a_condition_that_fails_quarantines_its_row_alone() -> None:
    """Later branches are not asked: nobody knows whether this one was meant."""
    text = rule_text(
        "- {when: CAST(AGE AS INTEGER) > 17, "
        + PERSON
        + "}\n"
        + entries("organisation: {name: {from: NAME}}")
    )
    found = out(text, *({"ID": age, "NAME": "Park", "AGE": age} for age in ("18", "old", "3")))
    assert went(found) == {
        "18": ("mapped", None),
        "old": ("quarantined", "RULE-FAILED"),
        "3": ("mapped", None),
    }
    assert refused(found, "column", "sentence") == [
        ("AGE", "The rule over AGE cannot be worked out for 'old'.")
    ]


def test_a_delivery_that_is_too_small_stops_the_run() -> None:
    """expects.min_rows is a guard, never a mass delete."""
    text = rule_text(entries(PERSON), source="expects: {min_rows: 2}")
    with pytest.raises(GuardStopped, match="'people' has 1 rows, at least 2"):
        out(text, {"ID": "1", "NAME": "Ada Park"})


def test_a_column_no_rule_knows_stops_the_run_where_columns_must_be_exact() -> None:
    """Listed under ignore it is fine."""
    row = {"ID": "1", "NAME": "Ada Park", "NEW": "x"}
    with pytest.raises(GuardStopped, match="no rule knows: NEW"):
        out(rule_text(entries(PERSON), source="expects: {columns: exact}"), row)
    assert (
        out(rule_text(entries(PERSON), source="expects: {columns: exact}, ignore: {NEW: later}"), row).notes
        == ()
    )


def landed_with(**changed: pa.Array) -> Rows:
    """Two rows as landed, with some of the landing's columns replaced."""
    rules = loaded(rule_text(entries(PERSON))).rules
    table, columns = example_table(rules, [{"ID": "1", "NAME": "Ada Park"}, {"ID": "2", "NAME": "Bo Reed"}])
    for name, column in changed.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return Rows(table, columns, [""])


def test_rows_that_could_not_be_read_are_quarantined_with_their_raw_text() -> None:
    """Code and text come from the landing; equal ones are not taken for repeated rows."""
    rows = landed_with(_problem=pa.array(["CSV-RAGGED", None]), _raw=pa.array(["1;2;3", None]))
    rules = loaded(rule_text(entries(PERSON)))
    found = run_map(rules, rows, engine=_engine(rules, AS_OF), parents=Parents({}))
    assert found.fates["fate"].to_pylist() == ["quarantined", "mapped"]
    assert found.rejections.select(["code", "raw", "severity"]).to_pylist() == [
        {"code": "CSV-RAGGED", "raw": "1;2;3", "severity": "quarantine"}
    ]


def test_rules_see_whether_a_row_is_hidden_or_struck_out() -> None:
    """row_hidden and row_struck stand in conditions."""
    text = rule_text(
        "- {when: row_hidden OR row_struck, discard: {rule: R1}}\n" + entries(PERSON), rest=RULES
    )
    rows = landed_with(_hidden=pa.array([True, False]), _struck=pa.array([False, False]))
    rules = loaded(text)
    found = run_map(rules, rows, engine=_engine(rules, AS_OF), parents=Parents({}))
    assert sorted(found.fates["fate"].to_pylist()) == ["discarded", "mapped"]
