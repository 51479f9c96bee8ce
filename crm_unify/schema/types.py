"""Column types that mean the same on SQLite, PostgreSQL and MariaDB, and their form in Arrow.

=========  ===================  ========================  =========================  ==================
type       SQLite               PostgreSQL                MariaDB                    Arrow
=========  ===================  ========================  =========================  ==================
key        TEXT (BINARY)        TEXT COLLATE "C"          VARCHAR, utf8mb4_nopad_bin string
text       TEXT                 TEXT                      TEXT                       string
long text  TEXT                 TEXT                      LONGTEXT                   string
date       TEXT YYYY-MM-DD      DATE                      DATE                       string YYYY-MM-DD
time       TEXT, microseconds   TIMESTAMP, naive UTC      DATETIME(6)                string ...THH:MM:SSZ
money      INTEGER (64 bit)     BIGINT                    BIGINT                     int64
flag       0 / 1                BOOLEAN                   TINYINT(1)                 bool
=========  ===================  ========================  =========================  ==================

Keys compare byte by byte: ``a``, ``A`` and ``a`` with a trailing space are three keys (hence *nopad*). JSON
is long text, so that the same bytes come back from every database.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

_MARIADB: Final = ("mysql", "mariadb")

RECORD_ID_LENGTH: Final = 700
"""Characters of a record id on MariaDB, whose index entries end at 3072 bytes (4 a character)."""


def key(length: int = 64) -> sa.Text:
    """Text compared byte by byte, fit for a primary key; the length binds on MariaDB only."""
    in_mariadb = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_nopad_bin")
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql").with_variant(in_mariadb, *_MARIADB)


def record_id() -> sa.Text:
    """The id of a source record, made of raw source keys."""
    return key(RECORD_ID_LENGTH)


def long_text() -> sa.Text:
    """Text without a practical limit: JSON, raw rows."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin"), *_MARIADB)


def time() -> sa.DateTime:
    """A moment, naive UTC, with microseconds everywhere."""
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *_MARIADB)


def arrow_type(column_type: TypeEngine[object]) -> pa.DataType:
    """The Arrow type of a column between the stages: dates and times travel as ISO text."""
    match column_type:
        case sa.Boolean():
            return pa.bool_()
        case sa.Integer():  # BigInteger is one too
            return pa.int64()
        case _:
            return pa.string()
