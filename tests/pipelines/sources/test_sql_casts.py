"""SQL Server and Oracle are asked for text type by type; checked as SQL, without a server."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlglot

from pipelines.sources.sql_casts import bytes_marked, oracle_text, sql_server_text
from pipelines.sources.sql_dialects import DIALECTS


@dataclass(frozen=True)
class DriverType:
    """A type as Oracle's driver describes it."""

    name: str


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(str, "CAST([C] AS NVARCHAR(MAX))", id="texts of any length"),
        pytest.param(int, "CAST([C] AS NVARCHAR(MAX))", id="whole numbers"),
        pytest.param(datetime.datetime, "CONVERT(NVARCHAR(40), [C], 126)", id="times as ISO 8601"),
        pytest.param(datetime.date, "CONVERT(NVARCHAR(10), [C], 23)", id="dates"),
        pytest.param(float, "CONVERT(NVARCHAR(50), [C], 3)", id="floats with all digits"),
        pytest.param(Decimal, "CONVERT(NVARCHAR(60), [C], 2)", id="money with four decimals"),
        pytest.param(bytearray, "NCHAR(65535) + CONVERT(NVARCHAR(MAX), CAST([C] AS VARBINARY(MAX)), 2)",
                     id="bytes marked, in hexadecimal digits"),
    ],
)
def test_sql_server(code: type, expected: str) -> None:
    """A plain cast would write Jan  2 2024, six digits of a float, two decimals of money."""
    found = sql_server_text("[C]", code)
    assert found == expected
    assert sqlglot.parse_one(f"SELECT {found} FROM [dbo].[T]", dialect="tsql") is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("DB_TYPE_VARCHAR", '"C"', id="texts stay"),
        pytest.param("DB_TYPE_CLOB", '"C"', id="long texts stay: TO_CHAR would cut them"),
        pytest.param("DB_TYPE_DATE", """TO_CHAR("C", 'YYYY-MM-DD"T"HH24:MI:SS')""", id="dates have a time"),
        pytest.param("DB_TYPE_NUMBER", """TO_CHAR("C", 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')""",
                     id="numbers with a point, whatever the session says"),
        pytest.param("DB_TYPE_RAW", """UNISTR('\\FFFF') || RAWTOHEX("C")""", id="bytes marked"),
    ],
)
def test_oracle(name: str, expected: str) -> None:
    """The formats of a session are never relied on."""
    found = oracle_text('"C"', DriverType(name))
    assert found == expected
    assert sqlglot.parse_one(f'SELECT {found} FROM "S"."T"', dialect="oracle") is not None


def test_bytes_of_a_lob_are_marked() -> None:
    """What the driver hands out as bytes becomes what the other databases send."""
    assert [bytes_marked(value) for value in (b"\xff\x00", "x", None)] == ["\uffffff00", "x", None]


def test_both_are_known_by_their_urls() -> None:
    """The name in front of a URL finds driver and optional dependency."""
    assert {name: (DIALECTS[name].driver, DIALECTS[name].extra) for name in ("mssql", "oracle")} == {
        "mssql": ("mssql+pyodbc", "mssql"), "oracle": ("oracle+oracledb", "oracle"),
    }
