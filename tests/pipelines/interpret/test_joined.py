"""Rows that are lines of one row are put together, and each of them stays in the account."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from crm_unify.errors import ConfigurationError, GuardStopped
from crm_unify.validation.account import balance, check_records
from pipelines.interpret.interface import CORRECTIONS, Interpreted
from pipelines.interpret.repairs import Remembered
from pipelines.interpret.stage import interpret_rows
from tests.pipelines.interpret.maps import (
    AS_OF,
    PERSON,
    Row,
    claimed,
    entries,
    loaded,
    out,
    project_of,
    refused,
    rule_text,
)

JOIN = 'join_rows: {order: SEQ, columns: {TEXT: " "}, count: OF, max_length: 20}'
NOTES = rule_text(entries("person: {full_name: {from: NAME}, job_title: {from: TEXT}}"), source=JOIN)
FATES = {"first": ("mapped", None), "line": ("mapped", "SYS-JOINED-ROW")}


def lines(*numbers: str | None, of: str | None = None, name: str | None = "Ada Park") -> list[Row]:
    """Lines of one row, each with its number as text; the first in order has the name."""
    return [{"ID": "1", "SEQ": n, "TEXT": f"text {n}", "OF": of, "NAME": name} for n in numbers]


def went(found: Interpreted) -> list[tuple[str, str | None]]:
    """Fate and rule of every row, sorted."""
    return sorted(((row["fate"], row["rule"]) for row in found.fates.to_pylist()), key=str)


def test_lines_are_put_together_in_the_order_of_their_numbers() -> None:
    """Ten comes after nine; the raw row of the record holds the text of all."""
    found = out(NOTES, *lines("10", "9"))
    assert [row["job_title"] for row in claimed(found, "person")] == ["text 9 text 10"]
    assert '"TEXT":"text 9 text 10"' in found.records["raw"][0].as_py()


def test_each_row_has_the_order_of_its_own_lines() -> None:
    """What another row calls its lines does not matter; spreadsheets write 1.0 for 1."""
    found = out(NOTES, *lines("10.0", "9.0"), {**lines("x")[0], "ID": "2"})
    assert [row["job_title"] for row in claimed(found, "person")] == ["text 9.0 text 10.0", "text x"]


def test_each_line_stays_in_the_account() -> None:
    """One of them makes the record, and the others are where it is, by a rule of the program."""
    found = out(NOTES, *lines("1", "2", "3"))
    assert went(found) == [FATES["line"], FATES["line"], FATES["first"]]
    extracted = {"people": found.fates["row_id"].combine_chunks()}
    (line,) = balance(extracted, found.fates, found.rejections)
    assert (line.extracted, line.mapped) == (3, 3)
    ids = found.records["record_id"]
    check_records(found.records, found.fates, pa.table({"record_id": ids, "customer_id": ids}))


def test_the_order_of_the_lines_in_their_file_does_not_matter() -> None:
    """Their numbers do."""
    found = [out(NOTES, *rows) for rows in (lines("1", "2", "3"), lines("3", "1", "2"))]
    assert found[0].records.equals(found[1].records)
    assert found[0].fates.drop_columns(["row"]).equals(found[1].fates.drop_columns(["row"]))


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        pytest.param(lines("1", None), "LINES-UNORDERED", id="a line without a number"),
        pytest.param([*lines("1"), {**lines("1")[0], "TEXT": "x"}], "LINES-UNORDERED", id="one number twice"),
        pytest.param(lines("1", "b"), "LINES-UNORDERED", id="a number that is none"),
        pytest.param(lines("1", "2", of="3"), "LINES-MISSING", id="two of three"),
        pytest.param(lines("1", "2", of="three"), "LINES-MISSING", id="a count that is no number"),
        pytest.param(lines("1", of="2") + lines("2", of="1"), "LINES-MISSING", id="counts that differ"),
    ],
)
def test_lines_that_make_no_row_are_quarantined_together(rows: list[Row], code: str) -> None:
    """Nobody knows what the row would be."""
    found = out(NOTES, *rows)
    assert went(found) == [("quarantined", code)] * 2
    assert refused(found, "code") == [(code,)] * 2


def test_lines_follow_their_row_into_quarantine() -> None:
    """Each has an entry of its own."""
    found = out(NOTES, *lines("1", "2", name=None))
    assert went(found) == [("quarantined", "NAME-MISSING")] * 2
    assert sorted(code for (code,) in refused(found, "code")) == ["LINE-OF-ROW", "NAME-MISSING"]


def test_a_text_that_is_too_long_is_left_out_and_told() -> None:
    """The record loads without it; the entry shows how it begins."""
    found = out(NOTES, *lines("1", "2", "3", "4"))
    assert "job_title" not in claimed(found, "person")[0]
    assert refused(found, "severity", "column", "code", "raw") == [
        ("withhold", "TEXT", "TEXT-TOO-LONG", "text 1 text 2 text 3 text 4")
    ]


def test_rows_may_hang_on_a_row_of_several_lines(tmp_path: Path) -> None:
    """The record of its first line is their parent."""
    order = "sales_order: {customer: {lookup: [shop, people, CUST]}, order_no: {from: NO}}"
    orders = rule_text(entries(order), name="orders", key="[NO]")
    maps: dict[str, tuple[str, list[Row]]] = {
        "people": (NOTES, lines("2", "1", "3")),
        "orders": (orders, [{"NO": "7", "CUST": "1"}]),
    }
    found = project_of(tmp_path, maps)
    assert found.claims["sales_order"]["customer_record_id"].to_pylist() == ["shop.people:1#person"]


@pytest.mark.parametrize(
    ("key", "join", "said"),
    [
        pytest.param("{content: [ID]}", "order: SEQ, columns: {TEXT: ''}", "write key:", id="no key"),
        pytest.param("[ID]", "order: SEQ, columns: {ID: ''}", "the key of all lines", id="the key itself"),
        pytest.param("[ID]", "order: SEQ, columns: {SEQ: ''}", "numbers the lines", id="the number itself"),
        pytest.param("[ID]", "order: SEQ, count: SEQ, columns: {TEXT: ''}", "how many", id="no count"),
        pytest.param("[ID]", "order: SEQ, columns: {}", "columns", id="nothing to put together"),
        pytest.param("[ID]", "ordr: SEQ, columns: {TEXT: ''}", "did you mean 'order'", id="a slip"),
    ],
)
def test_what_cannot_be_put_together_is_refused(key: str, join: str, said: str) -> None:
    """With file, line and what to do."""
    with pytest.raises(ConfigurationError) as refusal:
        loaded(rule_text(entries(PERSON), key=key, source=f"join_rows: {{{join}}}"))
    assert said in str(refusal.value)


def test_a_control_sum_takes_the_first_line_of_each_row() -> None:
    """What stands on the others is said again, and is loaded once."""
    account = "account: {of: person, account_no: {from: ID}, balance: {from: OWED, type: money}}"
    said = "reconcile: [{name: owed, source: 'sum(money(OWED))', target: 'sum(account.balance)'}]"
    text = rule_text(entries(PERSON, account), source=JOIN, rest=said)
    (one,) = out(text, *({**line, "OWED": "10.00"} for line in lines("1", "2", "3"))).sums
    assert (one.source, one.loaded, one.ok) == (1000, 1000, True)


def test_more_lines_than_may_be_discarded_stop_the_run() -> None:
    """Each line of a row counts."""
    discard = "- {when: 'TRUE', discard: {rule: R, max: 2}}"
    text = rule_text(discard, source=JOIN, rest="rules: {R: {what: dummies}}")
    with pytest.raises(GuardStopped, match="would discard 3 rows"):
        out(text, *lines("1", "2", "3"))


def test_a_row_of_several_lines_lends_its_whole_text(tmp_path: Path) -> None:
    """Not the text of one line."""
    notes = rule_text("- lookup_only: true", name="notes", source=JOIN)
    taken = "person: {full_name: {from: NAME}, job_title: {lookup: [shop, notes, NOTE], take: TEXT}}"
    maps: dict[str, tuple[str, list[Row]]] = {
        "notes": (notes, lines("2", "1")),
        "people": (rule_text(entries(taken)), [{"ID": "7", "NAME": "Ada Park", "NOTE": "1"}]),
    }
    assert claimed(project_of(tmp_path, maps), "person")[0]["job_title"] == "text 1 text 2"


def test_a_text_of_several_lines_is_corrected_as_a_whole() -> None:
    """As it is shown; the lines stay what they were."""
    fix = {"id": 1, "kind": "correct", "system": "shop", "entity": "people", "key": "1", "by_row": False}
    fix |= {"field": "TEXT", "old_value": "text 1 text 2", "new_value": "all of it"}
    known = Remembered(corrections=pa.Table.from_pylist([fix], schema=CORRECTIONS))
    found = interpret_rows(loaded(NOTES), lines("1", "2"), as_of=AS_OF, known=known)
    assert [row["job_title"] for row in claimed(found, "person")] == ["all of it"]
    assert found.repairs["outcome"].to_pylist() == ["applied"]
