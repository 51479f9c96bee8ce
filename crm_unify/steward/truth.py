"""Known truth, and how well the CRM agrees with it.

A truth file is CSV with a header: ``record_id,true_customer``, and for records of sources without a key,
whose ids nobody knows by heart, ``file,sheet,row,part`` instead of the record id.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pacsv

from crm_unify.arrow_sql import engine
from crm_unify.errors import UsageError

PLACE_COLUMNS: Final = ("file", "sheet", "row", "part")


def read_labels(path: Path, *, label: str = "true_customer") -> pa.Table:
    """A CSV of labelled records as text: ``record_id``, the label, and the place columns (null where absent).

    Raises UsageError for a file that is missing, no CSV or has no such columns.
    """
    if not path.is_file():
        raise UsageError(
            "there is no such file", str(path), remedy="name a CSV with record_id and true_customer"
        )
    table = _texts(path)
    missing = {"record_id", label} - set(table.column_names)
    if missing:
        why = f"it lacks {', '.join(sorted(missing))}"
        raise UsageError(
            "this is no truth file", str(path), why=why, remedy="its header is record_id,true_customer"
        )
    for name in PLACE_COLUMNS:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table), pa.string()))
    return table


def _texts(path: Path) -> pa.Table:
    """All columns as the file spells them: a guessed type would make one customer of 007 and 7."""
    try:
        with pacsv.open_csv(path) as head:
            types = dict.fromkeys(head.schema.names, pa.string())
        options = pacsv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
        return pacsv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        remedy = "write it as CSV with the header record_id,true_customer"
        raise UsageError("this is no truth file", str(path), why=str(error), remedy=remedy) from None


def located(labels: pa.Table, *, fates: pa.Table, records: pa.Table) -> pa.Table:
    """The labels with every record id filled in; places that made no record are left out, equal rows once.

    ``fates`` is ROW_FATES of the newest run; ``records`` has ``record_id, map, row_hash, part``.
    """
    with engine(labels=labels, fates=fates, records=records) as con:
        return con.sql(_LOCATED).to_arrow_table()


_LOCATED: Final = """
WITH placed AS (
    SELECT l.* EXCLUDE (record_id), r.record_id
    FROM labels l
    JOIN fates f ON f.file = l.file AND f.sheet IS NOT DISTINCT FROM l.sheet
                AND f."row" = CAST(l."row" AS BIGINT)
    JOIN records r ON r.map = f.map AND r.row_hash = regexp_replace(f.row_id, '-[0-9]+$', '') AND r.part =
    l.part WHERE l.record_id IS NULL
)
SELECT DISTINCT * EXCLUDE (file, sheet, "row", part)
FROM (SELECT * FROM labels WHERE record_id IS NOT NULL UNION ALL BY NAME SELECT * FROM placed)
ORDER BY ALL
"""
