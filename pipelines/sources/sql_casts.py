"""Casts to text of SQL Server and Oracle, type by type: plain casts of theirs lose seconds, digits, bytes.

Not run against a server in the tests of this project: the SQL is checked as text, against the manuals
("CAST and CONVERT" of Transact-SQL; "Format Models" of Oracle Database).
"""

from __future__ import annotations

from typing import Any, Final

BYTES: Final = "\uffff"
"""In front of hexadecimal digits: the value is bytes. No text begins with this noncharacter."""

_HEXADECIMAL: Final = "NCHAR(65535) + CONVERT(NVARCHAR(MAX), CAST({0} AS VARBINARY(MAX)), 2)"
_SQL_SERVER: Final = {
    # style 126 is ISO 8601; a plain cast writes Jan  2 2024  3:04AM
    "datetime": "CONVERT(NVARCHAR(40), {0}, 126)",
    "date": "CONVERT(NVARCHAR(10), {0}, 23)",
    "time": "CONVERT(NVARCHAR(16), {0}, 114)",
    # style 3 writes all 17 digits of a float; a plain cast six
    "float": "CONVERT(NVARCHAR(50), {0}, 3)",
    # style 2 writes all four decimals of money; a plain cast two. It means nothing to numeric
    "Decimal": "CONVERT(NVARCHAR(60), {0}, 2)",
    # style 2 writes hexadecimal digits; image has to become varbinary before
    "bytearray": _HEXADECIMAL,
    "bytes": _HEXADECIMAL,
}
"""Python type that pyodbc gives for a column -> expression."""
_SQL_SERVER_OTHER: Final = "CAST({0} AS NVARCHAR(MAX))"

_ORACLE_TIME: Final = """TO_CHAR({0}, 'YYYY-MM-DD"T"HH24:MI:SS.FF6')"""
_ORACLE_ZONED: Final = """TO_CHAR({0}, 'YYYY-MM-DD"T"HH24:MI:SS.FF6TZH:TZM')"""
_ORACLE_NUMBER: Final = "TO_CHAR({0}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"
_ORACLE: Final = {
    # DATE has a time of day, which the default format of a session hides
    "DB_TYPE_DATE": """TO_CHAR({0}, 'YYYY-MM-DD"T"HH24:MI:SS')""",
    "DB_TYPE_TIMESTAMP": _ORACLE_TIME,
    "DB_TYPE_TIMESTAMP_TZ": _ORACLE_ZONED,
    "DB_TYPE_TIMESTAMP_LTZ": _ORACLE_ZONED,
    # TM9 writes as many digits as there are, and a session's decimal comma must not
    "DB_TYPE_NUMBER": _ORACLE_NUMBER,
    "DB_TYPE_BINARY_INTEGER": _ORACLE_NUMBER,
    "DB_TYPE_BINARY_DOUBLE": _ORACLE_NUMBER,
    "DB_TYPE_BINARY_FLOAT": _ORACLE_NUMBER,
    "DB_TYPE_RAW": "UNISTR('\\FFFF') || RAWTOHEX({0})",
    "DB_TYPE_INTERVAL_DS": "TO_CHAR({0})",
    "DB_TYPE_INTERVAL_YM": "TO_CHAR({0})",
    "DB_TYPE_ROWID": "ROWIDTOCHAR({0})",
    "DB_TYPE_XMLTYPE": "XMLSERIALIZE(CONTENT {0} AS CLOB)",
}
"""Name of the driver's type -> expression; texts and LOBs, which TO_CHAR would cut at 4,000 bytes, stay."""


def sql_server_text(column: str, code: object) -> str:
    """Expression that gives a column of SQL Server as text; `code` is the driver's Python type.

    >>> import datetime
    >>> sql_server_text("[OPENED]", datetime.datetime)
    'CONVERT(NVARCHAR(40), [OPENED], 126)'
    """
    return _SQL_SERVER.get(getattr(code, "__name__", ""), _SQL_SERVER_OTHER).format(column)


def oracle_text(column: str, code: object) -> str:
    """Expression that gives a column of Oracle as text; `code` is the driver's type."""
    return _ORACLE.get(getattr(code, "name", ""), "{0}").format(column)


def bytes_marked(value: Any) -> Any:
    """Bytes of a LOB as BYTES and hexadecimal digits; everything else as it is."""
    return f"{BYTES}{value.hex()}" if isinstance(value, bytes) else value
