"""The laws of interpreting: every row in one place, no row order, no position, the same answer every time."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.records import KINDS, RECORDS, REJECTIONS, ROW_FATES, arrow_schema
from pipelines.interpret.interface import HITS, Interpreted
from tests.examples import fewer
from tests.pipelines.interpret.maps import Row, entries, out, project_of, rule_text

TARGETS = """
- {when: KIND = 'D', discard: {rule: R1}}
- {when: KIND = 'Q', quarantine: {code: ODD, say: odd}}
- when: CAST(AGE AS INTEGER) > 17
  person: {full_name: {from: NAME}, birth_date: {from: DOB}}
  contact_point: {of: person, kind: email, value: {from: MAIL}}
  account: {of: person, account_no: {from: ID}, balance: {from: SUM}}
- when: AGE IS NULL
  organisation: {as: org, name: {from: NAME}}
  person: {as: contact, skip_if_null: MAIL, full_name: {from: MAIL}}
  organisation_person: {organisation: org, person: contact}
"""
REST = """
rules: {R1: {what: dummies}}
checks:
  - {id: CH-1, on: account, expr: balance >= 0, severity: quarantine}
  - {id: CH-2, on: person, expr: birth_date < current_date, severity: withhold}
"""
TEXT = rule_text(TARGETS, rest=REST)
BALANCES = rule_text(
    "- {when: KIND = 'D', discard: {rule: R1}}\n"
    "- when: AGE <> '3'\n"
    "  person: {full_name: {from: NAME}}\n"
    "  account: {of: person, account_no: {from: ID}, balance: {from: SUM}}\n",
    rest=REST + "reconcile: [{name: balance, source: sum(money(SUM)), target: sum(account.balance)}]",
)
CONTENT = rule_text(TARGETS, rest=REST, key="{content: [NAME, KIND]}")
LEGACY = {
    "ID": st.sampled_from([None, "", "1", "2", "3", " 3"]),
    "KIND": st.sampled_from([None, "D", "Q", "P"]),
    "AGE": st.sampled_from([None, "30", "3", "old"]),
    "NAME": st.sampled_from([None, "Ada Park", "REED LTD", "."]),
    "DOB": st.sampled_from([None, "1990-01-02", "2030-01-01", "soon"]),
    "MAIL": st.sampled_from([None, "ada@park.example", "ada@"]),
    "SUM": st.sampled_from([None, "5", "-5", "much"]),
}
FEWER = fewer(10, share=2)
"""Each example is a whole run of the stage."""
ROWS = st.lists(st.fixed_dictionaries(LEGACY), max_size=12)


def tables(found: Interpreted) -> dict[str, pa.Table]:
    """Every table, without the places rows came from."""
    places = ("file", "sheet", "row")
    return {
        "records": found.records,
        "rejections": found.rejections,
        "fates": found.fates.drop_columns(places),
        "hits": found.hits,
        **found.claims,
    }


@given(rows=ROWS, keyless=st.booleans())
def test_every_row_is_in_exactly_one_place(rows: list[Row], keyless: bool) -> None:
    """As many fates as rows, each id once; records of mapped rows alone, an entry for each in quarantine."""
    found = out(CONTENT if keyless else TEXT, *rows)
    fate = dict(zip(found.fates["row_id"].to_pylist(), found.fates["fate"].to_pylist(), strict=True))
    assert len(fate) == found.fates.num_rows == len(rows)
    assert set(found.records["row_id"].to_pylist()) == {
        row for row, where in fate.items() if where == "mapped"
    }
    refused = pc.equal(found.rejections["severity"], "quarantine")
    assert set(found.rejections.filter(refused)["row_id"].to_pylist()) == {
        row for row, where in fate.items() if where == "quarantined"
    }


@FEWER
@given(rows=ROWS, seed=st.integers(0, 9), keyless=st.booleans())
def test_the_order_of_rows_does_not_matter(rows: list[Row], seed: int, keyless: bool) -> None:
    """Shuffled rows give the same tables in the same order."""
    text = CONTENT if keyless else TEXT
    shuffled = random.Random(seed).sample(rows, len(rows))
    here, there = tables(out(text, *rows)), tables(out(text, *shuffled))
    assert all(here[name].equals(there[name]) for name in here)


@FEWER
@given(rows=ROWS)
def test_control_sums_add_up(rows: list[Row]) -> None:
    """Where every mapped row has an account, no money is lost between source and target."""
    (found,) = out(BALANCES, *rows).sums
    assert found.ok, found


@FEWER
@given(rows=ROWS)
def test_record_ids_are_unique_and_claims_belong_to_records(rows: list[Row]) -> None:
    """Everything is sorted by record id, and no claim hangs in the air."""
    found = out(TEXT, *rows)
    ids = found.records["record_id"].to_pylist()
    assert ids == sorted(set(ids))
    for kind, claims in found.claims.items():
        owners = claims["record_id"].to_pylist()
        assert owners == sorted(owners)
        assert set(owners) <= set(ids), kind


@FEWER
@given(rows=ROWS)
def test_entries_about_values_are_of_rows_that_load(rows: list[Row]) -> None:
    """A row in quarantine shows itself whole; its values have no entries of their own."""
    found = out(TEXT, *rows)
    loaded = {row["row_id"] for row in found.fates.to_pylist() if row["fate"] in ("mapped", "held")}
    about_values = [row for row in found.rejections.to_pylist() if row["severity"] != "quarantine"]
    assert {row["row_id"] for row in about_values} <= loaded
    assert {row["record_id"] for row in about_values} <= {None, *found.records["record_id"].to_pylist()}


def test_tables_have_their_schemas_also_without_rows() -> None:
    """An empty source gives empty tables, not missing ones."""
    found = out(TEXT)
    assert (found.records.schema, found.rejections.schema) == (RECORDS, REJECTIONS)
    assert (found.fates.schema, found.hits.schema) == (ROW_FATES, HITS)
    assert {kind: table.schema for kind, table in found.claims.items()} == {k: arrow_schema(k) for k in KINDS}


def test_landed_files_give_what_their_rows_give(tmp_path: Path) -> None:
    """The examples of a rule file run through the same code as its source."""
    rows: list[Row] = [{"ID": str(i), "NAME": "Ada Park", "AGE": str(15 + i)} for i in range(5)]
    text = rule_text(entries("person: {full_name: {from: NAME}, job_title: {from: AGE}}"))
    here, there = tables(out(text, *rows)), tables(project_of(tmp_path, {"people": (text, rows)}))
    assert all(here[name].equals(there[name]) for name in here)


def test_several_maps_are_put_together_sorted(tmp_path: Path) -> None:
    """Records of all maps in one table by id; two maps may have the same keys."""
    rows: list[Row] = [{"ID": "2", "NAME": "Bo Reed"}, {"ID": "1", "NAME": "Ada Park"}]
    entry = entries("person: {full_name: {from: NAME}}")
    maps = {name: (rule_text(entry, name=name), rows) for name in ("zebra", "apple")}
    found = project_of(tmp_path, maps)
    assert found.records["record_id"].to_pylist() == [
        f"shop.{name}:{key}#person" for name in ("apple", "zebra") for key in ("1", "2")
    ]
    assert Counter(found.fates["map"].to_pylist()) == {"apple": 2, "zebra": 2}


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        pytest.param("05.03.2020", "2020-03-05", id="a date"),
        pytest.param("05.03.2020 13:30", "2020-03-05T12:30:00Z", id="a time, in UTC"),
        pytest.param("once", None, id="neither"),
    ],
)
def test_records_say_when_their_row_was_made(created: str, expected: str | None) -> None:
    """What cannot be read is listed."""
    source = "created: MADE, parse: {dates: ['%d.%m.%Y %H:%M', '%d.%m.%Y'], timezone: Europe/Berlin}"
    found = out(
        rule_text(entries("person: {full_name: {from: NAME}}"), source=source),
        {"ID": "1", "NAME": "Ada Park", "MADE": created},
    )
    assert found.records["created"].to_pylist() == [expected]
    assert found.rejections["target"].to_pylist() == ([] if expected else ["source.created"])
