"""DuckDB as rule expressions meet it: in memory, without files, network, extensions or settings to change.

The parser is DuckDB's own, asked over a connection that holds no data; its answer is a tree of plain values.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import duckdb

from crm_unify.rules.functions import MONEY


def connection(
    *, folder: str | None = None, memory_limit: str = "2GB", threads: int = 2, prepare: str | None = None
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads and spills nowhere but in `folder`; nobody can change its settings.

    `prepare` is SQL of the program (never of a rule file) to run before the lock. Common sub-expressions are
    not shared: sharing lifts them out of TRY, and one bad value would end the query.
    """
    made = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": memory_limit})
    settings = [
        "TimeZone = 'UTC'",
        "disabled_optimizers = 'common_subexpressions'",
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
    ]
    if folder is not None:
        quoted = folder.replace("'", "''")
        settings += [f"allowed_directories = ['{quoted}']", f"temp_directory = '{quoted}/spill'"]
    for setting in [*settings, "enable_external_access = false"]:
        made.execute(f"SET {setting}")
    if prepare is not None:
        made.execute(prepare)
    made.execute("SET lock_configuration = true")
    return made


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A connection that only parses and binds; `money` stands in for the reading of a column as money."""
    stand_in = f"CREATE MACRO {MONEY}(x) AS CAST(x AS BIGINT)"
    return connection(memory_limit="256MB", threads=1, prepare=stand_in)


def answer(query: str, *values: str) -> list[str]:
    """The first row of a query over nothing but its `values`, as text; raises duckdb.Error.

    Values stand in the query as literals: to bind one, DuckDB imports pandas, which takes half a second.
    """
    if any("\x00" in value for value in values):  # no literal can hold it
        found = _parser().cursor().execute(query, list(values)).fetchone()
    else:
        pieces = query.split("?") if values else [query]
        literals = ("'" + value.replace("'", "''") + "'" for value in values)
        told = "".join(part for both in zip(pieces, (*literals, ""), strict=True) for part in both)
        found = _parser().cursor().execute(told).fetchone()
    return [] if found is None else [str(value) for value in found]


def syntax_tree(sql: str) -> dict[str, Any]:
    """What the parser makes of `SELECT sql`: `statements`, or `error` with its message."""
    tree: dict[str, Any] = json.loads(answer("SELECT json_serialize_sql(?)", f"SELECT {sql}")[0])
    return tree


def sql_of(tree: dict[str, Any]) -> str:
    """The expression of a tree that :func:`syntax_tree` made, as DuckDB writes it."""
    text = answer("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))[0]
    return text.removeprefix("SELECT ").removesuffix(";")
