"""Labelled sets as the measurements read them."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.labelled import load, synthetic, write_rows

CSV = 'record_id,source_system,true_customer,first_name,surname\n1,a,x,Ann,"O, Neil"\n2,b,x,,Neil\n'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of labelled sets with one small set."""
    (tmp_path / "truth").mkdir()
    with gzip.open(tmp_path / "truth" / "fake_1000.csv.gz", "wt") as file:
        file.write(CSV)
    monkeypatch.setenv("CRM_UNIFY_DATA", str(tmp_path))
    return tmp_path


def test_the_truth_is_taken_out_of_the_rows(data: Path) -> None:
    """What a tool sees has every column but the true customer; what it is judged by has only that."""
    found = load("fake_1000")
    assert found.table.column_names == ["record_id", "source_system", "first_name", "surname"]
    assert found.truth.to_pydict() == {"record_id": ["1", "2"], "true_customer": ["x", "x"]}


def test_a_missing_value_is_an_empty_cell(data: Path) -> None:
    """No quotes stand for nothing: some tools would take them for an empty text."""
    write_rows(load("fake_1000"), data / "rows.csv")
    assert (data / "rows.csv").read_text().splitlines()[2] == '"2","b",,"Neil"'


def test_generated_rows_get_record_ids_and_keep_their_homes(tmp_path: Path) -> None:
    """Row numbers become ids that sort, and household and birth stay with the truth."""
    rows, truth = tmp_path / "rows.parquet", tmp_path / "truth.parquet"
    pq.write_table(pa.table({"rid": [0, 1], "source": ["A", "B"], "first_name": ["Ann", None]}), rows)
    pq.write_table(pa.table({"rid": [0, 1], "cluster": [7, 8], "household": [1, 1]}), truth)
    table, known = synthetic(rows, truth)
    assert table["record_id"].to_pylist() == known["record_id"].to_pylist() == ["000000000", "000000001"]
    assert known.column_names == ["record_id", "true_customer", "household"]
    assert known["true_customer"].to_pylist() == ["7", "8"]


def test_a_set_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the folder no set can be read."""
    monkeypatch.delenv("CRM_UNIFY_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="CRM_UNIFY_DATA"):
        load("fake_1000")
    with pytest.raises(FileNotFoundError, match="CRM_UNIFY_DATA"):
        load("people-1")
