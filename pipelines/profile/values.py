"""The distinct values of a column with their rows: one scan, after which nothing looks at the rows again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import duckdb
import numpy as np

from pipelines.profile.interface import SHOWN, Counted, Lengths
from pipelines.profile.looks import Looks
from pipelines.profile.scratch import Landed, Scratch, hand_in

TOP: Final = 20
"""Most frequent values that are kept by name"""
_BATCH: Final = 100_000
BLANKS: Final = br" \t\r\n\v\f\u00a0\u2007\u202f\ufeff".decode("unicode_escape")
_BARS: Final = 24


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One column in figures, before it is known what it is."""

    name: str
    letter: str | None
    table: str
    """In DuckDB: v, n"""
    rows: int
    filled: int
    distinct: int
    once: int
    top: tuple[Counted, ...]
    by_length: tuple[tuple[int, int, int], ...]
    """(characters, rows, distinct values), ascending"""
    looks: Looks

    @property
    def unique(self) -> bool:
        """Whether no value stands twice, and there is one at all."""
        return 0 < self.distinct == self.filled


def values_of(place: Scratch, landed: Landed, at: int) -> Values:
    """Count the values of a column; they stay in DuckDB until `forget`."""
    column = landed.columns[at]
    table = f"{landed.view}_{column.field}"
    place.con.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {column.field} AS v, count(*)::BIGINT AS n FROM {landed.view} "
        f"WHERE {column.field} IS NOT NULL AND trim({column.field}, '{BLANKS}') <> '' GROUP BY 1"
    )
    distinct, filled, once = _row(
        place.con, f"SELECT count(*), coalesce(sum(n), 0)::BIGINT, count(*) FILTER (n = 1) FROM {table}"
    )
    top = place.con.execute(
        f"SELECT left(v, {SHOWN}), n, length(v) FROM {table} ORDER BY n DESC, v LIMIT {TOP}"
    ).fetchall()
    lengths = place.con.execute(
        f"SELECT length(v), sum(n)::BIGINT, count(*) FROM {table} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return Values(
        column.header, column.letter, table, landed.rows, filled, distinct, once,
        tuple(Counted(text, rows, length) for text, rows, length in top),
        tuple(lengths), _looks(place.con, table),
    )  # fmt: skip


def forget(place: Scratch, values: Values) -> None:
    """Free what the values take."""
    place.con.execute(f"DROP TABLE IF EXISTS {values.table}")


def lengths(values: Values) -> Lengths | None:
    """How long the values are."""
    if not values.by_length:
        return None
    shortest, longest = values.by_length[0][0], values.by_length[-1][0]
    width = max(1, -(-(longest - shortest + 1) // _BARS))
    bars: dict[int, int] = {}
    for length, rows, _ in values.by_length:
        start = shortest + (length - shortest) // width * width
        bars[start] = bars.get(start, 0) + rows
    mean = sum(length * rows for length, rows, _ in values.by_length) / values.filled
    drawn = tuple((start, start + width - 1, rows) for start, rows in bars.items())
    return Lengths(shortest, longest, round(mean, 2), drawn)


def placed(place: Scratch, landed: Landed, field: str, found: tuple[Counted, ...]) -> tuple[Counted, ...]:
    """Values with the first row each stands in; values that were cut are not looked for."""
    wanted = [one.value for one in found if len(one.value) < SHOWN]
    if not wanted or not landed.numbered:
        return found
    hand_in(place, "wanted", wanted)
    query = f"SELECT {field}, min(_row) FROM {landed.view} WHERE {field} IN (SELECT v FROM wanted) GROUP BY 1"
    rows = dict(place.con.execute(query).fetchall())
    return tuple(replace(one, row=rows.get(one.value)) for one in found)


def _looks(con: duckdb.DuckDBPyConnection, table: str) -> Looks:
    looks = Looks()
    for batch in con.sql(f"SELECT left(v, {SHOWN}) AS v, n FROM {table}").to_arrow_reader(_BATCH):
        if batch.num_rows:
            looks.add(batch.column("v"), batch.column("n").to_numpy().astype(np.int64))
    return looks


def _row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    assert row is not None, "an aggregate has a row"
    return tuple(row)
