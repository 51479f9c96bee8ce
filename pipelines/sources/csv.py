"""Comma (or semicolon, tab, bar) separated files, read in pieces: memory does not follow the file size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from crm_unify.errors import ConfigurationError, GuardStopped
from pipelines.sources.csv_layout import line_start
from pipelines.sources.csv_layout import sniff as sniff
from pipelines.sources.csv_rows import (
    BROKEN,
    Found,
    Grammar,
    Offsets,
    Piece,
    lines_before,
    pieces,
    values_of,
)
from pipelines.sources.csv_text import MARK, Encoding, Utf8Stream, find_encoding, from_utf8, shown
from pipelines.sources.interface import (
    CSV_BROKEN_QUOTE,
    CSV_RAGGED,
    ENCODING_INVALID,
    FILE_CUT_OFF,
    Column,
    check_width,
    counted,
    header_notes,
    name_columns,
    problem_batch,
    text_batch,
)
from pipelines.sources.packed import beginning

PIECE: Final = 4 << 20
"""Bytes read at a time: 40,000 rows of a hundred characters; larger pieces were not faster."""
_CODES: Final = ("", CSV_RAGGED, CSV_BROKEN_QUOTE, ENCODING_INVALID)
_FINE, _RAGGED, _BROKEN, _UNDECODABLE, _BLANK = range(5)


@dataclass(frozen=True, slots=True)
class _Head:
    """What the beginning of the file says."""

    encoding: Encoding
    grammar: Grammar
    columns: tuple[Column, ...]
    offset: int
    """UTF-8 bytes up to the first data row."""
    line: int
    """Physical line of the first data row."""
    sniffed: bool


class CsvReader:
    """One delimited text file as batches of text rows."""

    def __init__(
        self, path: Path, *, name: str, encoding: str | None = None, delimiter: str | None = None,
        header_row: int = 1, header_rows: int = 1,
    ) -> None:
        """`name` is the file as origins call it; `header_row` counts physical lines from 1."""
        self._path, self._name = path, name
        self._declared, self._delimiter = encoding, delimiter
        self._header_row, self._header_rows = header_row, header_rows
        self._known: _Head | None = None
        self._notes: list[str] = []

    def header(self) -> tuple[Column, ...]:
        """The columns by the header line; a file without one stops the run."""
        return self._head().columns

    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self._path,)

    def notes(self) -> tuple[str, ...]:
        """Delimiter found, headers renamed, rows that had to be put aside."""
        return tuple(self._notes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Readable rows, and rows with a problem in batches of their own."""
        head = self._head()
        stream = Utf8Stream(self._path, head.encoding, size=PIECE)
        tally = _Tally()
        for piece in pieces(stream, head.grammar, line=head.line, skip=head.offset):
            yield from self._read_piece(piece, head, tally)
        if stream.cut_off:
            yield problem_batch(head.columns, [(None, FILE_CUT_OFF, stream.cut_off)], file=self._name)
        self._notes = [*_head_notes(head), *tally.sentences()]
        if stream.cut_off:
            self._notes.append(f"the packed file breaks off or is damaged ({stream.cut_off}); "
                               "rows up to there are read: ask for the delivery again")
        if stream.marked and self._declared is None:
            self._notes.append(f"no encoding is declared, so the file is read as {head.encoding.name}: "
                               "declare `encoding` under `source` if it is another (cp1252, cp850, ...)")
        if stream.utf8_all_along:
            self._notes.append(f"declared as {self._declared}, but every byte of the file fits UTF-8: "
                               "accented letters are probably read wrongly")

    def _read_piece(self, piece: Piece, head: _Head, tally: _Tally) -> Iterator[pa.RecordBatch]:
        """The rows of one piece: the readable ones, then those with a problem."""
        found, text = piece.found, piece.text
        kinds = _kinds(text, found, len(head.columns))
        tally.add(kinds, piece.lines, found.literal)
        fine = kinds == _FINE
        if fine.any():
            cells = _cells(_kept(text, found, fine), head, int(fine.sum()))
            lines = pa.array(piece.lines[fine], pa.int64())
            yield text_batch(head.columns, cells, file=self._name, row=lines)
        problems = [
            (int(piece.lines[i]), _CODES[kinds[i]], _raw(text[found.starts[i]:found.ends[i]]))
            for i in np.flatnonzero((kinds != _FINE) & (kinds != _BLANK))
        ]
        if problems:
            yield problem_batch(head.columns, problems, file=self._name)

    def _head(self) -> _Head:
        """The beginning of the file, read once."""
        if self._known is None:
            self._known = self._read_head()
        return self._known

    def _read_head(self) -> _Head:
        encoding = find_encoding(beginning(self._path, 4096), self._declared, self._path)
        text = next(iter(Utf8Stream(self._path, encoding, size=PIECE)), b"")
        if not text.strip(b"\r\n"):
            raise GuardStopped("the file is empty, not even a header is there", str(self._path),
                               remedy="ask for the delivery again, or correct `path` in the project file")
        there = len(text)
        text += b"" if text.endswith((b"\n", b"\r")) else b"\n"
        start = line_start(text, self._header_row)
        grammar = Grammar(_delimiter_byte(self._delimiter, self._path) or sniff(text[start:]))
        levels, offset = self._header_levels(text, start, grammar)
        check_width(len(levels[0]), self._path)
        found = [" ".join(filter(str.strip, names)) for names in zip(*levels, strict=True)]
        line = 1 + int(lines_before(text, np.array([offset]), final=True)[0])
        offset = min(offset, there)  # the file may end in the middle of its header
        return _Head(encoding, grammar, name_columns(found), offset, line, sniffed=self._delimiter is None)

    def _header_levels(self, text: bytes, start: int, grammar: Grammar) -> tuple[list[list[str]], int]:
        """The header rows, all as wide as the widest, and the offset after them."""
        levels, at = [], start
        for _ in range(self._header_rows):
            row = grammar.lenient.match(text, at)
            if row is None:
                raise GuardStopped("the header cannot be read", f"{self._path}:{self._header_row}",
                                   why="a quotation mark is out of place or the file ends before it",
                                   remedy="correct the file, or `header` under `source` in the rule file")
            levels.append([shown(from_utf8(value)) for value in values_of(row.group(), grammar)])
            at = row.end()
        width = max(map(len, levels))
        return [names + [""] * (width - len(names)) for names in levels], at


class _Tally:
    """Counts rows put aside, and remembers the first line of each kind."""

    def __init__(self) -> None:
        self._rows: Counter[int] = Counter()
        self._first: dict[int, int] = {}
        self._literal = 0

    def add(self, kinds: Offsets, lines: Offsets, literal: int) -> None:
        """Take note of the rows of one piece."""
        self._literal += literal
        for kind in np.unique(kinds).tolist():
            mine = kinds == kind
            self._rows[kind] += int(mine.sum())
            self._first.setdefault(kind, int(lines[mine][0]))

    def sentences(self) -> list[str]:
        """One sentence for each kind of row that is not simply read."""
        told = [
            f"{counted(self._rows[kind], noun)} {what} (first: line {self._first[kind]})"
            for kind, (noun, what) in _KIND_NOTES.items() if self._rows[kind]
        ]
        if not self._literal:
            return told
        rows = counted(self._literal, "row")
        return [*told, f"{rows} with a quotation mark inside an unquoted value, kept as text"]


_KIND_NOTES: Final = {
    _RAGGED: ("row", f"with more or fewer values than the header: {CSV_RAGGED}"),
    _BROKEN: ("line", f"with broken quotation marks: {CSV_BROKEN_QUOTE}"),
    _UNDECODABLE: ("row", f"with bytes that the encoding does not know: {ENCODING_INVALID}"),
    _BLANK: ("blank line", "taken for no row"),
}


def _head_notes(head: _Head) -> list[str]:
    """What the beginning of the file made the reader decide."""
    name = "a tab" if head.grammar.delimiter == b"\t" else f"'{head.grammar.delimiter.decode()}'"
    sniffed = [f"no delimiter declared; {name} fits the header and the first rows"] if head.sniffed else []
    return [*head.encoding.notes, *sniffed, *header_notes(head.columns)]


def _kinds(text: bytes, found: Found, width: int) -> Offsets:
    """What each row is: fine, ragged, broken, undecodable or blank."""
    buffer = np.frombuffer(text, np.uint8)
    kinds = np.where(found.values == width, _FINE, _RAGGED)
    marks = np.flatnonzero(buffer == MARK)
    marks = marks[buffer[np.minimum(marks + 1, len(buffer) - 1)] >= 0xB0]
    undecodable = np.searchsorted(found.ends, marks, side="right")
    kinds[undecodable[undecodable < len(kinds)]] = _UNDECODABLE
    kinds[found.values == BROKEN] = _BROKEN
    if len(kinds):
        first = buffer[found.starts]
        kinds[(first == 0x0A) | (first == 0x0D)] = _BLANK
    return kinds


def _kept(text: bytes, found: Found, fine: npt.NDArray[np.bool_]) -> bytes:
    """The text of the rows that are fine, in order."""
    if fine.all():
        return text[:found.ends[-1]]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], fine, [False])).astype(np.int8)))
    return b"".join(
        text[found.starts[first]:found.ends[after - 1]]
        for first, after in zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
    )


def _cells(text: bytes, head: _Head, rows: int) -> list[pa.ChunkedArray]:
    """The values of readable rows, column by column; each row is known to be as wide as the header."""
    names = [column.field for column in head.columns]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=head.grammar.delimiter.decode(), newlines_in_values=True
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    if table.num_rows != rows:
        msg = f"{rows} rows were found and {table.num_rows} read"
        raise RuntimeError(msg)
    return [column.combine_chunks() for column in table.columns]


def _raw(row: bytes) -> str:
    """The text of a row without the line break that ends it."""
    return shown(from_utf8(row)).removesuffix("\n").removesuffix("\r")


def _delimiter_byte(declared: str | None, path: Path) -> bytes | None:
    """The declared delimiter as the byte it must be."""
    if declared is None:
        return None
    if not declared.isascii() or declared in '"\r\n':
        raise ConfigurationError(f"'{declared}' cannot separate values", path,
                                 why="it must be one ASCII character, no quotation mark and no line break",
                                 remedy="correct `delimiter` under `source` in the rule file")
    return declared.encode()
