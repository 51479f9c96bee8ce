"""Rule expressions over whole columns: one query for many expressions, a bad value never ends it.

Each expression runs as `TRY({'v': expression})`: null says that it failed on this row, `{'v': NULL}` that its
value is null. The columns it names come from a scope, so expressions see headers, raw text and mapped values
under names that cannot collide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from threading import Timer
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import ConfigurationError
from crm_unify.rules.expressions import RAW, ROW_FLAGS, ExpressionRefusedError, Reference, rewritten
from crm_unify.rules.lengths import LONGEST
from crm_unify.wording import counted
from pipelines.interpret.rows import Mask, Rows, as_array

if TYPE_CHECKING:
    from pipelines.interpret.lending import Lending

Scope = Callable[[Reference], tuple[pa.Array, str]]
"""The column a name stands for, and its SQL type; raises KeyError for a name it does not have."""

TEXT = "VARCHAR"


class SumFailedError(ValueError):
    """An aggregate that cannot be worked out; the text says why."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An expression worked out for every row."""

    value: pa.Array
    """In the type the expression has; null where it is null or failed."""
    failed: pa.Array
    """True where it could not be worked out, is infinite or not a number, or a text longer than LONGEST."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What works values out: the locked-down connection, the run's date, texts of other maps, the file."""

    connection: duckdb.DuckDBPyConnection
    as_of: date
    file: str
    """The rule file, for error messages."""
    seconds: float = 900.0
    """How long one query may take."""
    lending: Lending = field(default_factory=dict)
    """Texts of maps that rows look up."""

    def evaluate(self, expressions: Sequence[str], scope: Scope, *, length: int) -> tuple[Evaluated, ...]:
        """Every expression on every one of `length` rows, rows in order."""
        if not expressions:
            return ()
        columns: dict[Reference, str] = {}
        texts = [self._text(sql, columns) for sql in expressions]
        frame, inside = self._frame(columns, scope, rows=np.ones(length, np.bool_))
        wanted = ", ".join(f"TRY({{'v': {text}}}) AS e{i}" for i, text in enumerate(texts))
        found = self.query(f"SELECT i, {wanted} FROM ({inside})", frame)
        order = found["i"].to_numpy()
        if not bool((np.diff(order) > 0).all()):
            found = found.take(pa.array(np.argsort(order, kind="stable")))
        return tuple(_evaluated(as_array(found[f"e{i}"])) for i in range(len(texts)))

    def aggregate(self, sql: str, scope: Scope, *, rows: Mask) -> int | Decimal:
        """An aggregate over some rows; 0 where it is null, because no row has a value.

        Raises SumFailedError where a value keeps it from being worked out.
        """
        columns: dict[Reference, str] = {}
        text = self._text(sql, columns)
        frame, inside = self._frame(columns, scope, rows=rows)
        try:
            found = self.query(f"SELECT {text} AS v FROM ({inside})", frame)
        except duckdb.DataError as error:
            raise SumFailedError(str(error).splitlines()[0]) from error
        return _exact(found["v"][0].as_py())

    def _frame(self, columns: dict[Reference, str], scope: Scope, *, rows: Mask) -> tuple[pa.Table, str]:
        """The named columns on some rows, and the query that gives them their SQL types."""
        frame, casts = {"i": pa.array(np.flatnonzero(rows))}, ["i"]
        mask = pa.array(rows)
        for ref, name in columns.items():
            column, sql_type = self._column(ref, scope)
            frame[name] = column if rows.all() else column.filter(mask)
            casts.append(name if sql_type == TEXT else f"TRY_CAST({name} AS {sql_type}) AS {name}")
        return pa.table(frame), f"SELECT {', '.join(casts)} FROM frame"

    def query(self, sql: str, frame: pa.Table) -> pa.Table:
        """The answer to one query over the table `frame`."""
        self.connection.register("frame", frame)
        guard = Timer(self.seconds, self.connection.interrupt)
        guard.daemon = True
        guard.start()
        try:
            return self.connection.sql(sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise self._too_slow(len(frame)) from error
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
            why = str(error).splitlines()[0]
            raise ConfigurationError("an expression cannot be worked out", self.file, why=why) from error
        finally:
            guard.cancel()
            self.connection.unregister("frame")

    def _too_slow(self, rows: int) -> ConfigurationError:
        return ConfigurationError(
            "the expressions of this file take too long",
            self.file,
            why=f"they were not done with {counted(rows, 'row')} after {self.seconds:,.0f} seconds",
            remedy="look for a costly function (edit distances, regular expressions) and make it simpler",
        )

    def _text(self, sql: str, columns: dict[Reference, str]) -> str:
        def place(ref: Reference) -> Reference:
            return (columns.setdefault(ref, f"p{len(columns)}"),)

        try:
            return rewritten(sql, place, as_of=self.as_of)
        except ExpressionRefusedError as error:
            raise ConfigurationError(f"'{sql}' is refused", self.file, why=error.reason) from error

    def _column(self, ref: Reference, scope: Scope) -> tuple[pa.Array, str]:
        try:
            return scope(ref)
        except KeyError as error:
            raise ConfigurationError(f"'{'.'.join(ref)}' names nothing here", self.file) from error


def _exact(value: object) -> int | Decimal:
    """A sum as a whole number where it is one."""
    if value is None:
        return 0
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise SumFailedError(f"the sum is {value}")
    return int(exact) if exact == exact.to_integral_value() else exact


def _evaluated(found: pa.Array) -> Evaluated:
    value = pc.struct_field(found, "v")
    failed = found.is_null()
    if pa.types.is_floating(value.type):
        endless = pc.fill_null(pc.invert(pc.is_finite(value)), False)
        failed = pc.or_(failed, endless)
        value = pc.if_else(endless, pa.scalar(None, value.type), value)
    if pa.types.is_string(value.type):
        long = pc.fill_null(pc.greater(pc.utf8_length(value), LONGEST), False)
        failed = pc.or_(failed, long)
        value = pc.if_else(long, pa.scalar(None, value.type), value)
    return Evaluated(value, failed)


def row_scope(rows: Rows) -> Scope:
    """Names of a row: `COLUMN` for the cleaned text, `raw.COLUMN` for the text as found, the row's flags."""

    def column(ref: Reference) -> tuple[pa.Array, str]:
        if len(ref) == 1 and ref[0] in ROW_FLAGS:
            return rows.origin(f"_{ref[0].removeprefix('row_')}"), "BOOLEAN"
        if not rows.has(ref[-1]) or (len(ref) == 2 and ref[0] != RAW):
            raise KeyError(ref)
        return (rows.raw(ref[1]) if len(ref) == 2 else rows.clean(ref[0])), TEXT

    return column
