"""Rows go into the database and come out of it in one canonical form."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.schema.crm import customer
from pipelines.database.columns import canonical, dates, hashes, row_texts, texts, times
from pipelines.database.read import fetch, matching
from pipelines.database.write import insert


@pytest.mark.parametrize(
    ("kernel", "raw", "shown"),
    [
        pytest.param(texts, "", None, id="empty text is NULL"),
        pytest.param(texts, "a\x00b", "a\\u0000b", id="U+0000 is spelt out"),
        pytest.param(texts, " ", " ", id="a space is a value"),
        pytest.param(dates, "2024-02-29", "2024-02-29", id="a leap day"),
        pytest.param(times, "2024-02-29", "2024-02-29T00:00:00Z", id="a day is its midnight"),
        pytest.param(
            times, "2024-01-02T03:04:00Z", "2024-01-02T03:04:00Z", id="whole minutes keep their zeros"
        ),
        pytest.param(
            times, "2024-01-02 03:04:05.120000", "2024-01-02T03:04:05.12Z", id="as databases spell it"
        ),
        pytest.param(times, "2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05Z", id="an offset of nothing"),
        pytest.param(times, None, None, id="NULL stays NULL"),
    ],
)
def test_canonical_values(kernel: Any, raw: str | None, shown: str | None) -> None:
    """Each value has one spelling, whatever the stage before wrote."""
    found = kernel(pa.chunked_array([[raw]], pa.string()))
    assert found.to_pylist() == [shown]
    assert kernel(found).to_pylist() == [shown]


def test_a_date_that_is_none_is_a_defect() -> None:
    """30 February can only come from a defect in the stage before."""
    with pytest.raises(ValueError, match="2024-02-30"):
        dates(pa.chunked_array([["2024-02-30"]]))


ROW = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "display_name": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        "source_created": st.none() | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    }
)


@given(st.lists(ROW, unique_by=lambda row: row["id"]))
def test_a_row_text_is_json_that_any_program_reads(rows: list[dict[str, Any]]) -> None:
    """The text that is hashed is the row's JSON with sorted keys, NULL columns left out."""
    table = canonical(
        "customer",
        pa.Table.from_pylist(
            rows, pa.schema([(n, pa.string()) for n in ("id", "display_name", "source_created")])
        ),
    )
    found = [text for batch in row_texts("customer", table) for text in batch.to_pylist()]
    for text, row in zip(found, table.to_pylist(), strict=True):
        assert json.loads(text) == {name: value for name, value in row.items() if value is not None}
        assert list(json.loads(text)) == sorted(json.loads(text))


@given(st.lists(st.none() | st.text(max_size=20)), st.integers(0, 3))
def test_hashes_are_those_of_the_standard_library(values: list[str | None], skipped: int) -> None:
    """128 bits of SHA-256 as hex, NULL of NULL, also on a slice of a column."""
    column = pa.chunked_array([values], pa.string()).slice(skipped)
    expected = [None if v is None else hashlib.sha256(v.encode()).hexdigest()[:32] for v in values[skipped:]]
    assert hashes(column).to_pylist() == expected


def test_what_is_written_is_read_back(any_crm: sa.Engine) -> None:
    """Text of every kind, times with and without fractions and NULLs make the round trip on each database."""
    names = ["a,b", 'q"q', "\\N", "two\r\nlines", None, "日本", "\x1f", "NULL"]
    moments = ["2024-01-02T03:04:05Z", "0987-01-02T03:04:05.000001Z", None, "9999-12-31T23:59:59Z"] * 2
    rows = canonical(
        "customer",
        pa.table(
            {
                "id": [f"C-{i}" for i in range(8)],
                "kind": ["person"] * 8,
                "status": ["active"] * 8,
                "display_name": names,
                "source_created": moments,
            }
        ),
    )
    with any_crm.begin() as connection:
        insert(connection, "customer", rows, [column.type for column in customer.columns])
        query = sa.select(*customer.columns)
        assert fetch(connection, query.order_by(customer.c.id)) == rows
        some = matching(connection, query, customer.c.id, pa.array(["C-3", "C-1", "C-3", "nobody"]))
        assert sorted(some["id"].to_pylist()) == ["C-1", "C-3"]
        assert matching(connection, query, customer.c.id, pa.array([], pa.string())).num_rows == 0


def test_programs_with_an_orm_read_the_same(any_crm: sa.Engine) -> None:
    """What is written in bulk is what SQLAlchemy would have written."""
    rows = canonical(
        "customer",
        pa.table(
            {
                "id": ["C-1"],
                "kind": ["person"],
                "status": ["active"],
                "source_created": ["2024-01-02T03:04:05Z"],
            }
        ),
    )
    with any_crm.begin() as connection:
        insert(connection, "customer", rows, [column.type for column in customer.columns])
        moment = connection.scalar(sa.select(customer.c.source_created))
        connection.execute(
            customer.insert().values(id="C-2", kind="person", status="active", source_created=moment)
        )
        query = sa.text("SELECT count(DISTINCT source_created) FROM customer")
        assert connection.scalar(query) == 1
