"""Parquet values become the text that says them exactly."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import GuardStopped
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells, origins, problems

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def test_types_as_text(tmp_path: Path) -> None:
    """Digits are kept, times are ISO 8601, bytes are text or hexadecimal, structures have dotted names."""
    row = {
        "n": 7, "f": 0.1, "d": Decimal("1.50"), "day": date(1999, 12, 31), "t": datetime(2024, 1, 2, 3, 4, 5),
        "ok": True, "b": b"\xff\x00", "s": {"x": "1", "y": {"z": "2"}}, "l": ["a", "b"], "none": None,
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    assert cells(reader_of(tmp_path / "a.parquet", "parquet")) == [{
        "n": "7", "f": "0.1", "d": "1.50", "day": "1999-12-31", "t": "2024-01-02T03:04:05.000000",
        "ok": "true", "b": "\\xff00", "s.x": "1", "s.y.z": "2", "l": '["a", "b"]', "none": None,
    }]


@given(st.lists(TEXTS | st.none(), min_size=1, max_size=6))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str | None]) -> None:
    """What was written is read, in order, rows numbered from 1."""
    path = tmp_path_factory.mktemp("parquet") / "a.parquet"
    pq.write_table(pa.table({"a": pa.array(texts, pa.string())}), path)
    reader = reader_of(path, "parquet")
    assert [row["a"] for row in cells(reader)] == texts
    assert origins(reader, "_row") == [(n,) for n in range(1, len(texts) + 1)]


def test_a_damaged_group_of_rows_costs_its_rows_alone(tmp_path: Path) -> None:
    """The other groups are read; the damaged one says which rows it held."""
    path = tmp_path / "a.parquet"
    texts = [f"text {n:06}" for n in range(3000)]
    pq.write_table(pa.table({"a": texts}), path, row_group_size=1000, use_dictionary=False)
    content = bytearray(path.read_bytes())
    middle = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content[middle:middle + 400] = b"\xff" * 400
    path.write_bytes(bytes(content))
    reader = reader_of(path, "parquet")
    assert [row["a"] for row in cells(reader)] == texts[:1000] + texts[2000:]
    assert [(row, code) for row, code, _ in problems(reader)] == [(1001, "RECORD-DAMAGED")]


def test_told_by_content(tmp_path: Path) -> None:
    """The name plays no part; a file that was cut off is named as damaged."""
    path = tmp_path / "data.bin"
    pq.write_table(pa.table({"a": ["1"]}), path)
    assert (format_by_content(path), options(path)) == ("parquet", [("data", {})])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(GuardStopped, match="damaged or was cut off"):
        reader_of(path, "parquet").header()


def test_a_file_without_columns_is_no_table(tmp_path: Path) -> None:
    """There is nothing to ask it for, which is said."""
    pq.write_table(pa.table({}), tmp_path / "p.parquet")
    with pytest.raises(GuardStopped, match="no columns"):
        reader_of(tmp_path / "p.parquet", "parquet").header()
