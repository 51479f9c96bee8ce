"""SQL expressions of rule files: one value from the columns of one row, and nothing else.

Names: a column as its header stands in the source (`"E-Mail"` in quotes where needed), `raw.COLUMN` for the
text as found, `address.country_code` for a value mapped in the same branch, `row_hidden` and `row_struck`,
`current_date` for the run's date. Columns are text; what mapped values are says :data:`SQL_TYPES`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

import duckdb

from crm_unify.errors import nearest_name
from crm_unify.records import FieldType
from crm_unify.rules.engine import answer, connection
from crm_unify.rules.parsing import (
    RAW,
    ROW_FLAGS,
    RUN_DATE,
    Expression,
    ExpressionRefusedError,
    Reference,
    is_column,
    parse_expression,
    rewritten,
)

__all__ = [
    "RAW",
    "ROW_FLAGS",
    "RUN_DATE",
    "SQL_TYPES",
    "Expression",
    "ExpressionRefusedError",
    "Reference",
    "check_expression",
    "check_on_fields",
    "connection",
    "holds_always",
    "parse_expression",
    "rewritten",
]

SQL_TYPES: Final[dict[FieldType, str]] = {
    FieldType.DATE: "DATE",
    FieldType.TIME: "TIMESTAMP",
    FieldType.MONEY: "BIGINT",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DECIMAL(38,9)",
    FieldType.FLAG: "BOOLEAN",
}
"""What a mapped value is in an expression (money in minor units); types not listed are VARCHAR."""


def check_expression(
    sql: str,
    *,
    columns: Collection[str] | None = None,
    names: Mapping[str, Mapping[str, FieldType]] | None = None,
    aggregates: bool = False,
    condition: bool = False,
) -> frozenset[str]:
    """Check an expression whole and tell the source columns it uses; raises ExpressionRefusedError.

    `columns` are the headers of the source, None while they are unknown. `names` are the mapped values it may
    name: fields with their types by name, None where it may name none. `condition` demands a truth value.
    """
    expression = parse_expression(sql, aggregates=aggregates)
    types: dict[Reference, str] = {}
    for ref in expression.references:
        types[ref] = _reference_type(ref, columns, names or {})
    _bind(expression, types, condition=condition)
    return expression.columns


def check_on_fields(sql: str, fields: Mapping[str, FieldType], *, condition: bool = False) -> frozenset[str]:
    """Check an expression over the fields of one kind (`checks`); tells the fields it uses."""
    expression = parse_expression(sql)
    types: dict[Reference, str] = {}
    for ref in expression.references:
        if ref != RUN_DATE and (len(ref) != 1 or ref[0] not in fields):
            raise ExpressionRefusedError(f"unknown field '{'.'.join(ref)}'", nearest_name(ref[-1], fields))
        types[ref] = "DATE" if ref == RUN_DATE else SQL_TYPES.get(fields[ref[0]], "VARCHAR")
    _bind(expression, types, condition=condition)
    return frozenset(ref[0] for ref in expression.references if ref != RUN_DATE)


def _reference_type(
    ref: Reference, columns: Collection[str] | None, names: Mapping[str, Mapping[str, FieldType]]
) -> str:
    """SQL type of a name; raises when there is no such name."""
    if ref == RUN_DATE:
        return "DATE"
    if len(ref) == 1 and ref[0] in ROW_FLAGS:
        return "BOOLEAN"
    if is_column(ref):
        if columns is not None and ref[-1] not in columns:
            raise ExpressionRefusedError(f"unknown column '{ref[-1]}'", nearest_name(ref[-1], columns))
        return "VARCHAR"
    name, field = ref
    if name not in names:
        near = nearest_name(name, [*names, RAW])
        raise ExpressionRefusedError(f"unknown name '{name}' in '{name}.{field}'", near)
    if field not in names[name]:
        raise ExpressionRefusedError(
            f"'{name}' maps no field '{field}' here", nearest_name(field, names[name])
        )
    return SQL_TYPES.get(names[name][field], "VARCHAR")


def _bind(expression: Expression, types: Mapping[Reference, str], *, condition: bool) -> None:
    """Have DuckDB find a meaning for every function and operator, on a table without rows."""
    places = {ref: (f"v{i}",) for i, ref in enumerate(types)}
    columns = ", ".join(f"NULL::{sql_type} AS v{i}" for i, sql_type in enumerate(types.values()))
    value = rewritten(expression.sql, lambda ref: places[ref])
    source = f" FROM (SELECT {columns})" if columns else ""
    try:
        found = answer(f"DESCRIBE SELECT {value} AS v{source}")[1]
    except duckdb.Error as error:
        raise ExpressionRefusedError(_binder_message(error, places)) from error
    if condition and found not in ("BOOLEAN", '"NULL"'):
        raise ExpressionRefusedError(f"a condition is needed, true or false; this is {found}")
    if found.startswith(("STRUCT", "MAP", "UNION")) or found.endswith("]"):
        raise ExpressionRefusedError(f"one value is needed; this is {found}")


def _binder_message(error: duckdb.Error, places: Mapping[Reference, Reference]) -> str:
    text = str(error).splitlines()[0].removeprefix("Binder Error: ").removeprefix("Catalog Error: ")
    for ref, (place,) in places.items():
        text = re.sub(rf"\b{place}\b", ".".join(ref), text)
    return _unfitting(found) if (found := _NO_FUNCTION.search(text)) else text


def _unfitting(found: re.Match[str]) -> str:
    """A function or operator that does not take what it is given, in words."""
    name, given = found["name"], [kind.strip() for kind in found["types"].split(",")]
    words = ", ".join(_KINDS.get(kind.partition("(")[0], kind) for kind in given if kind) or "nothing"
    advice = f"; {_AS_NUMBER}" if "VARCHAR" in given else ""
    return f"'{name}' cannot be applied to {words}{advice}"


_NO_FUNCTION: Final = re.compile(
    r"No function matches the given name and argument types '(?P<name>[^']*?)\((?P<types>[^']*)\)'"
)
_KINDS: Final = {
    "VARCHAR": "text",
    "STRING_LITERAL": "text",
    "INTEGER_LITERAL": "a whole number",
    "INTEGER": "a whole number",
    "BIGINT": "a whole number",
    "DECIMAL": "a number",
    "DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "DATE": "a date",
    "TIMESTAMP": "a time",
}
_AS_NUMBER: Final = (
    "a column is text until it is read as something else: TRY_CAST(COLUMN AS INTEGER), "
    "or money(COLUMN) in a control sum"
)


def holds_always(sql: str) -> bool | None:
    """True or False for a condition that names nothing, None for one that depends on the row."""
    if not parse_expression(sql).is_constant:
        return None
    try:
        return answer(f"SELECT {rewritten(sql, lambda ref: ref)} IS TRUE") == ["True"]
    except duckdb.Error as error:
        raise ExpressionRefusedError(str(error).splitlines()[0]) from error
