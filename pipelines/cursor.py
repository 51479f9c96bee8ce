"""Tables of which only the rows are read whose cursor is new: those since the last reading, less a lag.

What was read stands over the rows that an earlier run kept, key by key, so that the result is the whole
snapshot. A row that commits late is found when its cursor lies within the lag; one whose cursor is empty is
read every time. A row that was deleted further back is missed only when the table is read whole again, which
it is from time to time, when the columns are others, when nothing is kept, and when somebody asks for it.

dlt's own incremental loading is not used: its state lies in its pipeline folder, and what a CRM holds must
not depend on a folder (see docs/decisions/0017).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.rules.model import ContentKey, Cursor, Source
from pipelines.kept import KeptRows
from pipelines.sources.interface import Column, Reader, batch_schema

if TYPE_CHECKING:
    from pipelines.sources.sql import SqlReader

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LAG: Final = "1h"
"""Of times, where the rule file says nothing: transactions that stay open longer are seldom."""
LAG_OF_NUMBERS: Final = 1000
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:(?P<between>[ T])\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?"
)


@dataclass(frozen=True, slots=True)
class CursorState:
    """How far a table was read; kept in ``mig_run``."""

    table: str
    column: str
    last: str | None
    """Greatest value of the column, as text; None in a table without any."""
    whole: str
    """Date of the run that last read the table whole, ISO."""
    since: int = 0
    """Runs since then."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class CursorRows:
    """A reader of the whole table that asks the database for what is new alone."""

    def __init__(
        self,
        source: Source,
        reader: SqlReader,
        *,
        base: KeptRows | None,
        state: CursorState | None,
        as_of: date,
        whole: bool = False,
    ) -> None:
        """`base` are the rows that `state` speaks of; with `whole` all rows are read whatever is kept."""
        assert source.cursor is not None, "the source declares a cursor"
        self._source, self._reader, self._cursor = source, reader, source.cursor
        self._as_of = as_of
        known = None if whole or base is None else state
        self._why = _why_whole(source, known, as_of, whole=whole)
        if self._why is None and base is not None and _names(base.header()) != _names(reader.header()):
            self._why = "its columns are others"
        low = None if self._why or known is None else lower(known.last, self._cursor)
        self._why = self._why or (None if low else "what was read last is neither a time nor a whole number")
        self._base, self._low = (base, low) if self._why is None else (None, None)
        fresh = CursorState(source.table or "", self._cursor.column, None, as_of.isoformat())
        self._state = fresh if known is None or self._low is None else replace(known, since=known.since + 1)

    @property
    def state(self) -> CursorState:
        """How far the table is read, once its rows have been."""
        return self._state

    def header(self) -> tuple[Column, ...]:
        """The columns of the table."""
        return self._reader.header()

    def files(self) -> tuple[Path, ...]:
        """The SQLite file; none where the table is to be read whole, though the file be the same."""
        return () if self._low is None else self._reader.files()

    def notes(self) -> tuple[str, ...]:
        """What the reader says, and what was read."""
        column = self._cursor.column
        if self._low is None:
            said = f"read whole, as {self._why}; from now on what is new by {column}"
        else:
            said = (
                f"only rows with {column} from {self._low} on, or without one, were read; what else was "
                f"deleted is missed when it is read whole again (last on {self._state.whole})"
            )
        return (*self._reader.notes(), said)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows: those that were kept and are not new, then the new ones."""
        # before the rows: what is committed between the two is read again next time
        greatest = self._reader.greatest(self._cursor.column)
        if self._base is None or self._low is None:
            yield from self._reader.batches()
        else:
            yield from self._onto(self._base, self._low)
        self._state = replace(self._state, last=greatest or self._state.last)

    def _onto(self, base: KeptRows, low: str) -> Iterator[pa.RecordBatch]:
        columns = self.header()
        schema = batch_schema(columns)
        new = pa.Table.from_batches(self._reader.batches(since=(self._cursor.column, low)), schema)
        kept = pa.Table.from_batches(base.batches(), batch_schema(base.header()))
        kept = kept.rename_columns(schema.names)
        kept = kept.filter(pc.fill_null(pc.less(*_comparable(kept[self._field()], low)), False))
        mine, theirs = self._keys(kept), self._keys(new)
        old = pc.and_(pc.is_valid(mine), pc.is_in(mine, pc.unique(theirs).drop_null()))
        yield from kept.filter(pc.invert(old)).combine_chunks().to_batches()
        yield from new.to_batches()

    def _field(self, name: str = "") -> str:
        fields = {column.header: column.field for column in self.header()}
        return fields[name or self._cursor.column]

    def _keys(self, rows: pa.Table) -> pa.ChunkedArray:
        key = self._source.key
        assert not isinstance(key, ContentKey), "checked when the rule file was loaded"
        texts = [pc.utf8_trim_whitespace(rows[self._field(name)]) for name in key]
        return pc.cast(pc.binary_join_element_wise(*texts, "\x1f"), pa.string())


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.header for column in columns]


def _why_whole(source: Source, state: CursorState | None, as_of: date, *, whole: bool) -> str | None:
    """Why all rows are to be read; None where those since the last reading will do."""
    cursor = source.cursor
    assert cursor is not None, "the source declares a cursor"
    if whole:
        return "somebody asked for it"
    if state is None:
        return "nothing of it is kept"
    if (state.table, state.column) != (source.table, cursor.column):
        return "table or cursor are others"
    if isinstance(cursor.full_every, int):
        due = state.since + 1 >= cursor.full_every
    else:
        due = as_of - date.fromisoformat(state.whole) >= timedelta(days=int(cursor.full_every[:-1]))
    every = cursor.full_every if isinstance(cursor.full_every, str) else f"{cursor.full_every} runs"
    return f"it is every {every}" if due else None


def lower(last: str | None, cursor: Cursor) -> str | None:
    """The value from which on rows are read again: the greatest one, less the lag; None where there is none.

    >>> lower("2026-03-01 00:30:00.5+00", Cursor(column="CHANGED"))
    '2026-02-28 23:30:00+00'
    >>> lower("17", Cursor(column="ID", lag=10))
    '7'
    """
    if last is None:
        return None
    if re.fullmatch(r"-?\d+", last):
        return str(int(last) - (cursor.lag if isinstance(cursor.lag, int) else LAG_OF_NUMBERS))
    found = _TIME.fullmatch(last)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(last.removesuffix(found["zone"] or "")) - _lag(cursor)
    except (ValueError, OverflowError):
        return None  # 0000-00-00, or the beginning of all days
    if found["between"] is None:
        return moment.date().isoformat()
    return moment.isoformat(found["between"], timespec="seconds") + (found["zone"] or "")


def _lag(cursor: Cursor) -> timedelta:
    said = cursor.lag if isinstance(cursor.lag, str) else LAG
    return timedelta(**{UNITS[said[-1]]: int(said[:-1])})


def _comparable(texts: pa.ChunkedArray, low: str) -> tuple[pa.ChunkedArray, pa.Scalar]:
    """Values of a cursor and the least of those that are read again: numbers as numbers, times as text."""
    if re.fullmatch(r"-?\d+", low) is not None:
        return texts.cast(pa.int64()), pa.scalar(int(low), pa.int64())
    return texts, pa.scalar(low, pa.string())


def states_of(readers: Mapping[str, Reader]) -> dict[str, dict[str, Any]]:
    """How far the tables with a cursor are read, by map, as plain values."""
    return {name: one.state.as_json() for name, one in readers.items() if isinstance(one, CursorRows)}
