"""What a bare file is to the rest: a table of text columns, each value held once."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a reader found in a file."""

    label: str
    """What its rows are called by"""
    names: tuple[str, ...]
    """Headers, made unique"""
    columns: list[pa.ChunkedArray]
    """Text as it stands, a column each; the list is emptied as they are encoded, to spare memory"""
    notes: tuple[str, ...]
    """What a person should know about the reading"""


@dataclass(frozen=True, slots=True, eq=False)
class BareTable:
    """One file, or one sheet of a workbook."""

    label: str
    """What its rows are called by: the file's name, with the sheet where a workbook has several"""
    names: tuple[str, ...]
    """Headers, made unique"""
    columns: tuple[pa.DictionaryArray, ...]
    """One a header: text, null where a cell is blank or says only that nothing is known"""
    rows: int
    """Data rows; a row of a delimited file that is blank altogether is none"""
    notes: tuple[str, ...] = ()
    """What a person should know about the reading"""

    def column(self, name: str) -> pa.DictionaryArray:
        """The column with a header."""
        return self.columns[self.names.index(name)]

    def without(self, *names: str) -> BareTable:
        """The table without some columns."""
        kept = [i for i, name in enumerate(self.names) if name not in names]
        columns = tuple(self.columns[i] for i in kept)
        return BareTable(self.label, tuple(self.names[i] for i in kept), columns, self.rows, self.notes)
