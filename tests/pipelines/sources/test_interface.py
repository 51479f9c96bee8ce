"""Columns have names that rules can use, whatever the header looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.interface import header_notes, name_columns


@pytest.mark.parametrize(
    ("found", "headers"),
    [
        pytest.param(["Id", "Name"], ["Id", "Name"], id="unique headers stay"),
        pytest.param(["Tel", "Tel", "Tel"], ["Tel", "Tel (2)", "Tel (3)"], id="repeated: numbered"),
        pytest.param(["Tel", "Tel", "Tel (2)"], ["Tel", "Tel (3)", "Tel (2)"], id="found goes first"),
        pytest.param(["Id", "", " "], ["Id", "column 2", "column 3"], id="no header: named by place"),
        pytest.param(["E-Mail", "E Mail"], ["E-Mail", "E Mail"], id="likeness is no collision"),
    ],
)
def test_headers_become_unique_names(found: list[str], headers: list[str]) -> None:
    """A repeated header gets a number, an empty one its place; nothing else changes."""
    assert [column.header for column in name_columns(found)] == headers


@given(st.lists(st.sampled_from(["", " ", "a", "a (2)", "a (3)", "b", "column 1", "column 2"]), max_size=8))
def test_names_are_unique_and_reversible(found: list[str]) -> None:
    """No two columns share a name or field, and the header as found is kept."""
    columns = name_columns(found)
    assert len({column.header for column in columns}) == len(found)
    assert len({column.field for column in columns}) == len(found)
    assert [column.found for column in columns] == found


def test_empty_headers_of_a_sheet_are_named_by_letter() -> None:
    """In a spreadsheet the place of a column is its letter."""
    assert [column.header for column in name_columns(["Id", ""], ["A", "F"])] == ["Id", "column F"]


def test_every_renamed_header_is_reported() -> None:
    """A sentence for each repeated and each empty header, none for the others."""
    notes = header_notes(name_columns(["Tel", "Tel", ""]))
    assert [("'Tel (2)'" in note, "'column 3'" in note) for note in notes] == [(True, False), (False, True)]
