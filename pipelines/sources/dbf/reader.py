"""dBase tables (dBase II to 7, Clipper, FoxPro, Visual FoxPro) as batches of text rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crm_unify.rules.model import Source
from pipelines.sources.byte_columns import Block, Mask, cut, decoded, hexadecimal, trimmed
from pipelines.sources.dbf.layout import VERSIONS, DbfColumn, Layout, read_layout
from pipelines.sources.dbf.memo import MemoFile, memo_path
from pipelines.sources.dbf.values import blocks_of, date_text, is_memo, number_texts
from pipelines.sources.encoding_guess import guess_code_page
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
from pipelines.sources.parquet import bytes_text

_BYTES: Final = 4 << 20
"""Bytes of records read at a time."""
_DELETED, _LIVE, _END = 0x2A, 0x20, 0x1A
_NUMBERS: Final = {"I": 4, "+": 4, "Y": 8, "T": 8, "B": 8, "@": 8, "O": 8}
"""Types that are no text, and their bytes."""
_BINARY: Final = "QW"


class DbfReader:
    """One dBase table."""

    def __init__(self, given: Given, *, encoding: str | None = None, memo: str | None = None) -> None:
        """`encoding` overrules the table's own note; `memo` is the name of its memo file."""
        self._given, self._declared = given, encoding
        self._memo_path = memo_path(given.path, memo)
        self._layout: Layout | None = None
        self._seen: Counter[str] = Counter()

    def header(self) -> tuple[Column, ...]:
        """The columns by the header, names in the table's code page."""
        names = [column.name.decode(self._encoding, "replace") for column in self._known().columns]
        return name_columns(names or ["(no columns)"])

    def files(self) -> tuple[Path, ...]:
        """The table and its memos."""
        return (self._given.path,) if self._memo_path is None else (self._given.path, self._memo_path)

    def notes(self) -> tuple[str, ...]:
        """Code page, rows marked as deleted, memos that cannot be read, records the file does not hold."""
        sentences = {
            "deleted": ("row", "marked as deleted: `row_struck` is true in them"),
            "memo": ("memo", f"cannot be read, hence empty: {self._memo_reason()}"),
            "promised": ("record", "missing that the header promises: ask for the delivery again"),
            "damaged": ("record", f"that cannot be read: {RECORD_DAMAGED}"),
            "undecodable": ("row", f"with bytes that {self._encoding} does not know: {ENCODING_INVALID}; "
                            "declare `encoding` under `source`"),
        }
        told = [
            f"{counted(self._seen[kind], noun)} {what}"
            for kind, (noun, what) in sentences.items() if self._seen[kind]
        ]
        return (*header_notes(self.header()), *self._page_notes(), *told)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All records, those marked as deleted too; a damaged one is in a batch of problems."""
        layout, columns = self._known(), self.header()
        self._seen.clear()
        memo = None if self._memo_path is None else MemoFile(self._memo_path, layout.version)
        try:
            for first, block in self.blocks(layout):
                yield from self._read(block, first, columns, memo)
            yield from self._cut_off(layout, columns)
        finally:
            if memo is not None:
                memo.close()

    @property
    def _encoding(self) -> str:
        return self._declared or self._known().code_page or "utf-8"

    def _known(self) -> Layout:
        if self._layout is None:
            self._layout = read_layout(self._given.path)
        return self._layout

    def blocks(self, layout: Layout) -> Iterator[tuple[int, Block]]:
        """Whole records as rows of bytes, with the number of the first, from 1."""
        size = max(_BYTES // layout.length, 1) * layout.length
        left, first = layout.records * layout.length, 1
        with self._given.path.open("rb") as file:
            file.seek(layout.start)
            while left > 0 and (found := file.read(min(size, left))):
                whole = len(found) // layout.length * layout.length
                yield first, np.frombuffer(found[:whole], np.uint8).reshape(-1, layout.length)
                first, left = first + whole // layout.length, left - len(found)

    def _cut_off(self, layout: Layout, columns: tuple[Column, ...]) -> Iterator[pa.RecordBatch]:
        """The record in which the file breaks off, if it does."""
        there = max(self._given.path.stat().st_size - layout.start, 0)
        whole = there // layout.length
        if whole >= layout.records:
            return
        self._seen["promised"] = layout.records - whole
        with self._given.path.open("rb") as file:
            file.seek(layout.start + whole * layout.length)
            rest = file.read(layout.length).rstrip(b"\x1a")
        if rest:
            problems = [(whole + 1, FILE_CUT_OFF, f"\\x{rest.hex()}")]
            yield problem_batch(columns, problems, file=self._given.name)

    def _read(
        self, block: Block, first: int, columns: tuple[Column, ...], memo: MemoFile | None
    ) -> Iterator[pa.RecordBatch]:
        """One piece of the records."""
        layout, marks = self._known(), block[:, 0]
        numbers = np.arange(first, first + len(block))
        readable = (marks == _LIVE) | (marks == _DELETED)
        readable |= (marks == 0) & block.any(axis=1)  # programs that leave the mark of live rows empty
        cells, undecodable = self._cells(block, layout, memo)
        fine = readable & ~undecodable
        self._seen["deleted"] += int((marks[fine] == _DELETED).sum())
        if fine.any():
            kept = pa.array(fine)
            struck = pa.array(marks == _DELETED).filter(kept)
            yield text_batch(
                columns, [column.filter(kept) for column in cells], file=self._given.name,
                row=pa.array(numbers, pa.int64()).filter(kept),
                flags=(pa.array(np.zeros(len(struck), np.bool_)), struck),
            )
        self._seen["damaged"] += int((~readable).sum())
        self._seen["undecodable"] += int((readable & undecodable).sum())
        if not fine.all():
            codes = np.where(readable, ENCODING_INVALID, RECORD_DAMAGED)[~fine].tolist()
            raws = hexadecimal(block[~fine])
            problems = list(zip(numbers[~fine].tolist(), codes, raws, strict=True))
            yield problem_batch(columns, problems, file=self._given.name)

    def _cells(self, block: Block, layout: Layout, memo: MemoFile | None) -> tuple[list[pa.Array], Mask]:
        """Every column as text, and which rows hold bytes that are none."""
        bad = np.zeros(len(block), np.bool_)
        flags = None if layout.nulls is None else _bits(_of(block, layout.nulls))
        cells = []
        for column in layout.columns:
            found, undecodable = self._column(block, column, memo, flags)
            if column.null_bit is not None and flags is not None:
                found = pa.array(found.to_pylist(), pa.string(), mask=flags[:, column.null_bit])
            if undecodable is not None:
                bad |= undecodable
            cells.append(found)
        return cells or [pa.nulls(len(block), pa.string())], bad

    def _column(
        self, block: Block, column: DbfColumn, memo: MemoFile | None, flags: Mask | None
    ) -> tuple[pa.Array, Mask | None]:
        mine = _of(block, column)
        if is_memo(column.kind, column.width):
            return self._memos(blocks_of(mine), memo, column)
        if _NUMBERS.get(column.kind) == column.width:
            return number_texts(mine, column.kind, seven=self._known().version in (0x04, 0x8C)), None
        if column.kind in "VQ":
            values = _varying(mine, column, flags)
        else:
            values = trimmed(mine, left=column.kind not in "C")
        if column.kind in _BINARY or column.binary:
            return _as_bytes(values), None
        texts, undecodable = decoded(values, self._encoding)
        if column.kind == "D":
            texts = date_text(texts)
        elif column.kind == "L":
            texts = pa.array(texts.to_pylist(), pa.string(), mask=(mine[:, 0] == ord("?")))
        return texts, undecodable

    def _memos(
        self, blocks: npt.NDArray[np.int64], memo: MemoFile | None, column: DbfColumn
    ) -> tuple[pa.Array, Mask | None]:
        """The texts behind block numbers; null where there is none."""
        wanted = sorted({int(number) for number in blocks if number})
        found = {number: memo.text(number) if memo is not None and number > 0 else None for number in wanted}
        self._seen["memo"] += sum(found[int(number)] is None for number in blocks if number)
        values = pa.array([found.get(int(number)) for number in blocks], pa.binary())
        if column.kind != "M" or column.binary:
            return _as_bytes(values), None
        return decoded(values, self._encoding)

    def memos_of(self, block: Block) -> list[bytes]:
        """The memos of some records, as they are stored."""
        if self._memo_path is None:
            return []
        columns = [c for c in self._known().columns if c.kind == "M" and is_memo(c.kind, c.width)]
        numbers = {int(n) for column in columns for n in blocks_of(_of(block, column)) if n > 0}
        with closing(MemoFile(self._memo_path, self._known().version)) as memo:
            return [memo.text(number) or b"" for number in sorted(numbers)]

    def _memo_reason(self) -> str:
        if self._memo_path is None:
            return "the memo file is not there; deliver it beside the table, or name it under `memo`"
        return f"'{self._memo_path.name}' does not hold them; ask for the delivery again"

    def _page_notes(self) -> list[str]:
        layout = self._known()
        if self._declared is not None:
            return []
        if layout.code_page is not None:
            return [f"read as {layout.code_page}, the code page noted in the table; that is often wrong: "
                    "declare `encoding` under `source` if accented letters look odd"]
        if layout.language:
            return [f"the code page noted in the table (0x{layout.language:02x}) has no codec; read as "
                    "UTF-8: declare `encoding` under `source`"]
        return []


def _of(block: Block, column: DbfColumn) -> Block:
    return block[:, column.offset:column.offset + column.width]


def _bits(flags: Block) -> Mask:
    """Null flags as one truth value a bit, the lowest first."""
    return np.unpackbits(flags, axis=1, bitorder="little").astype(np.bool_)


def _as_bytes(values: pa.Array) -> pa.Array:
    return pa.array([None if v is None else bytes_text(v) for v in values.to_pylist()], pa.string())


def _varying(block: Block, column: DbfColumn, flags: Mask | None) -> pa.Array:
    """Texts of varying length: the last byte says how long, unless the column is full."""
    width = block.shape[1]
    short = flags[:, column.short_bit] if flags is not None and column.short_bit is not None else None
    said = np.minimum(block[:, -1], width - 1)
    ends = np.full(len(block), width) if short is None else np.where(short, said, width)
    return cut(block, np.zeros(len(block), np.int64), ends.astype(np.int64), ends > 0)


def _is_dbf(sample: Sample) -> bool:
    """A version byte, a date that can be, and a header that ends where it says; or dBase II."""
    head = sample.head
    if len(head) < 32 or head[0] not in VERSIONS:
        return False
    if head[0] == 0x02:
        return len(head) >= 521 and head[4] <= 12 and head[5] <= 31 and chr(head[19]) in "CNL"
    start, length = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    ends = start >= 33 and 0x0D in head[32:start] if start <= len(head) else start < 1 << 16
    return head[2] <= 12 and head[3] <= 31 and length > 0 and ends


def _tables(given: Given) -> Iterator[FoundTable]:
    """The table, with the code page its letters look like when its own note is missing."""
    reader = DbfReader(given)
    layout = read_layout(given.path)
    options: dict[str, Any] = {}
    notes: list[str] = [] if layout.records else ["no rows"]
    if layout.code_page is None:
        guess = guess_code_page(_sample(reader, layout))
        if guess.encoding is not None:
            options["encoding"] = guess.encoding
            notes.append(guess.note)
    yield FoundTable(Path(given.name).stem, "dbf", given.name, options, notes=tuple(notes))


def _sample(reader: DbfReader, layout: Layout) -> bytes:
    """Column names, the texts of the first records, and the first memos."""
    texts = [column for column in layout.columns if column.kind == "C"]
    parts = [column.name for column in layout.columns]
    for _, block in reader.blocks(layout):
        parts += [_of(block, column).tobytes() for column in texts]
        parts += reader.memos_of(block)
        break
    return b" ".join(parts)


def _open(source: Source, given: Given) -> Reader:
    return DbfReader(given, encoding=source.encoding, memo=source.memo)


FORMAT: Final = Format("dbf", "a dBase table", _is_dbf, _tables, _open)
