"""SQL functions that rule expressions may call: pure ones of DuckDB, less those that read anything else.

Pure means that DuckDB itself calls the function CONSISTENT (same arguments, same answer). That list still
holds functions that look at settings, the session or the clock, take plans apart, or change with DuckDB's
version; they are named here and refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from crm_unify.arrow_sql import engine

AGGREGATES: Final = frozenset({"sum", "count", "count_star", "min", "max"})
"""Aggregates of control sums: whole numbers, independent of row order."""

MONEY: Final = "money"
"""`money(COLUMN)` in a control sum: the column read as whole minor units."""

_MACROS: Final = frozenset(
    {
        "nullif",
        "split_part",
        "date_add",
        "days_in_month",
        "fmod",
        "fdiv",
        "round_even",
        "array_to_string",
    }
)
"""DuckDB's own SQL macros have no stability; these are pure."""

_REFUSED: Final = frozenset(
    {
        "getvariable",
        "current_setting",
        "version",  # settings, the program
        "age",
        "current_localtime",
        "current_localtimestamp",  # the clock
        "json_serialize_sql",
        "json_deserialize_sql",
        "json_serialize_plan",
        "parse_duckdb_log_message",
        "aggregate",
        "combine",
        "finalize",
        "alias",
        "vector_type",
        "create_sort_key",
        "constant_or_null",
        "generate_series",
        "range",
        "repeat",
        "list_resize",
        "array_resize",
        "bar",
        "hash",  # unbounded; not stable over versions
        "icu_sort_key",
        "from_json",
        "from_json_strict",
        "json_transform",
        "json_transform_strict",
    }
)
_REFUSED_PREFIXES: Final = ("__internal", "icu_collate", "st_", "variant_", "uuid_", "pg_")


@cache
def allowed_functions() -> frozenset[str]:
    """Names of all functions that an expression over one row may call, in lower case."""
    return frozenset(_named("stability = 'CONSISTENT' AND function_type = 'scalar'", _is_pure)) | _MACROS


@cache
def known_functions() -> frozenset[str]:
    """Names of everything DuckDB knows, to tell a refused function from a misspelt one."""
    return frozenset(_named("TRUE", lambda name: True)) | {"getenv"}  # of its shell


def _is_pure(name: str) -> bool:
    return name not in _REFUSED and not name.startswith(_REFUSED_PREFIXES)


def _named(condition: str, wanted: Callable[[str], bool]) -> list[str]:
    with engine() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE {condition}"
        )
        return [name for (name,) in rows.fetchall() if wanted(name)]
