"""Repairs of one row at a time, as a page takes them: the same corrections as out of the workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from crm_unify.errors import GuardStopped, UsageError
from crm_unify.run.correcting import NewCorrection, live_correction, meant, waiving
from crm_unify.steward.desk import Desk
from crm_unify.steward.quarantine import WITHHELD, BadRow, as_repaired
from crm_unify.steward.workbook_back import word_on
from pipelines.corrections import Correction

LONGEST = 10_000
"""Characters of a value."""


def cells_of(desk: Desk, row: BadRow) -> dict[str, tuple[str, str]]:
    """By column of the source what the row said as it came, and what it says with its corrections."""
    headers = list(dict.fromkeys([*desk.headers.get(row.map, ()), *row.cells]))
    repaired = as_repaired(row, standing(desk.corrections))
    was = {header: row.cells.get(header) or "" for header in headers}
    return {header: (was[header], repaired.get(header, was[header]) or "") for header in headers}


def standing(corrections: Sequence[Correction]) -> list[Correction]:
    """Those that nobody took back."""
    return [one for one in corrections if one.ended_by is None]


def waived(desk: Desk, row: BadRow) -> Correction | None:
    """The waiver of a row that waits for the next run."""
    return live_correction(desk.corrections, row.source, None)


def corrected(
    desk: Desk, row: BadRow, cells: Mapping[str, str], *, seen: int, by: str, why: str
) -> list[NewCorrection]:
    """What is to be recorded where the cells of a row shall say this; others stay as they are.

    `seen` is the number of the newest correction when the person looked. Raises GuardStopped where somebody
    else corrected the row since, UsageError for a column that the source does not have.
    """
    refuse_moved(desk, row, seen=seen, by=by)
    known, words = cells_of(desk, row), list[NewCorrection]()
    for header, text in cells.items():
        if header not in known:
            raise UsageError("the source has no such column", header, remedy="load the page again")
        if len(text) > LONGEST:
            raise UsageError("the value is too long", header, remedy=f"say it in {LONGEST:,} characters")
        if _as_sent(text) != _as_sent(known[header][1]):
            word = word_on(row, header, text.replace("\r\n", "\n").strip() or None, desk.corrections, why=why)
            words += [] if word is None else [word]
    return words


def _as_sent(text: str) -> str:
    """A text without what a form does not send back as it was: line ends, control characters, margins."""
    return re.sub(r"[\x00-\x1f\x7f\ufffd]", "", text).strip()


def let_go(desk: Desk, row: BadRow, *, seen: int, by: str, why: str) -> list[NewCorrection]:
    """That a row shall not be loaded as it is. Raises as :func:`corrected`, and without a reason."""
    if not why.strip():
        raise UsageError("the reason of a waiver is missing", remedy="say why, for those who come later")
    if row.queue == WITHHELD:
        raise UsageError("the row is loaded", row.row_id[:12], remedy="correct the value that was left out")
    refuse_moved(desk, row, seen=seen, by=by)
    return [] if waived(desk, row) is not None else [waiving(row.source, why=why)]


def refuse_moved(desk: Desk, row: BadRow, *, seen: int, by: str) -> None:
    """Raise GuardStopped where somebody else has said something of the row since it was looked at."""
    others = [
        one for one in standing(desk.corrections) if one.id > seen and one.by != by and meant(one, row.source)
    ]
    if others:
        said = f"{others[-1].by} repaired the row meanwhile (correction {others[-1].id})"
        raise GuardStopped(said, row.map, remedy="look at the row again; nothing was recorded")
