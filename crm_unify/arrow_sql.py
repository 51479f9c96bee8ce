"""Arrow tables put side by side in SQL: one DuckDB in memory for the process, which keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import duckdb
import pyarrow as pa

SMALL: Final = 20_000
"""Rows up to which a second thread costs more than it saves: a query over a few rows takes half the time."""


SILENT: Final = "SET enable_progress_bar = false"
"""The bar of a query of two seconds goes to standard output, which belongs to the answer of a command."""


@contextmanager
def engine(**tables: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in memory with these tables registered; no other table or Python variable is in its reach."""
    small = bool(tables) and sum(map(len, tables.values())) <= SMALL
    with _database(small=small).cursor() as con:  # what a cursor registers, no other cursor sees
        con.execute(SILENT)
        for name, table in tables.items():
            con.register(name, table)
        yield con


@cache
def _database(*, small: bool) -> duckdb.DuckDBPyConnection:
    """One empty database for the process: opening one costs 20 ms, and a run asks 80 times."""
    config: dict[str, Any] = {"autoinstall_known_extensions": "false", "python_enable_replacements": "false"}
    return duckdb.connect(config=config | ({"threads": 1} if small else {}))
