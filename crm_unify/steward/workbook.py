"""The repair workbook: rows that wait, as they came, with cells to fix.

One sheet a source table, one line a row. The cells under `fix: COLUMN` hold what the row says now and may be
changed; the cells under `was: COLUMN` hold it as it came and are locked, as are place, key and reason. What
was changed becomes corrections, a line marked `waive` a waiver: :mod:`crm_unify.steward.workbook_back`. The
same sheets stand in a review pack.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from crm_unify.steward.quarantine import BadRow, as_repaired
from crm_unify.steward.sheets import MEMORY, Sheet, SheetColumn, cell_text, unique_titles, write_book
from pipelines.corrections import Correction

KIND: Final = "quarantine"
"""What the workbook says it is."""
ROW: Final = "row"
DECISION: Final = "decision"
WHY: Final = "why"
FIX: Final = "fix: "
WAS: Final = "was: "
WAIVE: Final = "waive"
HERE: Final = (
    "Correct the cells under 'fix: ...' (empty a cell to empty the value), or choose 'waive' and say why. "
    "Lines you leave alone stay as they are. Then give the workbook back: crm-unify quarantine import, or in "
    "a review pack crm-unify review import"
)
FIXED: Final = (
    SheetColumn(ROW, width=12, key=True),
    SheetColumn("where", width=28),
    SheetColumn("key", width=14),
    SheetColumn("what is wrong", width=48),
    SheetColumn("what to do", width=36),
    SheetColumn(DECISION, width=10, editable=True, choices=(WAIVE,)),
    SheetColumn(WHY, width=28, editable=True),
)
AS_TEXT: Final = SheetColumn("the row as text", width=48)


def write_quarantine(
    file: Path,
    rows: Sequence[BadRow],
    *,
    about: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    corrections: Iterable[Correction],
) -> None:
    """The workbook of these rows, one or more; `columns` are the headers of each map's source, in order.

    `about` says what it is of, with the facts that OF_OURS names, and the `run`.
    """
    sheets, facts = quarantine_sheets(rows, columns=columns, corrections=corrections)
    write_book(file, sheets, about={**about, **facts})


def quarantine_sheets(
    rows: Sequence[BadRow],
    *,
    columns: Mapping[str, Sequence[str]],
    corrections: Iterable[Correction],
    taken: Iterable[str] = (),
) -> tuple[list[Sheet], dict[str, str]]:
    """A sheet for each map of these rows, and what the way back has to know of them.

    `taken` are titles of other sheets of the same workbook.
    """
    live = [one for one in corrections if one.ended_by is None]
    maps = sorted({row.map for row in rows})
    titles = dict(zip(maps, unique_titles(maps, taken=(MEMORY, *taken)), strict=True))
    sheets, facts = [], {"kind": KIND}
    for name in maps:
        mine = [row for row in rows if row.map == name]
        headers = _headers(columns.get(name, ()), mine)
        facts[f"map {titles[name]}"] = name
        facts[f"columns {titles[name]}"] = json.dumps(headers, ensure_ascii=False)
        sheets.append(_sheet(titles[name], headers, mine, live))
    return sheets, facts


def _headers(known: Sequence[str], rows: Sequence[BadRow]) -> list[str]:
    """The columns of the source, and those that only these rows have."""
    return list(dict.fromkeys([*known, *(header for row in rows for header in row.cells)]))


def names_of(headers: Sequence[str]) -> dict[str, str]:
    """By header what it is called in the workbook: without what a spreadsheet does not keep of a header."""
    names: dict[str, str] = {}
    for header in headers:
        name = (cell_text(header) or "").strip()
        names[header] = name if name not in names.values() else f"{name} ({len(names) + 1})"
    return names


def columns_of(headers: Sequence[str], *, texts: bool = False) -> tuple[SheetColumn, ...]:
    """The columns of a sheet of rows that had these headers; `texts`: some could not be read."""
    names = names_of(headers).values()
    fix = (SheetColumn(f"{FIX}{name}", width=18, editable=True) for name in names)
    was = (SheetColumn(f"{WAS}{name}", width=18) for name in names)
    return (*FIXED, *fix, *([AS_TEXT] if texts else ()), *was)


def _sheet(title: str, headers: Sequence[str], rows: Sequence[BadRow], live: Sequence[Correction]) -> Sheet:
    texts = any(row.text is not None for row in rows)
    lines = [_line(row, headers, as_repaired(row, live), texts=texts) for row in rows]
    return Sheet(title, columns_of(headers, texts=texts), lines, said=HERE)


def _line(
    row: BadRow, headers: Sequence[str], repaired: Mapping[str, str | None], *, texts: bool
) -> list[str | None]:
    fix = [repaired.get(header, row.cells.get(header)) for header in headers]
    was = [row.cells.get(header) for header in headers]
    place = None if row.place is None else str(row.place)
    told = [row.row_id, place, row.key, " ".join(row.sentences), " ".join(row.suggestions), None, None]
    return [*told, *fix, *([row.text] if texts else []), *was]
