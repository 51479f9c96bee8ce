"""Rows that say the same as another row: found by a hash of the row, proven by its cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from pipelines.profile.interface import CandidateKey, Repeats
from pipelines.profile.scratch import Landed, Scratch

SHOWN: Final = 3
"""Groups shown"""
_CELL: Final = 60
"""Characters of a cell that are shown"""
_OTHERS_LEAST: Final = 3
"""Columns that must be left beside the keys; fewer agree by chance"""


def repeats(place: Scratch, landed: Landed, keys: Sequence[CandidateKey]) -> tuple[Repeats, ...]:
    """Whole rows that stand more than once; in a table with a key, rows that differ in nothing but that."""
    first = next((key.columns[0] for key in keys if len(key.columns) == 1 and key.holds), None)
    if first is not None and len(landed.columns) <= _OTHERS_LEAST:
        return ()
    found = _repeats(place, landed, () if first is None else (first,))
    return (found,) if found.rows else ()


def _repeats(place: Scratch, landed: Landed, without: Collection[str]) -> Repeats:
    compared = [column.field for column in landed.columns if column.header not in without]
    cells = ", ".join(f"coalesce({field}, '')" for field in compared)
    # the hash of 64 bits picks the rows worth comparing; the comparison itself is over all cells
    place.con.execute(
        f"CREATE OR REPLACE TEMP TABLE twice AS SELECT h FROM (SELECT hash({cells}) AS h FROM {landed.view}) "
        "GROUP BY h HAVING count(*) > 1"
    )
    grouped = (
        f"SELECT {', '.join(f'min(left({c.field}, {_CELL})) AS {c.field}' for c in landed.columns)}, "
        f"count(*) AS n FROM (SELECT * FROM {landed.view} WHERE hash({cells}) IN (FROM twice)) "
        f"WHERE {_filled(compared)} GROUP BY {cells} HAVING count(*) > 1"
    )
    place.con.execute(f"CREATE OR REPLACE TEMP TABLE repeated AS {grouped}")
    row = place.con.execute("SELECT coalesce(sum(n - 1), 0)::BIGINT, count(*) FROM repeated").fetchone()
    assert row is not None, "an aggregate has a row"
    shown = place.con.execute(
        f"SELECT * EXCLUDE (n) FROM repeated ORDER BY n DESC, {', '.join(compared)} LIMIT {SHOWN}"
    ).fetchall()
    examples = tuple(tuple("" if cell is None else str(cell) for cell in cells) for cells in shown)
    return Repeats(row[0], row[1], tuple(sorted(without)), examples)


def _filled(fields: Sequence[str]) -> str:
    """Some cell has something in it: empty rows are no repeats of one another."""
    return "(" + " OR ".join(f"coalesce({field}, '') <> ''" for field in fields) + ")"
