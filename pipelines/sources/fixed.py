"""Text of fixed width: columns by their place in the line, or in records without line breaks.

Blanks that fill a column up are not part of its value; what stands in front of it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import ConfigurationError, GuardStopped
from crm_unify.rules.model import Source
from crm_unify.rules.source_model import FixedColumn
from pipelines.sources.byte_columns import Block, decoded, hexadecimal, trimmed
from pipelines.sources.csv_text import Utf8Stream, find_encoding, is_text, shown
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
from pipelines.sources.packed import beginning, chunks_of

_SIZE: Final = 4 << 20
"""Bytes read at a time."""
_MAX_LINE: Final = 16 << 20
"""Bytes; a file without a line break for so long is not made of lines."""

Span = tuple[int, int]
"""First character and the one behind the last, from 0."""


class FixedReader:
    """One file of fixed width as batches of text rows."""

    def __init__(
        self, given: Given, columns: Sequence[FixedColumn], *, encoding: str | None = None,
        record_length: int | None = None,
    ) -> None:
        """`record_length` in bytes, where no line breaks end records; columns count bytes then."""
        self._given, self._encoding, self._length = given, encoding, record_length
        self._columns = name_columns([column.name for column in columns])
        self._spans = _spans(columns)
        self._seen: Counter[str] = Counter()
        last = max(end for _, end in self._spans)
        if record_length is not None and last > record_length:
            what = f"the columns need {last} bytes of a record of {record_length}"
            raise ConfigurationError(what, given.path,
                                     remedy="correct `columns` or `record_length` under `source`")

    def header(self) -> tuple[Column, ...]:
        """The declared columns; the file must be there."""
        return self._columns

    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self._given.path,)

    def notes(self) -> tuple[str, ...]:
        """Lines that are shorter or longer than the columns, and what could not be read."""
        sentences = {
            "blank": ("blank line", "taken for no row"),
            "short": ("line", "shorter than the columns: what is missing is empty"),
            "long": ("line", f"with text behind the last column: {RECORD_DAMAGED}; check the widths"),
            "undecodable": ("row", f"with bytes that the encoding does not know: {ENCODING_INVALID}"),
            "cut off": ("record", f"in which the file breaks off: {FILE_CUT_OFF}"),
        }
        told = [
            f"{counted(self._seen[kind], noun)} {what}"
            for kind, (noun, what) in sentences.items() if self._seen[kind]
        ]
        return (*header_notes(self._columns), *told)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Readable rows, and those with a problem in batches of their own."""
        self._seen.clear()
        yield from self._from_records(self._length) if self._length is not None else self._from_lines()

    # --- lines ---
    def _from_lines(self) -> Iterator[pa.RecordBatch]:
        head = beginning(self._given.path, 4096)
        stream = Utf8Stream(
            self._given.path, find_encoding(head, self._encoding, self._given.path), size=_SIZE
        )
        rest, first = b"", 1
        for chunk in stream:
            text = rest + chunk
            end = text.rfind(b"\n") + 1
            if not end and len(text) > _MAX_LINE:
                raise GuardStopped("the file has no line breaks", str(self._given.path),
                                   remedy="declare `record_length` under `source`")
            if end:
                yield from self._lines(text[:end], first)
                first += text.count(b"\n", 0, end)
            rest = text[end:]
        if rest:
            yield from self._lines(rest + b"\n", first)
        if stream.cut_off:
            self._seen["cut off"] += 1
            yield problem_batch(self._columns, [(None, FILE_CUT_OFF, stream.cut_off)], file=self._given.name)

    def _lines(self, text: bytes, first: int) -> Iterator[pa.RecordBatch]:
        """The rows of whole lines; the text ends with a line break."""
        raw = _split(text)
        readable = _readable(raw)
        lines = raw if readable.all() else pc.if_else(pa.array(readable), raw, pa.scalar(b"", pa.binary()))
        lines = pc.utf8_rtrim(lines.cast(pa.string()), "\r\n \x00\x1a")
        widths = pc.utf8_length(lines).to_numpy()
        last = max(end for _, end in self._spans)
        blank, too_long = readable & (widths == 0), widths > last
        fine = readable & ~too_long & ~blank
        numbers = np.arange(first, first + len(lines))
        self._seen.update({
            "blank": int(blank.sum()), "long": int(too_long.sum()), "undecodable": int((~readable).sum()),
            "short": int((widths[fine] <= max(start for start, _ in self._spans)).sum()),
        })
        if fine.any():
            kept = lines.filter(pa.array(fine))
            cells = [_slice(kept, span) for span in self._spans]
            yield text_batch(self._columns, cells, file=self._given.name, row=pa.array(numbers[fine]))
        bad = np.flatnonzero(~readable | too_long)
        if len(bad):
            texts = [raw[int(n)].as_py().decode(errors="surrogatepass").rstrip("\r\n") for n in bad]
            problems = [
                (int(numbers[n]), RECORD_DAMAGED if readable[n] else ENCODING_INVALID, shown(line))
                for n, line in zip(bad, texts, strict=True)
            ]
            yield problem_batch(self._columns, problems, file=self._given.name)

    # --- records ---
    def _from_records(self, length: int) -> Iterator[pa.RecordBatch]:
        rest, first = b"", 1
        for chunk in chunks_of(self._given.path, _SIZE):
            found = rest + chunk
            whole = len(found) // length * length
            if whole:
                block = np.frombuffer(found[:whole], np.uint8).reshape(-1, length)
                yield from self._records(block, first)
                first += len(block)
            rest = found[whole:]
        if rest.rstrip(b"\r\n\x1a\x00"):
            self._seen["cut off"] += 1
            yield problem_batch(
                self._columns, [(first, FILE_CUT_OFF, f"\\x{rest.hex()}")], file=self._given.name
            )

    def _records(self, block: Block, first: int) -> Iterator[pa.RecordBatch]:
        numbers = pa.array(np.arange(first, first + len(block)))
        bad = np.zeros(len(block), np.bool_)
        cells = []
        for start, end in self._spans:
            text, undecodable = decoded(trimmed(block[:, start:end]), self._encoding or "utf-8")
            cells.append(text)
            if undecodable is not None:
                bad |= undecodable
        kept = pa.array(~bad)
        self._seen["undecodable"] += int(bad.sum())
        if not bad.all():
            yield text_batch(self._columns, [c.filter(kept) for c in cells], file=self._given.name,
                             row=numbers.filter(kept))
        if bad.any():
            places = numbers.filter(pa.array(bad)).to_pylist()
            problems = [
                (row, ENCODING_INVALID, raw)
                for row, raw in zip(places, hexadecimal(block[bad]), strict=True)
            ]
            yield problem_batch(self._columns, problems, file=self._given.name)


def _spans(columns: Sequence[FixedColumn]) -> list[Span]:
    """Where each column stands; one without a start follows the one before."""
    spans: list[Span] = []
    at = 0
    for column in columns:
        start = at if column.start is None else column.start - 1
        at = start + column.width
        spans.append((start, at))
    return spans


def _split(text: bytes) -> pa.Array:
    """Lines as a binary array, their line breaks included."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 0x0A) + 1
    offsets = np.concatenate(([0], ends)).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(text)])


def _readable(lines: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which lines hold no marked byte."""
    try:
        lines.cast(pa.string())
    except pa.ArrowInvalid:
        return np.array([is_text(line.as_py().decode(errors="surrogatepass")) for line in lines], np.bool_)
    return np.ones(len(lines), np.bool_)


def _slice(lines: pa.Array, span: Span) -> pa.Array:
    """One column of the lines; null where nothing stands in it."""
    values = pc.utf8_rtrim(pc.utf8_slice_codeunits(lines, *span), " \x00")
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _identify(_: Sample) -> bool:
    """Nothing in such a file says what it is: columns have to be declared."""
    return False


def _tables(given: Given) -> Iterator[FoundTable]:
    yield FoundTable(Path(given.name).stem, "fixed", given.name, notes=("its columns have to be declared",))


def _open(source: Source, given: Given) -> Reader:
    if source.columns is None:
        raise ConfigurationError("a file of fixed width needs its columns", given.path,
                                 remedy="list them under `columns`: {name: ..., width: ...}")
    return FixedReader(given, source.columns, encoding=source.encoding, record_length=source.record_length)


FORMAT: Final = Format("fixed", "a text file of fixed width", _identify, _tables, _open)
