"""Truth files name records by id or by place."""

from pathlib import Path

import pyarrow as pa
import pytest

from crm_unify.errors import UsageError
from crm_unify.steward.truth import located, read_labels


def test_places_become_record_ids_and_rows_that_appear_twice_become_one(tmp_path: Path) -> None:
    """A label by file, sheet and row finds the record of that row; a place without a record is left out."""
    path = tmp_path / "truth.csv"
    path.write_text(
        "record_id,true_customer,file,sheet,row,part\ns.a:1#person,P1,,,,\n,P2,b.csv,,2,person\n"
        ",P2,b.csv,,3,person\n,P3,b.csv,,9,person\n"
    )
    fates = pa.table(
        {
            "map": ["b", "b"],
            "row_id": ["ff-1", "ff-2"],
            "file": ["b.csv"] * 2,
            "sheet": pa.nulls(2, pa.string()),
            "row": [2, 3],
        }
    )
    records = pa.table({"record_id": ["s.b:x#person"], "map": ["b"], "row_hash": ["ff"], "part": ["person"]})
    found = located(read_labels(path), fates=fates, records=records)
    assert found.to_pylist() == [
        {"true_customer": "P1", "record_id": "s.a:1#person"},
        {"true_customer": "P2", "record_id": "s.b:x#person"},
    ]


def test_labels_are_texts_as_they_are_spelt(tmp_path: Path) -> None:
    """Leading zeros, dates and words for true are no numbers, times and flags; what is blank is null."""
    path = tmp_path / "truth.csv"
    path.write_text("record_id,true_customer,row\na,007,02\nb,7,\nc,2024-01-01,3.0\nd,true,4\n")
    table = read_labels(path)
    assert table["true_customer"].to_pylist() == ["007", "7", "2024-01-01", "true"]
    assert table["row"].to_pylist() == ["02", None, "3.0", "4"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="missing"),
        pytest.param("id,customer\n1,2\n", id="other columns"),
        pytest.param("", id="empty"),
        pytest.param("record_id,true_customer\na\n", id="a line too short"),
    ],
)
def test_a_file_that_is_no_truth_file_is_refused(tmp_path: Path, text: str | None) -> None:
    """The message says which columns are wanted."""
    path = tmp_path / "truth.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match="record_id"):
        read_labels(path)
