"""Delimited text as text columns, on all cores, where every line of the file is a row.

Arrow's reader is many times faster than one that looks at every row, and wrong about line breaks inside
values and about quotation marks out of place. So it is believed only when it finds one row on each line.
"""

from __future__ import annotations

import codecs
import gzip
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv

from crm_unify.errors import GuardStopped
from pipelines.bare.interface import Found
from pipelines.sources.csv import CsvReader
from pipelines.sources.csv_layout import find_layout
from pipelines.sources.csv_text import find_encoding
from pipelines.sources.packed import GZIP, UNPACKING_ERRORS

_BLOCK: Final = 4 << 20
_LARGEST_BLOCK: Final = 1 << 30
"""Bytes; a row must fit into a block"""
_HEAD: Final = 1 << 18
_DATA: Final = 0.3
"""Share of cells in the first line that hold data from which on it is no header"""
_NULS: Final = 0.2
"""Share of NUL bytes from which on a file is no text of one byte a letter"""


def read_delimited(path: Path, label: str) -> Found | None:
    """A delimited text file in UTF-8, plain or gzip; None where the file has to be read row by row.

    Raises GuardStopped for a packed file that breaks off.
    """
    with _plain(path) as plain:
        with plain.open("rb") as file:
            head = file.read(_HEAD)
        if not head.strip(b"\r\n \xef\xbb\xbf") or head.count(0) > _NULS * len(head):
            return None
        encoding = find_encoding(head[:4096], None, path)
        if encoding.name != "utf-8" or not _is_utf8(head[encoding.skip :]):
            return None
        return _by_arrow(plain, label, head[encoding.skip :])


@contextmanager
def _plain(path: Path) -> Iterator[Path]:
    """The file unpacked, as long as it is read."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    if not packed:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="crm-unify-") as folder:
        plain = Path(folder) / path.stem
        try:
            with gzip.open(path) as source, plain.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except UNPACKING_ERRORS as error:
            remedy = "pack or fetch it again"
            raise GuardStopped(
                "the packed file breaks off or is damaged", str(path), why=str(error), remedy=remedy
            ) from None
        yield plain


def _is_utf8(head: bytes) -> bool:
    """Whether the beginning of a file is UTF-8; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _by_arrow(plain: Path, label: str, text: bytes) -> Found | None:
    """The file by Arrow's reader; None where it does not find one row on each line."""
    text = text if text.endswith((b"\n", b"\r")) else text + b"\n"
    layout = find_layout(text)
    row, delimiter = layout.header or 1, layout.delimiter.decode()
    reader = CsvReader(plain, name=label, delimiter=delimiter, header_row=row)
    names = [column.header for column in reader.header()]
    notes = (f"the header stands in line {row}; what is above it is left out",) if row > 1 else ()
    headless = layout.header is None and _are_data(names)
    if headless:
        notes = ("no line looks like a header; the columns are called column 1, column 2, ...",)
        names = [f"column {place}" for place in range(1, len(names) + 1)]
    table = _arrow_table(plain, len(names), delimiter, skip=(row - 1, not headless))
    expected = _lines(plain) - row + headless
    if table is None or table.num_rows != expected:
        return None
    return Found(label, tuple(names), list(table.columns), notes)


def _are_data(cells: list[str]) -> bool:
    """Whether cells that should be a header hold numbers, dates or addresses of mailboxes."""
    data = sum(re.search(r"@.+\.|\d{4}|\d[-/.]\d", cell) is not None for cell in cells)
    return data >= _DATA * len(cells)


def _arrow_table(plain: Path, width: int, delimiter: str, *, skip: tuple[int, bool]) -> pa.Table | None:
    """The rows below `skip` lines and, if so, a header; None where Arrow cannot read them."""
    fields = [f"c{i}" for i in range(width)]
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(fields, pa.string()), strings_can_be_null=False
    )
    parse = pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=False)
    lines, header = skip
    block = _BLOCK
    while block <= _LARGEST_BLOCK:
        read = pa.csv.ReadOptions(
            column_names=fields, skip_rows=lines, skip_rows_after_names=int(header), block_size=block
        )
        try:  # a path would be unpacked by its name, whatever the file is; an open file is taken as it is
            with pa.OSFile(str(plain)) as file:
                return pa.csv.read_csv(file, read_options=read, parse_options=parse, convert_options=convert)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                return None
            block *= 16
    return None


def _lines(plain: Path) -> int:
    """Lines of a file; the last one needs no line break."""
    count, last = 0, b"\n"
    with plain.open("rb") as file:
        while piece := file.read(16 << 20):
            count += piece.count(b"\n")
            last = piece[-1:]
    return count + (last != b"\n")
