"""Rows as canonical JSON text made by the database itself, so that they need not travel to be remembered.

The text is that of :func:`pipelines.database.columns.object_sql` for every row that people and programs
usually write; where a database spells a character otherwise (a control character, a date somebody typed in
another form) only the hash differs, and the caller looks at such a row the long way. So an equal hash proves
that a row is as it was, and an unequal one proves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from pipelines.database.columns import HASH_CHARACTERS


def text_of(columns: Iterable[sa.Column[Any]], dialect: str) -> sa.ColumnElement[str]:
    """SQL expression: these columns of a row as a JSON object with sorted keys, NULL columns left out."""
    joined = [_member(column, dialect) for column in sorted(columns, key=lambda c: c.name)]
    if dialect in ("mysql", "mariadb"):  # `||` means OR there
        text = f"concat('{{', substr(concat({', '.join(joined)}), 2), '}}')"
    else:
        text = f"'{{' || substr({' || '.join(joined)}, 2) || '}}'"
    return sa.literal_column(text, sa.Text())


def hash_of(text: sa.ColumnElement[str], connection: sa.Connection) -> sa.ColumnElement[str]:
    """SQL expression: the hash of a text, as :mod:`pipelines.database.columns` makes it."""
    match connection.dialect.name:
        case "sqlite":  # which has no hash function of its own
            driver: Any = connection.connection.driver_connection
            driver.create_function("crm_unify_hash", 1, _hashed, deterministic=True)
            return sa.func.crm_unify_hash(text)
        case "postgresql":
            digest = sa.func.sha256(sa.func.convert_to(text, "UTF8"))
            return sa.func.left(sa.func.encode(digest, "hex"), HASH_CHARACTERS)
        case _:
            return sa.func.left(sa.func.sha2(text, 256), HASH_CHARACTERS)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS]


def _member(column: sa.Column[Any], dialect: str) -> str:
    """``,"name":value``, or nothing when the column is NULL."""
    value, label = _value(column, dialect), f"',\"{column.name}\":'"
    together = f"concat({label}, {value})" if dialect in ("mysql", "mariadb") else f"{label} || {value}"
    return f"CASE WHEN {_name(column)} IS NULL THEN '' ELSE {together} END"


def _name(column: sa.Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"


def _value(column: sa.Column[Any], dialect: str) -> str:
    name = _name(column)
    match column.type:
        case sa.Boolean():
            return f"CASE WHEN {name} THEN 'true' ELSE 'false' END"
        case sa.Integer():
            return _as_text(name, dialect)
        case sa.Date():
            return _quoted(_as_text(name, dialect), dialect)
        case sa.DateTime():
            return _quoted(_moment(name, dialect), dialect)
        case _:
            return f"to_json({name})::text" if dialect == "postgresql" else f"json_quote({name})"


def _as_text(name: str, dialect: str) -> str:
    return f"CAST({name} AS {'CHAR' if dialect in ('mysql', 'mariadb') else 'TEXT'})"


def _quoted(text: str, dialect: str) -> str:
    if dialect in ("mysql", "mariadb"):
        return f"concat('\"', {text}, '\"')"
    return f"'\"' || {text} || '\"'"


def _moment(name: str, dialect: str) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ``, with microseconds where there are any."""
    match dialect:
        case "postgresql":
            return f"rtrim(rtrim(to_char({name}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"
        case "sqlite":
            return f"rtrim(rtrim(replace({name}, ' ', 'T'), '0'), '.') || 'Z'"
        case _:
            text = f"replace(CAST({name} AS CHAR), ' ', 'T')"
            return f"concat(trim(TRAILING '.' FROM trim(TRAILING '0' FROM {text})), 'Z')"
