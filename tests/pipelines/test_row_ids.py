"""The id of a row is what it says and its number among equal rows, whatever the order they come in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.row_ids import Sorted, give_ids, sorter
from pipelines.sources.interface import batch_schema, name_columns, text_batch

Row = Sequence[str | None]

CELLS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=3))
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=7)


def given_ids(folder: Path, rows: Sequence[Row], headers: Sequence[str] = ("id", "name")) -> Sorted:
    """Give ids to rows; the result is `out.parquet` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = name_columns(headers)
    cells = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(headers))]
    batch = text_batch(columns, cells, file="rows", row=pa.array(range(len(rows)), pa.int64()))
    pq.write_table(pa.Table.from_batches([batch], batch_schema(columns)), folder / "in.parquet")
    with sorter(folder / "spill") as by:
        return give_ids([folder / "in.parquet"], columns, folder / "out.parquet", by=by)


def values(folder: Path, name: str) -> list[Any]:
    """One column of the result."""
    found: list[Any] = pq.read_table(folder / "out.parquet")[name].to_pylist()
    return found


def test_equal_rows_are_numbered(tmp_path: Path) -> None:
    """Ids are unique: the hash, and from 1 the number among equal rows."""
    given_ids(tmp_path, [["1", "Jon"]] * 3 + [["2", "Jon"]])
    hashes = values(tmp_path, "_row_hash")
    assert hashes == sorted(hashes)
    twins = [row_hash for row_hash in hashes if hashes.count(row_hash) == 3]
    single = next(row_hash for row_hash in hashes if row_hash not in twins)
    assert set(values(tmp_path, "_row_id")) == {f"{single}-1", *(f"{twins[0]}-{n}" for n in (1, 2, 3))}


def test_equal_rows_are_numbered_across_batches(tmp_path: Path) -> None:
    """More equal rows than a batch holds count on, and the last of them has the highest number."""
    many = (1 << 17) + 5
    assert given_ids(tmp_path, [["x", None]] * many).rows == many
    ordinals = {int(row_id.rpartition("-")[2]) for row_id in values(tmp_path, "_row_id")}
    assert ordinals == set(range(1, many + 1))


FEWER = settings(max_examples=settings().max_examples // 3)
"""A third of the usual number: each example sorts two files."""


@FEWER
@given(TABLES, st.randoms(use_true_random=False))
def test_shuffled_rows_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], chance: random.Random
) -> None:
    """Whatever the order of the source, ids, order and content hash are the same; only `_row` tells."""
    folder, shuffled = tmp_path_factory.mktemp("ids"), list(rows)
    chance.shuffle(shuffled)
    first, second = given_ids(folder / "a", rows), given_ids(folder / "b", shuffled)
    assert first == second
    tables = [pq.read_table(folder / name / "out.parquet").drop_columns(["_row"]) for name in "ab"]
    assert tables[0].equals(tables[1])


@FEWER
@given(TABLES, TABLES)
def test_other_content_has_another_hash(
    tmp_path_factory: pytest.TempPathFactory, first: list[Row], second: list[Row]
) -> None:
    """The content hash is equal exactly for the same rows, each as often."""
    folder = tmp_path_factory.mktemp("ids")
    hashes = [given_ids(folder, rows).content_hash for rows in (first, second)]
    assert (hashes[0] == hashes[1]) == (sorted(map(repr, first)) == sorted(map(repr, second)))


@pytest.mark.parametrize(
    ("headers", "row", "same"),
    [
        pytest.param(["name", "id"], ["Jon", "1"], True, id="columns in another order"),
        pytest.param(["id", "name", "note"], ["1", "Jon", None], True, id="a new column without values"),
        pytest.param(["id", "nick"], ["1", "Jon"], False, id="another header"),
        pytest.param(["id", "name", "note"], ["1", "Jon", ""], False, id="an empty text is a value"),
        pytest.param(["id", "na'me\x00\n"], ["1", "Jon"], False, id="odd characters in a header"),
        pytest.param(["id", "name"], ["1\x1f", "Jon"], False, id="the separator as a text"),
        pytest.param(["i", "name"], ["d1", "Jon"], False, id="letters that move from header to value"),
        pytest.param(["id", "name"], ["1J", "on"], False, id="letters that move from value to value"),
        pytest.param(["id", "name"], ["1", "Jon\x00"], False, id="a NUL at the end"),
    ],
)
def test_what_a_row_hash_is_of(tmp_path: Path, headers: list[str], row: Row, same: bool) -> None:
    """Headers and texts make the hash; the place of a column and columns without a value do not."""
    given_ids(tmp_path / "a", [["1", "Jon"]])
    given_ids(tmp_path / "b", [row], headers)
    assert (values(tmp_path / "a", "_row_hash") == values(tmp_path / "b", "_row_hash")) == same
