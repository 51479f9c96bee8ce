"""Delimited text as a format: told by its content, its delimiter, encoding and header proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from crm_unify.rules.model import Source
from pipelines.sources.csv import CsvReader
from pipelines.sources.csv_layout import find_layout
from pipelines.sources.csv_text import Utf8Stream, find_encoding
from pipelines.sources.encoding_guess import BOMS, guess_encoding
from pipelines.sources.interface import Format, FoundTable, Given, Reader, Sample
from pipelines.sources.packed import SAMPLE, beginning

_SAMPLE: Final = 1 << 20
_BINARY: Final = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1a\x1b\x1c\x1d\x1e\x1f")
"""Control characters that text has only by accident."""
_ODD_SHARE: Final = 0.01
_EVEN: Final = 0.6
"""Share of rows of one width from which text counts as a table; prose has commas too."""
_CODE: Final = re.compile(
    r"^(?:from \S+ import |import [\w.]+;?$|\s*(?:def|class|function) \w+ *[(:{]|#include |<\?php|"
    r"(?:create table|insert into|alter table|drop table) )",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines of programs and of database dumps, whose commas are no separators."""
_LINES: Final = 2
"""So many of them and the text is no table; one may be the title of something that somebody sells."""
_SHORT: Final = 60
"""Characters; a text of one column (a list of addresses) has no longer lines."""


def _is_table(sample: Sample) -> bool:
    """Text, hardly any control characters once the encoding is taken into account, in even rows."""
    head = sample.head
    if not head.strip():
        return False
    found = guess_encoding(sample.path, most=SAMPLE).encoding
    if found is None and head.count(0) and not head.startswith(BOMS):
        return False
    encoding = find_encoding(head, found, sample.path)
    text = head[encoding.skip:].decode(encoding.name, "replace")
    if sum(ord(c) in _BINARY for c in text) > _ODD_SHARE * len(text) or len(_CODE.findall(text)) >= _LINES:
        return False
    layout = find_layout(_beginning_as_utf8(sample.path, found))
    if layout.width > 1:
        return layout.evenness >= _EVEN
    lines = [line for line in text.splitlines() if line.strip()]
    return layout.header == 1 and len(lines) > 1 and max(map(len, lines)) <= _SHORT


def _tables(given: Given) -> Iterator[FoundTable]:
    """The one table of a file."""
    guess = guess_encoding(given.path)
    options: dict[str, Any] = {} if guess.encoding is None else {"encoding": guess.encoding}
    notes = [guess.note] if guess.note else []
    text = _beginning_as_utf8(given.path, guess.encoding)
    layout = find_layout(text)
    options["delimiter"] = layout.delimiter.decode()
    if layout.header is None:
        notes.append("no line among the first looks like a header; the first one is taken for it")
    elif layout.header > 1:
        options["header"] = {"row": layout.header}
        notes.append(f"the header seems to stand in line {layout.header}")
    yield FoundTable(Path(given.name).stem, "csv", given.name, options, notes=tuple(notes))


def _beginning_as_utf8(path: Path, encoding: str | None) -> bytes:
    """The first rows in UTF-8, ended by a line break."""
    found = find_encoding(beginning(path, 4096), encoding, path)
    text = next(iter(Utf8Stream(path, found, size=_SAMPLE)), b"")
    return text if text.endswith((b"\n", b"\r")) else text + b"\n"


def _open(source: Source, given: Given) -> Reader:
    return CsvReader(
        given.path, name=given.name, encoding=source.encoding, delimiter=source.delimiter,
        header_row=source.header.row, header_rows=source.header.rows,
    )


FORMAT: Final = Format("csv", "a delimited text file", _is_table, _tables, _open)
