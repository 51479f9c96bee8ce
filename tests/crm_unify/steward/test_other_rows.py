"""What rows have to do with other rows: lines lead to the row they are a part of, lists to those who ask."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from crm_unify.records import ROW_FATES, SYS_JOINED_ROW
from crm_unify.rules.load import load_project
from crm_unify.steward.other_rows import as_line, first_line, lent_to
from tests.projects import ROOT


def fate(row_id: str, key: str, rule: str | None = None, row: int = 1) -> dict[str, Any]:
    """A mapped row of a file."""
    said = {"map": "notes", "row_id": row_id, "file": "notes.csv", "row": row, "fate": "mapped"}
    return dict.fromkeys(ROW_FATES.names) | said | {"key": key, "rule": rule}


LINE = fate("b-1", "1", SYS_JOINED_ROW, 3)
FATES = pa.Table.from_pylist([fate("c-1", "2"), fate("a-1", "1", row=2), LINE], schema=ROW_FATES)


def test_a_line_leads_to_the_first_of_its_row() -> None:
    """By map and key, and its place is told."""
    found = first_line(FATES, LINE)
    assert found is not None
    assert (found["row_id"], as_line(found)) == (
        "a-1",
        ["it is a line of the row that begins at notes.csv, 2"],
    )


def test_a_row_of_its_own_is_no_line() -> None:
    """Nothing is said of it."""
    assert as_line(first_line(FATES, fate("a-1", "1"))) == []


def test_a_column_that_others_take_names_them() -> None:
    """The column that is taken, and the one by which it is found; others are nobody's."""
    towns = load_project(ROOT / "fixtures/language", variables={}).rules_of("towns")
    assert [lent_to(towns, header) for header in ("NAME", "NO", "ZIP")] == [
        ["rows of customers look it up"],
        ["rows of customers look it up"],
        [],
    ]
