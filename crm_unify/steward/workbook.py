"""The repair workbook: rows that wait, as they came, with cells to fix; and what comes back of it.

One sheet a source table, one line a row. The cells under `fix: COLUMN` hold what the row says now and may be
changed; the cells under `was: COLUMN` hold it as it came and are locked, as are place, key and reason. What
was changed becomes corrections, a line marked `waive` a waiver. A workbook of which anything cannot be taken
is refused as a whole, with everything that is wrong named by cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError, WorkbookRefused
from crm_unify.rules.mistakes import raise_all
from crm_unify.run.correcting import NewCorrection, correcting, live_correction, waiving
from crm_unify.steward.quarantine import BadRow, as_repaired
from crm_unify.steward.sheet_edits import Edit, Returned, refused, sheet_edits
from crm_unify.steward.sheets import MEMORY, Sheet, SheetColumn, cell_text, unique_titles, write_book
from pipelines.corrections import REVOKE, Correction

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
    "Lines you leave alone stay as they are. Then: crm-unify quarantine import"
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


@dataclass(frozen=True, slots=True)
class Repair:
    """One line of a workbook that came back changed."""

    row: BadRow
    said: tuple[NewCorrection, ...]
    """What is to be recorded; nothing where it all stands already."""
    lines: tuple[str, ...]
    """The same for people, a line a cell."""


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
    live = [one for one in corrections if one.ended_by is None]
    maps = sorted({row.map for row in rows})
    titles = dict(zip(maps, unique_titles(maps, taken=(MEMORY,)), strict=True))
    sheets = []
    facts = {"kind": KIND, **about}
    for name in maps:
        mine = [row for row in rows if row.map == name]
        headers = _headers(columns.get(name, ()), mine)
        facts[f"map {titles[name]}"] = name
        facts[f"columns {titles[name]}"] = json.dumps(headers, ensure_ascii=False)
        sheets.append(_sheet(titles[name], headers, mine, live))
    write_book(file, sheets, about=facts)


def _headers(known: Sequence[str], rows: Sequence[BadRow]) -> list[str]:
    """The columns of the source, and those that only these rows have."""
    return list(dict.fromkeys([*known, *(header for row in rows for header in row.cells)]))


def _names(headers: Sequence[str]) -> dict[str, str]:
    """By header what it is called in the workbook: without what a spreadsheet does not keep of a header."""
    names: dict[str, str] = {}
    for header in headers:
        name = (cell_text(header) or "").strip()
        names[header] = name if name not in names.values() else f"{name} ({len(names) + 1})"
    return names


def _columns(headers: Sequence[str], *, texts: bool = False) -> tuple[SheetColumn, ...]:
    names = _names(headers).values()
    fix = (SheetColumn(f"{FIX}{name}", width=18, editable=True) for name in names)
    was = (SheetColumn(f"{WAS}{name}", width=18) for name in names)
    return (*FIXED, *fix, *([AS_TEXT] if texts else ()), *was)


def _sheet(title: str, headers: Sequence[str], rows: Sequence[BadRow], live: Sequence[Correction]) -> Sheet:
    texts = any(row.text is not None for row in rows)
    lines = [_line(row, headers, as_repaired(row, live), texts=texts) for row in rows]
    return Sheet(title, _columns(headers, texts=texts), lines, said=HERE)


def _line(
    row: BadRow, headers: Sequence[str], repaired: Mapping[str, str | None], *, texts: bool
) -> list[str | None]:
    fix = [repaired.get(header, row.cells.get(header)) for header in headers]
    was = [row.cells.get(header) for header in headers]
    place = None if row.place is None else str(row.place)
    told = [row.row_id, place, row.key, " ".join(row.sentences), " ".join(row.suggestions), None, None]
    return [*told, *fix, *([row.text] if texts else []), *was]


# --- coming back ---
def read_quarantine(
    book: Returned, rows: Sequence[BadRow], *, corrections: Sequence[Correction], why: str = ""
) -> tuple[Repair, ...]:
    """What people changed in a workbook, held against the `rows` that wait now; `why` where a line says none.

    The workbook is one of ours: :func:`refuse_strange`. Raises WorkbookRefused, which lists everything that
    cannot be taken: nothing of it is taken then.
    """
    try:
        return tuple(_repairs(book, rows, corrections=corrections, why=why))
    except ConfigurationError as error:
        raise refused(book, error) from error


def _repairs(
    book: Returned, rows: Sequence[BadRow], *, corrections: Sequence[Correction], why: str
) -> list[Repair]:
    """The lines that were changed; raises ConfigurationError for what cannot be taken."""
    maps = {title: book.about[f"map {title}"] for title in book.titles}
    headers = {title: json.loads(book.about[f"columns {title}"]) for title in book.titles}
    sheets = [Sheet(title, _columns(headers[title]), said=HERE) for title in book.titles]
    edits = sheet_edits(book, sheets)
    known = {(row.map, row.row_id): row for row in rows}
    mistakes: list[ConfigurationError] = []
    found = []
    for (title, row_id), mine in _by_row(edits).items():
        row = known.get((maps[title], row_id))
        said = _of_row(corrections, maps[title], row_id)
        if row is None and _stands(mine, said, _names(headers[title])):
            continue
        if row is None:
            mistakes.append(_gone(book, title, row_id, mine))
            continue
        line = _Line(book, title, row, mine, _names(headers[title]), why)
        mistakes += line.mistakes()
        found.append(line)
    raise_all(mistakes)
    return [line.repair(corrections) for line in found]


def older_than(book_run: str, run: int) -> str | None:
    """A word on a workbook of an earlier run than the newest; its lines are held against today's rows."""
    return None if book_run == str(run) else f"the workbook is of run {book_run}, the CRM is at run {run}"


OF_OURS: Final = ("project", "environment", "database")
"""What a workbook and whoever takes it must say alike."""


def refuse_strange(book: Returned, about: Mapping[str, str]) -> None:
    """Raise WorkbookRefused for a workbook of something else, or of another project or CRM than `about` says.

    `about` is what an export of the workbook's run would say here.
    """
    kind, where = book.about.get("kind"), str(book.file)
    remedy = "import the workbook that `crm-unify quarantine export` wrote for this project"
    if kind != KIND:
        what = "this workbook is no repair workbook"
        raise WorkbookRefused(what, where, why=f"it is: {kind}", remedy=remedy)
    for fact in OF_OURS:
        theirs, here = book.about.get(fact), about.get(fact)
        if theirs != here or theirs is None:
            why = f"it was exported for {fact} {theirs or 'none'}, this is {here or 'none'}"
            if fact == "database":
                why = f"its run {book.about.get('run')} is none of the CRM database that was asked"
            what = f"this workbook belongs to another {fact}"
            raise WorkbookRefused(what, where, why=why, remedy=_meant(fact, theirs) or remedy)


def _meant(fact: str, theirs: str | None) -> str:
    """How to import a workbook of another environment."""
    if fact != "environment" or theirs is None:
        return ""
    return f"import it with `--env {theirs}`" if theirs else "import it without `--env`"


def _by_row(edits: Iterable[Edit]) -> dict[tuple[str, str], list[Edit]]:
    found: dict[tuple[str, str], list[Edit]] = {}
    for edit in edits:
        found.setdefault((edit.sheet, edit.key[0] or ""), []).append(edit)
    return found


def _gone(book: Returned, title: str, row_id: str, edits: Sequence[Edit]) -> ConfigurationError:
    cells = ", ".join(edit.cell for edit in edits)
    return ConfigurationError(
        f"the row {row_id} does not wait any more",
        f"{book.file.name}, {title} {cells}",
        why="it was repaired, loaded, waived or changed in its source since the workbook was exported",
        remedy="take back what you wrote in this line, or export again",
    )


def _of_row(corrections: Iterable[Correction], entity: str, row_id: str) -> list[Correction]:
    """What was recorded of a row and holds; equal rows of two maps are two rows."""
    row_hash, live = row_id.rpartition("-")[0], [c for c in corrections if c.ended_by is None]
    return [one for one in live if (one.entity, one.row_hash) == (entity, row_hash)]


def _stands(edits: Sequence[Edit], recorded: Sequence[Correction], names: Mapping[str, str]) -> bool:
    """Whether all that a line says was recorded of its row before: the workbook comes a second time."""
    said = {(f"{FIX}{names.get(c.field, c.field)}", c.new_value) for c in recorded if c.field is not None}
    said |= {(DECISION, WAIVE) for c in recorded if c.field is None}
    words = [(edit.column, edit.after) for edit in edits if edit.column != WHY]
    return bool(words) and said.issuperset(words)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that was changed."""

    book: Returned
    title: str
    row: BadRow
    edits: Sequence[Edit]
    names: Mapping[str, str]
    why: str

    def mistakes(self) -> Iterator[ConfigurationError]:
        """What people cannot have meant."""
        fixed, waived, why = self._fixed(), self._edit(DECISION), self._edit(WHY)
        if waived is not None and fixed:
            yield self._wrong("a line is either corrected or waived", waived.cell, "do one of the two")
        if waived is not None and not self._reason():
            yield self._wrong("the reason of a waiver is missing", waived.cell, f"fill in '{WHY}'")
        if why is not None and waived is None and not fixed:
            yield self._wrong("a reason without a correction", why.cell, "correct a cell, or choose 'waive'")

    def repair(self, corrections: Sequence[Correction]) -> Repair:
        """What is to be recorded of the line."""
        if self._edit(DECISION) is not None:
            known = live_correction(corrections, self.row.source, None)
            said = [] if known else [waiving(self.row.source, why=self._reason())]
            return Repair(self.row, tuple(said), (f"waived: {self._reason()}",))
        words = [self._word(edit, corrections) for edit in self._fixed()]
        lines = (f"{e.column.removeprefix(FIX)}: {e.before!r} -> {e.after!r}" for e in self._fixed())
        return Repair(self.row, tuple(word for word in words if word is not None), tuple(lines))

    def _word(self, edit: Edit, corrections: Sequence[Correction]) -> NewCorrection | None:
        """The correction of a cell, the end of one where it is as it came, nothing where that stands."""
        header = next(h for h, name in self.names.items() if f"{FIX}{name}" == edit.column)
        old = self.row.cells.get(header)
        known = live_correction(corrections, self.row.source, header)
        if edit.after == ((cell_text(old) or "").strip() or None):
            ends = None if known is None else known.id
            return None if ends is None else NewCorrection(REVOKE, None, revokes=ends, why=self._reason())
        if known is not None and (known.old_value, known.new_value) == (old, edit.after):
            return None
        return correcting(self.row.source, header, old=old, new=edit.after, why=self._reason())

    def _fixed(self) -> list[Edit]:
        return [edit for edit in self.edits if edit.column.startswith(FIX)]

    def _edit(self, column: str) -> Edit | None:
        return next((edit for edit in self.edits if edit.column == column and edit.after is not None), None)

    def _reason(self) -> str:
        edit = self._edit(WHY)
        return (None if edit is None else edit.after) or self.why.strip()

    def _wrong(self, what: str, cell: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(what, f"{self.book.file.name}, {self.title} {cell}", remedy=remedy)
