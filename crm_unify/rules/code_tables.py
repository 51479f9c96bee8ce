"""Code tables: a CSV beside the rule file says what each code of the source means."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.rules.mistakes import raise_all

COLUMNS: Final = ("source_value", "target_value", "label", "rows")
"""Header of a code table; the first two are needed."""

OPEN: Final = "?"
"""Target of a code that nobody has explained yet: its values are treated as if the table lacked the code."""


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a code table."""

    source_value: str
    """Code as the source has it, trimmed."""
    target_value: str | None
    """What it means; None says that the code means nothing."""
    label: str | None
    """The code in words, for people."""
    line: int
    """Line in the CSV file, header = 1."""


@dataclass(frozen=True, slots=True)
class LoadedCodeTable:
    """A code table as read."""

    path: Path
    """The CSV file."""
    codes: tuple[Code, ...]
    """Every row, in file order."""

    @property
    def mapping(self) -> Mapping[str, str | None]:
        """Target value by source value, less the codes whose meaning is open."""
        return {code.source_value: code.target_value for code in self.codes if code.target_value != OPEN}


def read_code_table(file: Path, *, shown: str) -> LoadedCodeTable:
    """Read and check one code table (UTF-8, comma); raises ConfigurationError listing everything wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            "the code table is not UTF-8", shown, line=line, remedy="save it as UTF-8"
        ) from error
    except OSError as error:
        raise ConfigurationError("the code table cannot be read", shown, why=error.strerror or "") from error
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ConfigurationError("broken CSV", shown, line=reader.line_num, why=str(error)) from error
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    raise_all(_header_mistakes(header, shown))
    codes = tuple(_code(dict(zip(header, row, strict=False)), line) for line, row in rows[1:])
    raise_all([*_width_mistakes(rows, shown), *_repeated(codes, shown)])
    return LoadedCodeTable(file, codes)


def _code(row: dict[str, str], line: int) -> Code:
    return Code(
        source_value=row.get("source_value", "").strip(),
        target_value=row.get("target_value", "").strip() or None,
        label=row.get("label", "").strip() or None,
        line=line,
    )


def _header_mistakes(header: list[str], shown: str) -> Iterator[ConfigurationError]:
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            yield ConfigurationError.unknown("code table column", name, known=COLUMNS, file=shown, line=1)
        if header.count(name) > 1:
            yield ConfigurationError(f"column '{name}' stands twice in the header", shown, line=1)
    missing = [name for name in COLUMNS[:2] if name not in header]
    if missing:
        remedy = f"the header is {','.join(COLUMNS)} (label and rows may be left out)"
        yield ConfigurationError(
            f"the code table has no column {', '.join(missing)}", shown, line=1, remedy=remedy
        )


def _width_mistakes(rows: list[tuple[int, list[str]]], shown: str) -> Iterator[ConfigurationError]:
    width = len(rows[0][1])
    for line, row in rows[1:]:
        if len(row) > width or len(row) < 2:
            what = f"{len(row)} cells where the header has {width}"
            yield ConfigurationError(what, shown, line=line, remedy="put quotes around values with commas")


def _repeated(codes: tuple[Code, ...], shown: str) -> Iterator[ConfigurationError]:
    first: dict[str, int] = {}
    for code in codes:
        if code.source_value in first:
            what = (
                f"source value '{code.source_value}' stands twice (first in line {first[code.source_value]})"
            )
            yield ConfigurationError(what, shown, line=code.line, remedy="keep one of the two")
        first.setdefault(code.source_value, code.line)
