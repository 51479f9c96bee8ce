"""Files of COBOL records, EBCDIC or ASCII, as batches of text rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crm_unify.errors import ConfigurationError, GuardStopped
from crm_unify.rules.model import Source
from crm_unify.rules.source_model import Copybook
from pipelines.sources.byte_columns import Block, Mask
from pipelines.sources.cobol.copybook import Item, read_copybook
from pipelines.sources.cobol.layout import (
    Place,
    RecordLayout,
    check_names,
    depending_on,
    layout_of,
    titles_of,
)
from pipelines.sources.cobol.picture import Form
from pipelines.sources.cobol.records import Passed, Records, Rest, records_of, shown
from pipelines.sources.cobol.values import Values
from pipelines.sources.interface import (
    ENCODING_INVALID,
    FILE_CUT_OFF,
    RECORD_DAMAGED,
    Column,
    Format,
    FoundTable,
    Given,
    Reader,
    Sample,
    counted,
    header_notes,
    name_columns,
    problem_batch,
    text_batch,
)

_HALF: Final = 0.5
"""Share of values that are no numbers from which a copybook does not fit."""
_ENOUGH: Final = 10
"""Records from which that is worth saying."""
Key = tuple[tuple[str, ...], tuple[int, ...]]
"""Path and index of an elementary item: the same column in every layout."""


class CobolReader:
    """One file of COBOL records."""

    def __init__(self, given: Given, copybook: Copybook, description: Path) -> None:
        """`description` is the file of the copybook."""
        self._given, self._copybook, self._description = given, copybook, description
        self._record: Item | None = None
        self._widest = RecordLayout((), 0)
        self._columns: tuple[Column, ...] = ()
        self._keys: list[Key] = []
        self._layouts: dict[tuple[int, ...], RecordLayout] = {}
        self._values = Values(copybook)
        self._seen: Counter[str] = Counter()
        self._no_number: Counter[str] = Counter()
        self._passed = Passed()

    def header(self) -> tuple[Column, ...]:
        """The elementary items that have a name, every element of a table a column."""
        self._read_copybook()
        return self._columns

    def files(self) -> tuple[Path, ...]:
        """The records and their description."""
        return (self._given.path, self._description)

    def notes(self) -> tuple[str, ...]:
        """Values that are no numbers, records passed over, what is left at the end."""
        told = [
            f"{counted(count, 'value')} of {title} that no number of its kind can be, kept as they are"
            for title, count in self._no_number.items()
        ]
        sentences = {
            "cut off": ("record", f"in which the file breaks off: {FILE_CUT_OFF}; does the copybook fit?"),
            "undecodable": ("row", f"with bytes that {self._copybook.code_page} does not know"),
            "damaged": ("record", f"whose counts of tables cannot be: {RECORD_DAMAGED}"),
        }
        told += [f"{counted(self._seen[kind], noun)} {what}"
                 for kind, (noun, what) in sentences.items() if self._seen[kind]]
        if self._passed.records:
            told.append(f"{counted(self._passed.records, 'record')} passed over, marked as not valid")
        return (*header_notes(self._columns), *told)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Readable records, and those with a problem in batches of their own."""
        record = self._read_copybook()
        self._seen.clear()
        self._no_number.clear()
        self._passed = Passed()
        for found in records_of(self._given.path, self._copybook, self._widest.length, self._passed):
            match found:
                case Records():
                    yield from self._read(found, record)
                case Rest(number, raw):
                    self._seen["cut off"] += 1
                    self._refuse_misfit(number)
                    yield problem_batch(self._columns, [(number, FILE_CUT_OFF, raw)], file=self._given.name)

    def _read_copybook(self) -> Item:
        if self._record is None:
            record = read_copybook(self._description, self._copybook.record)
            segments = self._copybook.segments
            wanted = dict.fromkeys(map(str.upper, segments), "`segments`")
            wanted |= {segment.field.upper(): "`segments`" for segment in segments.values()}
            check_names(record, wanted | dict.fromkeys(depending_on(record), "OCCURS DEPENDING ON"),
                        self._description)
            self._widest = layout_of(record, {}, self._description)
            self._columns = name_columns(titles_of(self._widest) or ["(no fields)"])
            self._keys = [(place.path, place.index) for place in self._widest.places]
            self._record = record
        return self._record

    def _refuse_misfit(self, number: int) -> None:
        """Not even one record fits into the file: the copybook is of another one."""
        if number == 1:
            size = self._given.path.stat().st_size
            raise GuardStopped("the copybook does not fit the file", str(self._given.path),
                               why=f"a record has {self._widest.length} bytes and the file {size}",
                               remedy="correct `copybook`: another file, format or record header")

    def _read(self, found: Records, record: Item) -> Iterator[pa.RecordBatch]:
        """One batch of records, those with the same counts of tables together."""
        numbers = np.arange(found.first, found.first + len(found.block))
        rest = np.ones(len(numbers), np.bool_)
        problems: list[tuple[int | None, str, str]] = []
        for rows, counts in self._by_counts(found, record):
            rest[rows] = False
            cells, bad = self._cells(found, rows, counts, record)
            fine = pa.array(~bad)
            if not bad.all():
                yield text_batch(self._columns, [cell.filter(fine) for cell in cells], file=self._given.name,
                                 row=pa.array(numbers[rows]).filter(fine))
            self._seen["undecodable"] += int(bad.sum())
            problems += [(int(numbers[n]), ENCODING_INVALID, _raw(found, n)) for n in rows[bad].tolist()]
        self._seen["damaged"] += int(rest.sum())
        problems += [(int(numbers[n]), RECORD_DAMAGED, _raw(found, n)) for n in np.flatnonzero(rest).tolist()]
        if problems:
            yield problem_batch(self._columns, sorted(problems), file=self._given.name)

    def _by_counts(
        self, found: Records, record: Item
    ) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, int]]]:
        """Rows and the values that their tables depend on; rows whose values cannot be are left out."""
        groups: list[tuple[npt.NDArray[np.int64], dict[str, int]]] = [(np.arange(len(found.block)), {})]
        for name in depending_on(record):
            groups = [split for rows, counts in groups for split in self._split(found, rows, counts, name)]
        yield from groups

    def _split(
        self, found: Records, rows: npt.NDArray[np.int64], counts: dict[str, int], name: str
    ) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, int]]]:
        """Rows by the value of one item that a table depends on."""
        layout = self._layout(counts)
        place = next(place for place in layout.places if place.path[-1] == name)
        block = _of(found.block, place)[rows]
        texts, _ = self._values.texts(block, place.storage)
        most = _most(self._read_copybook(), name)
        numbers = [int(text) if text and text.isdecimal() else -1 for text in texts.to_pylist()]
        values = np.array(numbers, np.int64)
        for value in np.unique(values).tolist():
            if 0 <= value <= most:
                yield rows[values == value], {**counts, name: value}

    def _layout(self, counts: dict[str, int]) -> RecordLayout:
        key = tuple(counts.values())
        if key not in self._layouts:
            self._layouts[key] = layout_of(self._read_copybook(), counts, self._description)
        return self._layouts[key]

    def _cells(
        self, found: Records, rows: npt.NDArray[np.int64], counts: dict[str, int], record: Item
    ) -> tuple[list[pa.Array], Mask]:
        """Every column of some rows, and which of them hold bytes that are no text."""
        layout = self._layout(counts)
        whole = len(rows) == len(found.block)
        block, lengths = (found.block, found.lengths) if whole else (found.block[rows], found.lengths[rows])
        present = self._present(block, layout)
        bad = np.zeros(len(rows), np.bool_)
        cells: dict[Key, pa.Array] = {}
        for place in layout.places:
            texts, undecodable = self._one(block, lengths, place, present)
            cells[place.path, place.index] = texts
            bad |= undecodable
        nothing = pa.nulls(len(rows), pa.string())
        return [cells.get(key, nothing) for key in self._keys] or [nothing], bad

    def _one(
        self, block: Block, lengths: npt.NDArray[np.int64], place: Place, present: dict[str, Mask]
    ) -> tuple[pa.Array, Mask]:
        """One column; null in records that end before it, or to whose segment it does not belong."""
        mine = _of(block, place)
        needed = place.offset + (1 if place.storage.form is Form.TEXT else place.storage.width)
        there = lengths >= needed
        for name in place.path:
            if name in present:
                there = there & present[name]
        if not there.any():
            return pa.nulls(len(block), pa.string()), np.zeros(len(block), np.bool_)
        texts, wrong = self._values.texts(mine, place.storage)
        wrong = wrong & there
        if place.storage.form is Form.TEXT:
            undecodable = wrong
        else:
            undecodable = np.zeros(len(block), np.bool_)
            self._note_numbers(place, int(wrong.sum()), int(there.sum()))
        return texts if there.all() else _masked(texts, there), undecodable

    def _note_numbers(self, place: Place, wrong: int, rows: int) -> None:
        """Count values that are no numbers; where most are none, the copybook does not fit."""
        if not wrong:
            return
        if not place.overlaid and rows >= _ENOUGH and wrong > _HALF * rows:
            raise GuardStopped(
                "the copybook does not fit the records", str(self._given.path),
                why=f"{wrong} of {rows} values of {place.path[-1]} (byte {place.offset + 1}) are no numbers",
                remedy="correct `copybook`: another file, format, record header or code page",
            )
        self._no_number[place.path[-1]] += wrong

    def _present(self, block: Block, layout: RecordLayout) -> dict[str, Mask]:
        """For each part that has a condition, the records in which it is there."""
        found: dict[str, Mask] = {}
        for name, segment in self._copybook.segments.items():
            place = next(p for p in layout.places if p.path[-1] == segment.field.upper())
            texts, _ = self._values.texts(_of(block, place), place.storage)
            wanted = {value.rstrip() for value in segment.values}
            found[name.upper()] = np.array([text in wanted for text in texts.to_pylist()], np.bool_)
        return found


def _of(block: Block, place: Place) -> Block:
    """The bytes of one item, zeros where the records end before it."""
    end = place.offset + place.storage.width
    mine = block[:, place.offset:end]
    short = place.storage.width - mine.shape[1]
    return mine if not short else np.hstack([mine, np.zeros((len(block), short), np.uint8)])


def _masked(texts: pa.Array, there: Mask) -> pa.Array:
    import pyarrow.compute as pc

    return pc.if_else(pa.array(there), texts, pa.scalar(None, pa.string()))


def _raw(found: Records, row: int) -> str:
    return shown(found.block[row, :found.lengths[row]].tobytes())


def _most(item: Item, name: str) -> int:
    """The most elements of any table that depends on an item."""
    own = item.times if item.depending == name else 0
    return max([own, *(_most(child, name) for child in item.children)])


def _identify(_: Sample) -> bool:
    """Nothing in such a file says what it is: a copybook has to be named."""
    return False


def _tables(given: Given) -> Iterator[FoundTable]:
    yield FoundTable(Path(given.name).stem, "cobol", given.name, notes=("it needs its copybook",))


def _open(source: Source, given: Given) -> Reader:
    if source.copybook is None:
        raise ConfigurationError("COBOL records need their copybook", given.path,
                                 remedy="describe it under `copybook: {file: ..., format: ...}`")
    return CobolReader(given, source.copybook, beside(given.path, source.copybook.file))


def beside(path: Path, name: str) -> Path:
    """The copybook's file: beside the records, or in a folder above them."""
    folders = [path.parent, *path.parent.parents]
    return next((folder / name for folder in folders if (folder / name).is_file()), path.parent / name)


FORMAT: Final = Format("cobol", "a file of COBOL records", _identify, _tables, _open)
