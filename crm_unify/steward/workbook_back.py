"""What comes back of the repair workbook: corrections and waivers, or why a line cannot be taken.

A workbook of its own is taken as a whole or not at all: :func:`read_quarantine`. Beside the clusters of a
review pack every line stands for itself, and what is missing stays as it is: :func:`read_repairs`. What
somebody else corrected since the export is never replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crm_unify.errors import ConfigurationError, WorkbookRefused
from crm_unify.rules.mistakes import raise_all
from crm_unify.run.correcting import NewCorrection, correcting, live_correction, meant, waiving
from crm_unify.steward.quarantine import BadRow
from crm_unify.steward.sheet_edits import Edit, Returned, partial_edits, refused, sheet_edits
from crm_unify.steward.sheets import Sheet, cell_text
from crm_unify.steward.workbook import DECISION, FIX, HERE, KIND, WAIVE, WHY, columns_of, names_of
from pipelines.corrections import CORRECT, REVOKE, Correction
from pipelines.corrections import WAIVE as WAIVER


@dataclass(frozen=True, slots=True)
class Repair:
    """One line of a workbook that came back changed."""

    row: BadRow
    said: tuple[NewCorrection, ...]
    """What is to be recorded; nothing where it all stands already."""
    lines: tuple[str, ...]
    """The same for people, a line a cell."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the lines of a workbook are held against."""

    rows: Sequence[BadRow]
    """Those that wait now."""
    corrections: Sequence[Correction]
    by: str
    """Who brings the workbook back."""
    why: str = ""
    """The reason where a line says none."""


NONSENSE: Final = "nonsense"
DAMAGED: Final = "damaged"
GONE: Final = "gone"
CONFLICT: Final = "conflict"


@dataclass(frozen=True, slots=True)
class Untaken:
    """One thing that is not taken."""

    trouble: str
    """NONSENSE, DAMAGED, GONE or CONFLICT."""
    mistake: ConfigurationError


def read_quarantine(book: Returned, known: Known) -> tuple[Repair, ...]:
    """What people changed in a workbook, as a whole.

    The workbook is one of ours: :func:`refuse_strange`. Raises WorkbookRefused, which lists everything that
    cannot be taken: nothing of it is taken then.
    """
    try:
        repairs, untaken = _repairs(book, sheet_edits(book, _sheets(book)), known)
        raise_all(one.mistake for one in untaken)
    except ConfigurationError as error:
        raise refused(book, error) from error
    return tuple(repairs)


def read_repairs(book: Returned, known: Known) -> tuple[tuple[Repair, ...], tuple[Untaken, ...]]:
    """What people changed in the sheets of a pack: every line that can be taken, and what is not.

    Rows may be missing or stand in another order. The workbook is one of ours: :func:`refuse_strange`.
    """
    edits, mistakes = partial_edits(book, _sheets(book))
    wrong = [Untaken(NONSENSE if _CELL.search(one.file) else DAMAGED, one) for one in mistakes]
    repairs, untaken = _repairs(book, edits, known)
    return tuple(repairs), (*wrong, *untaken)


_CELL: Final = re.compile(r" [A-Z]+[0-9]+$")
"""How the place of a mistake ends that is about one cell."""


def _sheets(book: Returned) -> list[Sheet]:
    return [Sheet(title, columns_of(_headers(book, title)), said=HERE) for title in book.titles]


def _headers(book: Returned, title: str) -> list[str]:
    headers: list[str] = json.loads(book.about[f"columns {title}"])
    return headers


def _repairs(book: Returned, edits: Iterable[Edit], known: Known) -> tuple[list[Repair], list[Untaken]]:
    """The lines that were changed and can be taken, and what is wrong with the others."""
    rows = {(row.map, row.row_id): row for row in known.rows}
    untaken: list[Untaken] = []
    found = []
    for (title, row_id), mine in _by_row(edits).items():
        entity, names = book.about[f"map {title}"], names_of(_headers(book, title))
        row = rows.get((entity, row_id))
        if row is None:
            if not _stands(mine, _of_row(known.corrections, entity, row_id), names):
                untaken.append(Untaken(GONE, _gone(book, title, row_id, mine)))
            continue
        line = _Line(book, title, row, mine, names, known)
        wrong = [*(Untaken(NONSENSE, one) for one in line.mistakes())]
        wrong += [Untaken(CONFLICT, one) for one in line.conflicts()]
        if wrong:
            untaken += wrong
        else:
            found.append(line.repair())
    return found, untaken


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


def word_on(
    row: BadRow, header: str, text: str | None, corrections: Sequence[Correction], *, why: str
) -> NewCorrection | None:
    """What is to be recorded where a cell shall say this text.

    The correction of the cell, the end of one where it is as it came, nothing where that stands.
    """
    old, known = row.cells.get(header), live_correction(corrections, row.source, header)
    if text == _text(old):
        return None if known is None else NewCorrection(REVOKE, None, revokes=known.id, why=why)
    if known is not None and (known.old_value, known.new_value) == (old, text):
        return None
    return correcting(row.source, header, old=old, new=text, why=why)


def _text(value: str | None) -> str | None:
    """A value as a cell of the workbook holds it."""
    return (cell_text(value) or "").strip() or None


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that was changed."""

    book: Returned
    title: str
    row: BadRow
    edits: Sequence[Edit]
    names: Mapping[str, str]
    known: Known

    def mistakes(self) -> Iterator[ConfigurationError]:
        """What people cannot have meant."""
        fixed, waived, why = self._fixed(), self._edit(DECISION), self._edit(WHY)
        if waived is not None and fixed:
            yield self._wrong("a line is either corrected or waived", waived.cell, "do one of the two")
        if waived is not None and not self._reason():
            yield self._wrong("the reason of a waiver is missing", waived.cell, f"fill in '{WHY}'")
        if why is not None and waived is None and not fixed:
            yield self._wrong("a reason without a correction", why.cell, "correct a cell, or choose 'waive'")

    def conflicts(self) -> Iterator[ConfigurationError]:
        """What somebody else said of the row since the workbook was made, where the line says otherwise."""
        waived, exported = self._edit(DECISION), self.book.exported(self.title)
        before = exported.get(json.dumps([self.row.row_id]), {})
        changed = {edit.column: edit for edit in self._fixed()}
        for one in self.known.corrections:
            if one.ended_by is not None or one.by == self.known.by or not meant(one, self.row.source):
                continue
            if one.kind == WAIVER and changed:
                cell = next(iter(changed.values())).cell
                yield self._stands_against(cell, f"the row was waived by {one.by}", one)
            if one.kind != CORRECT:
                continue
            column, now = f"{FIX}{self.names.get(one.field or '', one.field)}", _text(one.new_value)
            edit = changed.get(column, waived)
            if edit is not None and now not in (_text(before.get(column)), edit.after):
                yield self._stands_against(edit.cell, f"{one.by} corrected {one.field} to {now!r}", one)

    def _stands_against(self, cell: str, what: str, one: Correction) -> ConfigurationError:
        remedy = f"leave it as it is, or take it back first: crm-unify quarantine revoke {one.id}"
        return self._wrong(f"{what} meanwhile; that stands", cell, remedy)

    def repair(self) -> Repair:
        """What is to be recorded of the line."""
        corrections = self.known.corrections
        if self._edit(DECISION) is not None:
            known = live_correction(corrections, self.row.source, None)
            said = [] if known else [waiving(self.row.source, why=self._reason())]
            return Repair(self.row, tuple(said), (f"waived: {self._reason()}",))
        words = [self._word(edit) for edit in self._fixed()]
        lines = (f"{e.column.removeprefix(FIX)}: {e.before!r} -> {e.after!r}" for e in self._fixed())
        return Repair(self.row, tuple(word for word in words if word is not None), tuple(lines))

    def _word(self, edit: Edit) -> NewCorrection | None:
        """The correction of a cell, the end of one where it is as it came, nothing where that stands."""
        header = next(h for h, name in self.names.items() if f"{FIX}{name}" == edit.column)
        return word_on(self.row, header, edit.after, self.known.corrections, why=self._reason())

    def _fixed(self) -> list[Edit]:
        return [edit for edit in self.edits if edit.column.startswith(FIX)]

    def _edit(self, column: str) -> Edit | None:
        return next((edit for edit in self.edits if edit.column == column and edit.after is not None), None)

    def _reason(self) -> str:
        edit = self._edit(WHY)
        return (None if edit is None else edit.after) or self.known.why.strip()

    def _wrong(self, what: str, cell: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(what, f"{self.book.file.name}, {self.title} {cell}", remedy=remedy)
