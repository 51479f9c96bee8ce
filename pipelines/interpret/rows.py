"""The landed rows of one map, column by column: the text as found, and the text that rules see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.interface import Column

Positions = npt.NDArray[np.int64]
"""Places of rows in their map's landed order, from 0."""
Mask = npt.NDArray[np.bool_]

ERASED = "_erased"
"""Column of landed rows: the parts that were of an erased person, joined with `|`, or WHOLE; null of none."""
WHOLE = "*"
"""All of a row."""

_NO_TEXT = pa.scalar(None, pa.string())


def cleaned(column: pa.Array, null_tokens: Sequence[str]) -> pa.Array:
    """Text without white space around it; null where nothing or a null token is left."""
    trimmed = pc.utf8_trim_whitespace(column)
    if trimmed.equals(column):
        trimmed = column  # the usual case: nothing is copied
    missing = pc.is_in(trimmed, value_set=pa.array(sorted({"", *null_tokens}), pa.string()))
    return pc.if_else(missing, _NO_TEXT, trimmed) if pc.any(missing).as_py() else trimmed


def as_mask(column: pa.Array) -> Mask:
    """A boolean column as a NumPy mask; null is false."""
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), np.bool_)


def as_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class Rows:
    """Rows of one source table; columns are named by their header, each is read and cleaned at most once."""

    def __init__(self, table: pa.Table, columns: Sequence[Column], null_tokens: Sequence[str]) -> None:
        """Take the landed table with the columns of the source and the texts that mean nothing."""
        self.columns = tuple(columns)
        self._table = table
        self._fields = {column.header: column.field for column in columns}
        self._null_tokens = tuple(null_tokens)
        self._raw: dict[str, pa.Array] = {}
        self._clean: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def origin(self, name: str) -> pa.Array:
        """A column of the landing itself: `_file`, `_row`, `_row_id` ..."""
        return as_array(self._table[name])

    def erased(self, part: str = WHOLE) -> Mask:
        """Rows of which this part must not be made, because it was of a person who was erased; or no part."""
        if ERASED not in self._names():
            return np.zeros(len(self), np.bool_)
        marks = self.origin(ERASED)
        mine = pc.equal(marks, WHOLE)
        if part != WHOLE:
            named = pc.match_substring(pc.binary_join_element_wise("|", marks, "|", ""), f"|{part}|")
            mine = pc.or_kleene(mine, named)
        return as_mask(mine)

    def _names(self) -> Sequence[str]:
        names: list[str] = self._table.column_names
        return names

    def has(self, header: str) -> bool:
        """Whether the source has this column."""
        return header in self._fields

    def raw(self, header: str) -> pa.Array:
        """The text as found, or as people corrected it."""
        if header not in self._raw:
            self._raw[header] = as_array(self._table[self._fields[header]])
            if not pa.types.is_string(self._raw[header].type):
                self._raw[header] = self._raw[header].cast(pa.string())
        return self._raw[header]

    def found(self, header: str) -> pa.Array:
        """The text as the source has it, whatever people corrected."""
        return self.raw(header)

    def as_found(self) -> Rows:
        """The rows without what people corrected."""
        return self

    def clean(self, header: str) -> pa.Array:
        """The text after trim and null tokens."""
        if header not in self._clean:
            self._clean[header] = cleaned(self.raw(header), self._null_tokens)
        return self._clean[header]

    def at(self, positions: Positions) -> Rows:
        """Some of the rows, in this order."""
        return _Part(self, positions)

    def overlaid(self, changes: Mapping[str, tuple[Positions, pa.Array]]) -> Rows:
        """The rows with other texts at some positions (ascending) of some columns."""
        return _Overlaid(self, changes)

    def joined(self, texts: Mapping[str, tuple[Positions, pa.Array]]) -> Rows:
        """The rows with the texts of all their lines at the first one."""
        return _Joined(self, texts)

    def forget(self) -> None:
        """Let go of the columns that were read or cleaned; they are read again when asked for."""
        self._raw.clear()
        self._clean.clear()


class _Part(Rows):
    """Some rows of a map, taken column by column when asked for."""

    def __init__(self, whole: Rows, positions: Positions) -> None:
        self.columns = whole.columns
        self._fields = whole._fields
        self._null_tokens = whole._null_tokens
        self._whole = whole
        self._positions = pa.array(positions)
        self._raw = {}
        self._clean = {}

    def __len__(self) -> int:
        return len(self._positions)

    def _names(self) -> Sequence[str]:
        return self._whole._names()

    def origin(self, name: str) -> pa.Array:
        return self._whole.origin(name).take(self._positions)

    def raw(self, header: str) -> pa.Array:
        if header not in self._raw:
            self._raw[header] = self._whole.raw(header).take(self._positions)
        return self._raw[header]

    def found(self, header: str) -> pa.Array:
        return self._whole.found(header).take(self._positions)


class _Overlaid(Rows):
    """The rows of a map with other texts in some cells; a row that has one counts as readable."""

    def __init__(self, whole: Rows, changes: Mapping[str, tuple[Positions, pa.Array]]) -> None:
        self.columns = whole.columns
        self._fields = whole._fields
        self._null_tokens = whole._null_tokens
        self._whole = whole
        self._changes = {header: _replacement(len(whole), *cells) for header, cells in changes.items()}
        self._raw = {}
        self._clean = {}

    def __len__(self) -> int:
        return len(self._whole)

    def _names(self) -> Sequence[str]:
        return self._whole._names()

    def origin(self, name: str) -> pa.Array:
        column = self._whole.origin(name)
        for mask, _ in self._changes.values() if name == "_problem" else ():
            column = pc.if_else(mask, _NO_TEXT, column)
        return column

    def raw(self, header: str) -> pa.Array:
        if header not in self._raw:
            text = self._whole.raw(header)
            if header in self._changes:
                text = pc.replace_with_mask(text, *self._changes[header])
            self._raw[header] = text
        return self._raw[header]

    def found(self, header: str) -> pa.Array:
        return self._whole.found(header)

    def as_found(self) -> Rows:
        return self._whole.as_found()

    def forget(self) -> None:
        super().forget()
        self._whole.forget()


class _Joined(_Overlaid):
    """Rows of which some are lines of one; what the source has is what its lines have together."""

    def found(self, header: str) -> pa.Array:
        return self.raw(header) if header in self._changes else super().found(header)


def _replacement(length: int, at: Positions, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Mask and texts, as a column is given them."""
    mask = np.zeros(length, np.bool_)
    mask[at] = True
    return pa.array(mask), texts
