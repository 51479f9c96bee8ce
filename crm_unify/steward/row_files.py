"""What became of every source row, as files that CRM administrators know: loaded, rejected, missing parents.

For each map `MAP_loaded.csv` and `MAP_rejected.csv`: together they hold every extracted row, with the place
in its file, its key, its cells as found, and either the customer it belongs to or why it did not load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa
from pyarrow import csv

from crm_unify.arrow_sql import engine
from crm_unify.cells import harmless
from crm_unify.records import SYS_LOOKUP_ONLY, SYS_REPEATED_ROW, SYS_WAIVED, Fate
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.lookups import parents_of
from crm_unify.schema.tables import TABLES
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest
from pipelines.database.read import fetch
from pipelines.interpret.keys import encoded
from pipelines.interpret.problems import ALL_PROBLEMS
from pipelines.landed import Landed

BUILT_IN: Final = {
    SYS_REPEATED_ROW: "The same row stands in the source more than once; one was taken.",
    SYS_LOOKUP_ONLY: "Other rows look texts up in this row; it makes nothing by itself.",
    SYS_WAIVED: "Somebody said that this row shall not be loaded; see `crm-unify quarantine corrections`.",
}


def write_row_files(project: LoadedProject, newest: Newest, folder: Path) -> dict[Path, int]:
    """Write the files; their rows by file. Raises UsageError when the workspace has been deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    results, landed = newest.results, newest.landed
    made = _made(newest)
    written: dict[Path, int] = {}
    for one in landed:
        rules = project.rules_of(one.map)
        said = _words(rules)
        for name, query in (("loaded", _LOADED), ("rejected", _REJECTED)):
            fates = results.fates.filter(pc.equal(results.fates["map"], one.map))
            table = _query(query, one, fates=fates, made=made, said=said, rejections=results.rejections)
            written[folder / f"{one.map}_{name}.csv"] = _write(table, folder / f"{one.map}_{name}.csv")
    missing = missing_parents(project, landed, results.fates)
    written[folder / "missing_parents.csv"] = _write(missing, folder / "missing_parents.csv")
    return written


def _made(newest: Newest) -> pa.Table:
    """``map, row_hash, record_id, customer_id`` of the records that today's rows made."""
    record, xref = TABLES["mig_source_record"].c, TABLES["mig_xref"].c
    query = sa.select(record.map, record.row_hash, record.record_id, xref.customer_id)
    query = query.outerjoin(TABLES["mig_xref"], xref.record_id == record.record_id)
    with reachable(newest.engine), newest.engine.connect() as connection:
        return fetch(connection, query.where(record.state == "active"))


def _words(loaded: LoadedRules | None) -> pa.Table:
    """``code, sentence, advice`` of codes that have no entry for each row: held and discarded rows."""
    rules = {} if loaded is None else {name: (rule.what, "") for name, rule in loaded.rules.rules.items()}
    problems = {code: (f"{problem.title}.", problem.suggestion) for code, problem in ALL_PROBLEMS.items()}
    known = {**problems, **{code: (text, "") for code, text in BUILT_IN.items()}, **rules}
    rows = [{"code": code, "sentence": said, "advice": advice} for code, (said, advice) in known.items()]
    return pa.Table.from_pylist(rows)


def _query(query: str, landed: Landed, **tables: pa.Table) -> pa.Table:
    cells = ", ".join(f'landed.{c.field} AS "{c.field}"' for c in landed.columns)
    with engine(landed=pq.read_table(landed.path), **tables) as con:
        found = con.sql(query.format(cells=cells)).to_arrow_table()
    fixed = len(found.column_names) - len(landed.columns)
    return found.rename_columns(_distinct(found.column_names[:fixed], [c.header for c in landed.columns]))


def _distinct(fixed: Sequence[str], headers: Sequence[str]) -> list[str]:
    """Names of all columns; a header of the source that is called like one of ours says so."""
    return [*fixed, *(f"{header} (source)" if header in fixed else header for header in headers)]


_LOADED: Final = f"""
SELECT fates.file, fates.sheet, fates.row AS line, fates.key, together.customer_id, together.record_id,
       {{cells}}
FROM fates JOIN landed ON landed._row_id = fates.row_id
LEFT JOIN (
    SELECT row_hash, string_agg(DISTINCT customer_id, '; ' ORDER BY customer_id) AS customer_id,
           string_agg(record_id, '; ' ORDER BY record_id) AS record_id
    FROM made WHERE "map" = (SELECT min("map") FROM fates) GROUP BY row_hash
) AS together ON together.row_hash = landed._row_hash
WHERE fates.fate = '{Fate.MAPPED}' ORDER BY fates.file, fates.sheet, fates.row, fates.row_id
"""
_REJECTED: Final = f"""
SELECT fates.file, fates.sheet, fates.row AS line, fates.key, fates.fate, fates.rule AS code,
       coalesce(told.sentence, said.sentence) AS reason, coalesce(told.suggestion, said.advice) AS suggestion,
       {{cells}}
FROM fates JOIN landed ON landed._row_id = fates.row_id
LEFT JOIN (
    SELECT row_id, string_agg(DISTINCT sentence, ' ' ORDER BY sentence) AS sentence,
           string_agg(DISTINCT suggestion, ' ' ORDER BY suggestion) AS suggestion
    FROM rejections WHERE severity = 'quarantine' AND "map" = (SELECT min("map") FROM fates) GROUP BY row_id
) AS told ON told.row_id = fates.row_id
LEFT JOIN said ON said.code = fates.rule
WHERE fates.fate <> '{Fate.MAPPED}' ORDER BY fates.file, fates.sheet, fates.row, fates.row_id
"""


def _write(table: pa.Table, path: Path) -> int:
    """As CSV (UTF-8, LF), no cell of which a spreadsheet takes for a formula."""
    safe = [harmless(column) for column in table.columns]
    options = csv.WriteOptions(quoting_style="needed")
    csv.write_csv(pa.table(safe, names=table.column_names), path, options)
    return len(table)


# --- parents that are not there ---
MISSING: Final = pa.schema(
    [
        ("map", pa.string()),  # whose rows wait
        ("column", pa.string()),  # that names the parent
        ("parent_map", pa.string()),
        ("parent_key", pa.string()),
        ("parent_is", pa.string()),  # missing, quarantined, held, discarded
        ("waiting_rows", pa.int64()),
    ]
)


def missing_parents(project: LoadedProject, landed: Sequence[Landed], fates: pa.Table) -> pa.Table:
    """Parents that rows wait for (MISSING), the most waited for first."""
    rows: list[Mapping[str, object]] = []
    for one in landed:
        loaded = project.rules_of(one.map)
        for parent, column in _lookups(loaded) if loaded is not None else ():
            rows += _awaited(one, column, parent, fates)
    order = [("waiting_rows", "descending"), ("map", "ascending"), ("parent_key", "ascending")]
    return pa.Table.from_pylist([dict(row) for row in rows], schema=MISSING).sort_by(order)


def _lookups(loaded: LoadedRules) -> list[tuple[str, str]]:
    """Parent map and own column of every parent that a rule file looks up, each once."""
    return sorted({(one.map, one.column) for one in parents_of(loaded.rules)})


def _awaited(one: Landed, header: str, parent: str, fates: pa.Table) -> list[Mapping[str, object]]:
    column = next((c for c in one.columns if c.header == header), None)
    held = fates.filter(pc.and_(pc.equal(fates["map"], one.map), pc.equal(fates["fate"], Fate.HELD)))
    if column is None or len(held) == 0:
        return []
    table = pq.read_table(one.path, columns=["_row_id", column.field])
    table = table.filter(pc.is_in(table["_row_id"], held["row_id"].combine_chunks()))
    keys = pa.table({"parent_key": encoded(table[column.field].combine_chunks())})
    parents = fates.filter(pc.equal(fates["map"], parent)).select(["key", "fate"])
    with engine(keys=keys, parents=parents) as con:
        found = con.sql(_AWAITED).to_arrow_table().to_pylist()
    return [{"map": one.map, "column": header, "parent_map": parent, **row} for row in found]


_AWAITED: Final = f"""
SELECT keys.parent_key, coalesce(there.fate, 'missing') AS parent_is, count(*) AS waiting_rows
FROM keys LEFT JOIN (
    SELECT "key", min(fate) AS fate, bool_or(fate = '{Fate.MAPPED}') AS made FROM parents GROUP BY "key"
) AS there ON there."key" = keys.parent_key
WHERE keys.parent_key IS NOT NULL AND NOT coalesce(there.made, false) GROUP BY ALL ORDER BY ALL
"""
