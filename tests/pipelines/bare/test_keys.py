"""Record ids come from a column or from the content of the row, never from its position."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_unify.errors import UsageError
from pipelines.bare.encode import as_given, encode
from pipelines.bare.interface import BareTable
from pipelines.bare.keys import column_ids, content_ids


def table(label: str, ids: list[str], towns: list[str]) -> BareTable:
    """A table with ids and towns."""
    columns = (as_given(pa.chunked_array([ids])), encode(pa.chunked_array([towns])))
    return BareTable(label, ("id", "town"), columns, len(ids))


def test_ids_stay_as_they_are() -> None:
    """Blanks and leading zeros are part of an id."""
    (ids,) = column_ids([table("a", ["007", " 7"], ["x", "y"])], "id")
    assert ids.to_pylist() == ["007", " 7"]


def test_ids_that_files_share_are_told_apart() -> None:
    """The same id in two files is two records."""
    found = column_ids([table("a", ["1"], ["x"]), table("b", ["1"], ["y"])], "id")
    assert [ids.to_pylist() for ids in found] == [["a:1"], ["b:1"]]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        pytest.param(["1", "2", "1"], "1 (2 times)", id="twice"),
        pytest.param(["1", "", "3"], "data rows 2", id="missing"),
    ],
)
def test_bad_ids_are_listed(ids: list[str], told: str) -> None:
    """Ids that are missing or stand twice are refused with a list."""
    with pytest.raises(UsageError) as stop:
        column_ids([table("a", ids, ["x"] * len(ids))], "id")
    assert told in stop.value.why


def test_content_ids_do_not_depend_on_the_order() -> None:
    """Rows turned round and columns exchanged have the same ids."""
    one = table("a", ["1", "2"], ["x", "y"])
    other = table("a", ["2", "1"], ["y", "x"])
    turned = BareTable("a", ("town", "id"), (other.columns[1], other.columns[0]), 2)
    assert content_ids([one])[0].to_pylist() == content_ids([turned])[0].to_pylist()[::-1]


def test_equal_rows_are_numbered() -> None:
    """The second of two equal rows gets a number."""
    first, second = content_ids([table("a", ["1", "1"], ["x", "x"])])[0].to_pylist()
    assert second == f"{first}-2"
