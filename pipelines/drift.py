"""What tells one delivery of a table from the next: what its columns hold, and which hold the same as before.

A shape is a few counts by column, small enough to be kept with every run. Columns are compared value by value
only when one is gone and another has come.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_source_record
from pipelines.carry import PAST
from pipelines.database.columns import engine
from pipelines.database.read import fetch
from pipelines.landed import Landed
from pipelines.sources.interface import Column

TEXT: Final = "text"
KINDS: Final = (
    ("dates like 20190305", "<DAY>"),
    ("whole numbers", r"[-+]?9+"),
    ("numbers with a decimal point", r"[-+]?9[9,' ]*\.9+"),
    ("numbers with a decimal comma", r"[-+]?9[9.' ]*,9+"),
    ("dates like 2019-03-05", r"9999-99?-99?"),
    ("dates like 05/03/2019", r"99?/99?/9999"),
    ("dates like 05.03.2019", r"99?\.99?\.9999"),
    ("dates like 05-03-2019", r"99?-99?-9999"),
    ("dates like 05/03/19", r"99?/99?/99"),
    ("dates like 05.03.19", r"99?\.99?\.99"),
    ("moments like 2019-03-05 10:00", r"9999-99?-99?[ T]99?:99.*"),
    ("moments like 05/03/2019 10:00", r"99?/99?/9999 99?:99.*"),
    ("moments like 05.03.2019 10:00", r"99?\.99?\.9999 99?:99.*"),
    ("e-mail addresses", "<MAIL>"),
)
"""What the values of a column are, by the pattern in which every digit is a 9; anything else is text."""
_DAY: Final = r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
_MAIL: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_DIGITS: Final = "0123456789"
_LONG: Final = 40
"""Characters from which a text that begins with a digit is no number and no moment."""
SAME: Final = 0.9
"""Share of equal values from which a new column is taken for an old one under another name."""
AT_ONCE: Final = 1_000_000
"""Values that one query looks at, or one column: preparing its patterns costs as much as 10,000 values."""
DISTINCT: Final = 2
"""Different values that two columns must share at least: one value alone (a flag, a country) says nothing."""


@dataclass(frozen=True, slots=True)
class SameValues:
    """A new column that holds what a former one held."""

    old: str
    new: str
    share: float
    """Of the former column's values, 0 to 1: those found in the same row, or anywhere without a key."""


def shape(one: Landed) -> dict[str, Any]:
    """What the columns of a table hold: ``{content, rows, columns: {header: {filled, zeros, kinds}}}``."""
    together = max(1, AT_ONCE // max(one.rows, 1))
    columns: dict[str, Any] = {}
    for start in range(0, len(one.columns), together):
        columns |= _column_shapes(one.path, one.columns[start : start + together])
    return {"content": one.content_hash, "rows": one.rows, "columns": columns}


def _column_shapes(path: Path, columns: Sequence[Column]) -> dict[str, Any]:
    """What each of these columns holds, by header: one query over their values, one column below another."""
    table = pq.read_table(path, columns=[column.field for column in columns])
    by_pattern = " ".join(f"WHEN regexp_full_match(p, $${form}$$) THEN '{kind}'" for kind, form in KINDS)
    pattern = (
        f"CASE WHEN strlen(v) = 8 AND regexp_full_match(v, '{_DAY}') THEN '<DAY>' "
        f"WHEN v < ':' AND strlen(v) < {_LONG} THEN translate(v, '{_DIGITS}', '9999999999') "
        f"WHEN contains(v, '@') AND regexp_full_match(v, '{_MAIL}') THEN '<MAIL>' ELSE '' END"
    )
    with engine(t=_one_below_another(table, columns)) as con:
        rows = con.execute(
            f"SELECT c, CASE {by_pattern} ELSE '{TEXT}' END AS kind, sum(n)::BIGINT, sum(z)::BIGINT FROM ("
            f" SELECT c, {pattern} AS p, count(*) AS n, count(*) FILTER (v >= '00' AND v < '0:') AS z"
            "  FROM (SELECT c, trim(v) AS v FROM t) WHERE v <> '' GROUP BY 1, 2) GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
    shapes: dict[str, Any] = {column.header: {"filled": 0, "zeros": 0, "kinds": {}} for column in columns}
    for place, kind, count, zeros in rows:
        held = shapes[columns[place].header]
        held["filled"], held["zeros"] = held["filled"] + count, held["zeros"] + zeros
        held["kinds"][kind] = count
    return shapes


def _one_below_another(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The values `v` of these columns, each with the place `c` of its column among them."""
    chunks = [chunk for column in columns for chunk in table[column.field].chunks]
    places = np.repeat(np.arange(len(columns), dtype=np.int32), len(table))
    return pa.table({"c": places, "v": pa.chunked_array(chunks, pa.string())})


# --- the same values under another name ---
def same_values(before: pa.Table, now: pa.Table) -> tuple[SameValues, ...]:
    """The new columns that hold what former ones held, each once, the surest first.

    Both have the column ``key`` beside those to compare. Where keys meet, values are compared row by row;
    where none do (the key itself has changed), by how often each value stands anywhere.
    """
    old, new = ([name for name in table.column_names if name != "key"] for table in (before, now))
    places = {name: f"o{i}" for i, name in enumerate(old)}, {name: f"n{i}" for i, name in enumerate(new)}
    tables = [t.rename_columns(p | {"key": "key"}) for t, p in zip((before, now), places, strict=True)]
    with engine(b=tables[0], a=tables[1]) as con:
        meets = con.execute("SELECT count(*) FROM a JOIN b USING (key)").fetchone()
        compare = _row_by_row if meets and meets[0] else _anywhere
        found = [
            SameValues(o, n, share)
            for o, at in places[0].items()
            for n, share in zip(new, compare(con, at, list(places[1].values())), strict=True)
            if share >= SAME
        ]
    return tuple(_one_to_one(sorted(found, key=lambda one: (-one.share, one.old, one.new))))


def _row_by_row(con: Any, old: str, new: Sequence[str]) -> list[float]:
    """Of the rows in which the former column was filled, the share in which each new one says the same."""
    parts = ", ".join(
        f"CASE WHEN count(DISTINCT b.{old}) FILTER (b.{old} = a.{n}) >= {DISTINCT}"
        f" THEN count(*) FILTER (b.{old} = a.{n}) / count(b.{old}) ELSE 0 END" for n in new
    )
    return list(con.execute(f"SELECT {parts} FROM a JOIN b USING (key)").fetchone())


def _anywhere(con: Any, old: str, new: Sequence[str]) -> list[float]:
    shares = []
    for n in new:
        query = (
            f"WITH o AS (SELECT {old} AS v, count(*) AS c FROM b WHERE {old} IS NOT NULL GROUP BY 1),"
            f" w AS (SELECT {n} AS v, count(*) AS c FROM a WHERE {n} IS NOT NULL GROUP BY 1)"
            f" SELECT CASE WHEN count(w.v) >= {DISTINCT} THEN sum(least(o.c, coalesce(w.c, 0))) / sum(o.c)"
            " ELSE 0 END FROM o LEFT JOIN w USING (v)"
        )
        shares.append(float(con.execute(query).fetchone()[0] or 0))
    return shares


def _one_to_one(found: Sequence[SameValues]) -> Iterator[SameValues]:
    taken: set[tuple[str, str]] = set()
    for one in found:
        names = {("old", one.old), ("new", one.new)}
        if not names & taken:
            taken |= names
            yield one


# --- the values of a column, then and now ---
def remembered(connection: sa.Connection, name: str, headers: Sequence[str]) -> pa.Table:
    """``key`` and these columns of the rows that a map's records were last made of."""
    c = mig_source_record.c
    rows = fetch(connection, sa.select(c.key, c.raw).where(c.map == name, c.state.not_in(PAST)))
    forms = [json.dumps({header: "VARCHAR"}, ensure_ascii=False).replace("'", "''") for header in headers]
    texts = [f"struct_extract_at(from_json(raw, '{form}'), 1)" for form in forms]
    values = "".join(f", nullif(trim({text}), '') AS c{i}" for i, text in enumerate(texts))
    with engine(rows=rows) as con:
        found = con.sql(f"SELECT DISTINCT key{values} FROM rows").to_arrow_table()
    return found.rename_columns(["key", *headers])


def values_now(table: pa.Table, columns: Mapping[str, str], key: Sequence[str]) -> pa.Table:
    """``key`` and columns of landed or read rows by header; `columns` are their fields by header.

    `key` are the fields of the key; without them (a content key, one that is gone) the key is null.
    """
    from pipelines.interpret.keys import encoded

    with engine(t=table) as con:
        values = ", ".join(f"nullif(trim({field}), '') AS {field}" for field in columns.values())
        found = con.sql(f"SELECT {values} FROM t").to_arrow_table().rename_columns(list(columns))
    parts = [encoded(table[field].combine_chunks()) for field in key]
    joined = pc.binary_join_element_wise(*parts, "|") if parts else pa.nulls(len(table), pa.string())
    return found.append_column("key", joined)
