"""DuckDB as rule expressions meet it: in memory, without files, network, extensions or settings to change.

The parser is DuckDB's own, asked over a connection that holds no data; its answer is a tree of plain values.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import duckdb

from crm_unify.rules.functions import MONEY


def connection(
    *, folder: str | None = None, memory_limit: str = "2GB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads and spills nowhere but in `folder`; nobody can change its settings.

    Connections of equal limits share a database that holds nothing: what one registers, no other sees.
    Common sub-expressions are not shared: sharing lifts them out of TRY, and one bad value would end the
    query.
    """
    return _database(folder, memory_limit, threads).cursor()


@cache
def _database(folder: str | None, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A locked database; opening one costs as much as mapping a thousand rows.

    It holds a macro alone: `money` stands in for the reading of a column as money.
    """
    made = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit, **_SETTINGS})
    settings = ["TimeZone = 'UTC'", "disabled_optimizers = 'common_subexpressions'"]
    if folder is not None:
        quoted = folder.replace("'", "''")
        settings += [f"allowed_directories = ['{quoted}']", f"temp_directory = '{quoted}/spill'"]
    for setting in [*settings, "enable_external_access = false"]:
        made.execute(f"SET GLOBAL {setting}")
    made.execute("SET enable_progress_bar = false")  # it would go to standard output
    made.execute(f"CREATE MACRO {MONEY}(x) AS CAST(x AS BIGINT)")
    made.execute("SET GLOBAL lock_configuration = true")
    return made


_SETTINGS: Final = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""Given at the opening, so that they hold for every connection."""


_PARSER: Final = "256MB"
"""What parsing and binding may take: the connection that only does that sees no data."""


def answer(query: str, *values: str) -> list[str]:
    """The first row of a query over nothing but its `values`, as text; raises duckdb.Error.

    Values stand in the query as literals: to bind one, DuckDB imports pandas, which takes half a second.
    """
    parser = connection(memory_limit=_PARSER, threads=1)
    if any("\x00" in value for value in values):  # no literal can hold it
        found = parser.execute(query, list(values)).fetchone()
    else:
        pieces = query.split("?") if values else [query]
        literals = ("'" + value.replace("'", "''") + "'" for value in values)
        told = "".join(part for both in zip(pieces, (*literals, ""), strict=True) for part in both)
        found = parser.execute(told).fetchone()
    return [] if found is None else [str(value) for value in found]


def syntax_tree(sql: str) -> dict[str, Any]:
    """What the parser makes of `SELECT sql`: `statements`, or `error` with its message."""
    tree: dict[str, Any] = json.loads(answer("SELECT json_serialize_sql(?)", f"SELECT {sql}")[0])
    return tree


def sql_of(tree: dict[str, Any]) -> str:
    """The expression of a tree that :func:`syntax_tree` made, as DuckDB writes it."""
    text = answer("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))[0]
    return text.removeprefix("SELECT ").removesuffix(";")
