"""Tables of which only the rows are read whose cursor is new: those since the last reading, less a lag.

What was read stands over the rows that an earlier run kept, key by key, so that the result is the whole
snapshot. A row that commits late is found when its cursor lies within the lag; one whose cursor is empty is
read every time. A row that was deleted further back is missed only when the table is read whole again, which
it is from time to time, when the columns are others, when nothing is kept, and when somebody asks for it.

A row that is lost because a cursor was believed is worse than a table that is read whole. So it is whenever
something about the cursor is odd: its greatest value is below that of the last reading, or beyond the run's
date; a row of the stretch that is read again is not there any more, for it may have moved out of it; a key
stands on two rows. What is remembered never lies after the beginning of the run's date: a time ahead of the
clock would hide whatever is written until the clock has caught up.

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
NUMBER: Final = "whole number"
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
        rows: pa.Table | str = ""
        if self._base is not None and self._low is not None:
            rows = _odd(greatest, self._state.last, self._as_of) or self._onto(self._base, self._low)
            if isinstance(rows, str):  # all rows are to be read
                self._why, self._low = rows, None
                self._state = replace(self._state, whole=self._as_of.isoformat(), since=0)
        self._state = replace(self._state, last=_remembered(greatest, self._as_of))
        yield from self._reader.batches() if isinstance(rows, str) else rows.combine_chunks().to_batches()

    def _onto(self, base: KeptRows, low: str) -> pa.Table | str:
        """The new rows over the kept ones; or why the table is to be read whole."""
        columns = self.header()
        schema = batch_schema(columns)
        new = pa.Table.from_batches(self._reader.batches(since=(self._cursor.column, low)), schema)
        kept = pa.Table.from_batches(base.batches(), batch_schema(base.header()))
        kept = kept.rename_columns(schema.names)
        below = pc.fill_null(pc.less(*_comparable(kept[self._field()], low)), False)
        mine, theirs = self._keys(kept), self._keys(new).combine_chunks()
        fresh = pc.is_in(mine, theirs)
        if not pc.all(pc.or_(below, fresh), min_count=0).as_py():
            return f"a row with {self._cursor.column} from {low} on is not there any more"
        again = mine.filter(fresh)
        if any(len(keys) != pc.count_distinct(keys).as_py() for keys in (theirs, again)):
            return "one key stands on several of its rows"
        return pa.concat_tables([kept.filter(pc.invert(fresh)), new])

    def _field(self, name: str = "") -> str:
        fields = {column.header: column.field for column in self.header()}
        return fields[name or self._cursor.column]

    def _keys(self, rows: pa.Table) -> pa.ChunkedArray:
        key = self._source.key
        assert not isinstance(key, ContentKey), "checked when the rule file was loaded"
        parts = [_sized(rows[self._field(name)]) for name in key]
        return pc.cast(pc.binary_join_element_wise(*parts, "|"), pa.string())


def _sized(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """A part of a key, byte by byte as record ids have it, with its length before it: `2:17`; nothing is `-`.

    So no two keys are joined to the same text.
    """
    length = pc.cast(pc.binary_length(texts), pa.string())
    return pc.fill_null(pc.binary_join_element_wise(length, pc.cast(texts, pa.string()), ":"), "-")


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


def _odd(greatest: str | None, last: str | None, as_of: date) -> str | None:
    """Why the greatest value of a cursor is not to be believed; None where it is.

    A day beyond the run's date is none: a database may live in another time zone.
    """
    if greatest is None or last is None:
        return "no row has a value any more"
    if _form(greatest) != _form(last):
        return f"its values are written in another form: {greatest}, and {last} last time"
    if (int(greatest) < int(last)) if _form(last) == NUMBER else greatest < last:
        return f"its greatest value is {greatest}, and was {last} last time"
    if _form(last) != NUMBER and greatest[:10] > (as_of + timedelta(days=1)).isoformat():
        return f"its greatest value, {greatest}, lies beyond the date of the run"
    return None


def _form(value: str) -> str | tuple[str | None, str | None] | None:
    """What values that can be compared have in common; None for what is neither a number nor a time."""
    if re.fullmatch(r"-?\d+", value):
        return NUMBER
    found = _TIME.fullmatch(value)
    return None if found is None else (found["between"], found["zone"])


def _remembered(greatest: str | None, as_of: date) -> str | None:
    """How far a table is read: a time after the beginning of the run's date counts as that.

    >>> _remembered("9999-12-31 00:00:00", date(2026, 3, 1))
    '2026-03-01 00:00:00'
    """
    found = None if greatest is None else _TIME.fullmatch(greatest)
    if greatest is None or found is None or greatest[:10] < as_of.isoformat():
        return greatest
    if found["between"] is None:
        return as_of.isoformat()
    return f"{as_of.isoformat()}{found['between']}00:00:00{found['zone'] or ''}"


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
