"""Corrections of source rows: applied before the rules, by key or content, over when the source moves."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.corrections import rest_hash
from pipelines.interpret.interface import CORRECTIONS, Interpreted
from pipelines.interpret.names import NAMES
from pipelines.interpret.repairs import Remembered
from pipelines.interpret.stage import interpret_rows
from tests.pipelines.interpret.maps import AS_OF, PERSON, Row, claimed, entries, loaded, out, rule_text, went

PEOPLE = rule_text(entries(PERSON))
KEYLESS = rule_text(entries(PERSON), key="{content: [NAME, CITY]}")
NAMELESS = {"ID": "7", "NAME": "", "CITY": "Leeds"}
FIX = {"key": "7", "field": "NAME", "old_value": None, "new_value": "Ada Park"}


def word(number: int = 1, **said: Any) -> dict[str, Any]:
    """A correction of a row of the shop's people."""
    plain = {"id": number, "kind": "correct", "system": "shop", "entity": "people", "by_row": False}
    return plain | said


def repaired(text: str, rows: list[Row], *words: dict[str, Any], **known: Any) -> Interpreted:
    """What is made of the rows with these corrections."""
    corrections = pa.Table.from_pylist(list(words), schema=CORRECTIONS)
    return interpret_rows(loaded(text), rows, as_of=AS_OF, known=Remembered(corrections=corrections, **known))


def hash_of(text: str, row: Row) -> str:
    """The hash of a row as it is landed."""
    return str(out(text, row).fates["row_id"][0]).rpartition("-")[0]


def outcomes(found: Interpreted) -> list[tuple[str, str | None]]:
    """What became of each correction, and what the source says where that is why."""
    return [(row["outcome"], row["found"]) for row in found.repairs.to_pylist()]


def test_a_correction_lets_the_row_load_and_the_raw_row_stays() -> None:
    """The rules see the new text; what is kept as found is what was found."""
    found = repaired(PEOPLE, [NAMELESS], word(**FIX))
    assert [claim["full_name"] for claim in claimed(found, "person")] == ["Ada Park"]
    assert found.records["raw"].to_pylist() == ['{"CITY":"Leeds","ID":"7"}']
    assert outcomes(found) == [("applied", None)]


@pytest.mark.parametrize(
    ("row", "outcome", "seen"),
    [
        pytest.param(NAMELESS | {"NAME": "Eve"}, "the source says something else now", "Eve", id="else"),
        pytest.param(NAMELESS | {"NAME": "Ada Park"}, "the source says it itself now", "Ada Park", id="same"),
        pytest.param(NAMELESS | {"ID": "8"}, "the source has no such row any more", None, id="gone"),
        pytest.param({"ID": "7", "CITY": "York"}, "applied", None, id="another column changed"),
    ],
)
def test_a_correction_is_over_when_the_source_moves(row: Row, outcome: str, seen: str | None) -> None:
    """It holds for as long as the column says what it said; the reason of the end is told."""
    assert outcomes(repaired(PEOPLE, [row], word(**FIX))) == [(outcome, seen)]


def test_a_row_without_key_gets_the_one_filled_in() -> None:
    """It is found by its content, and its record id is made of the key that was filled in."""
    row: Row = {"ID": None, "NAME": "Ada Park"}
    fix = {"row_hash": hash_of(PEOPLE, row), "by_row": True, "field": "ID", "new_value": "9"}
    found = repaired(PEOPLE, [row], word(**fix))
    assert found.records["record_id"].to_pylist() == ["shop.people:9#person"]


def test_of_two_rows_with_one_key_the_one_looked_at_is_repaired() -> None:
    """Rows that share a key are told apart by their content: one is waived, the other loads."""
    rows: list[Row] = [{"ID": "1", "NAME": "Ada Park"}, {"ID": "1", "NAME": "Ivo Lund"}]
    waived = word(kind="waive", row_hash=hash_of(PEOPLE, rows[1]), by_row=True)
    found = repaired(PEOPLE, rows, waived)
    assert sorted(found.fates["fate"].to_pylist()) == ["discarded", "mapped"]
    assert set(found.fates["rule"].to_pylist()) == {None, "SYS-WAIVED"}


def test_a_content_key_is_made_of_what_was_found() -> None:
    """Correcting a column that the key is made of renames no record."""
    row: Row = {"NAME": "A. Park", "CITY": "Leeds"}
    before = out(KEYLESS, row).records["record_id"].to_pylist()
    fix = {"row_hash": hash_of(KEYLESS, row), "by_row": True, "field": "NAME", "old_value": "A. Park"}
    found = repaired(KEYLESS, [row], word(**fix, new_value="Ada Park"))
    assert found.records["record_id"].to_pylist() == before
    assert claimed(found, "person")[0]["full_name"] == "Ada Park"


def test_a_correction_follows_a_record_to_its_new_key() -> None:
    """Where the key of a row is known to stand for a former one, the correction of the former one holds."""
    pair = {"new_id": "shop.people:0007#person", "record_id": "shop.people:7#person"}
    names = pa.Table.from_pylist([pair], schema=NAMES)
    found = repaired(PEOPLE, [NAMELESS | {"ID": "0007"}], word(**FIX), names=names)
    assert found.records["record_id"].to_pylist() == ["shop.people:7#person"]
    assert outcomes(found) == [("applied", None)]


@pytest.mark.parametrize(("seen", "fate"), [(False, "mapped"), (True, "quarantined")])
def test_a_row_is_known_by_its_other_cells_when_its_key_was_changed(seen: bool, fate: str) -> None:
    """Only where its own key is gone, and never a row that an earlier run has met."""
    fix = word(**FIX, rest_hash=rest_hash({"CITY": "Leeds"}, ["ID"]))
    found = repaired(
        PEOPLE, [NAMELESS | {"ID": "0007"}], fix, seen=lambda hashes: frozenset(hashes if seen else ())
    )
    assert went(found)["0007"][0] == fate


def test_a_control_sum_shows_what_corrections_add() -> None:
    """The source is summed as found; what a corrected amount adds stands beside it, and the sum agrees."""
    text = rule_text(
        entries(PERSON, "account: {of: person, account_no: {from: ID}, balance: {from: AMOUNT}}"),
        rest="reconcile: [{name: all, source: 'sum(money(AMOUNT))', target: 'sum(account.balance)'}]",
    )
    fix = word(key="7", field="AMOUNT", old_value="1.00", new_value="3.50")
    (total,) = repaired(text, [{"ID": "7", "NAME": "Ada Park", "AMOUNT": "1.00"}], fix).sums
    assert (total.source, total.corrected, total.loaded, total.ok) == (100, 250, 350, True)
