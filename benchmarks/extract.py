"""How fast sources are read and landed: rows a second and peak memory, a process for each source.

    python -m benchmarks.extract --rows 1000000 csv parquet dbf cobol sqlite xlsx
    python -m benchmarks.extract postgresql://postgres@127.0.0.1:5432/postgres

The rows are invented: 12 columns, some values with quotation marks and line breaks, postcodes as numbers.
`read` is the reader alone, its batches thrown away; `land` is all of it: dlt, hash, sort, Parquet file;
`again` is the next landing of the same files. A workbook gets a tenth of the rows (a sheet holds about a
million), a dBase table half of them. COBOL records are EBCDIC with packed and binary numbers. CPU seconds
tell more than seconds on a machine that has other things to do.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ProjectSource, RuleFile
from crm_unify.rules.yaml_tree import Tree
from pipelines.landing import land
from pipelines.sources import Reader, open_reader

HEADERS: Final = (
    "id", "name", "street", "zip", "city", "phone", "email", "born", "balance", "type", "note", "ref"
)
TABLE: Final = "crm_unify_benchmark"
XLSX_SHARE: Final = 10
"""A workbook gets one row for so many of the others."""
DBF_SHARE: Final = 2
WIDTHS: Final = (8, 24, 24, 5, 10, 14, 20, 10, 10, 1, 30, 10)
"""Bytes of each column where columns have a fixed width."""
COPYBOOK: Final = """
       01 CUSTOMER.
          05 ID PIC 9(8).
          05 NAME PIC X(24).
          05 STREET PIC X(24).
          05 ZIP PIC X(5).
          05 CITY PIC X(10).
          05 PHONE PIC X(14).
          05 EMAIL PIC X(20).
          05 BORN PIC X(10).
          05 BALANCE PIC S9(9)V99 COMP-3.
          05 KIND PIC X.
          05 NOTE PIC X(30).
          05 REF PIC X(10).
          05 ORDERS PIC S9(8) COMP.
"""


def invented(rows: int) -> Iterator[tuple[str, ...]]:
    """Rows of text like those of an old customer table."""
    for n in range(rows):
        note = f'said "{n % 97}",\nthen hung up' if n % 50 == 0 else f"note {n % 5003}"
        yield (f"{n:08}", f"Family{n % 30011}, Given{n % 997}", f"{n % 250} Mill Lane, Flat {n % 9}",
               f"{n % 99991:05}", f"Town {n % 4001}", f"020 7946 0{n % 1000:03}", f"p{n}@acme.example",
               f"{1930 + n % 80}-{n % 12 + 1:02}-{n % 28 + 1:02}", f"{n % 100000 / 100:.2f}", "CP"[n % 2],
               note, f"REF-{n % 65537}")


def make_csv(folder: Path, rows: int) -> dict[str, Any]:
    """A file of comma separated values."""
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(invented(rows))
    return {"reader": "csv", "path": "rows.csv"}


def make_parquet(folder: Path, rows: int) -> dict[str, Any]:
    """A Parquet file of text columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in HEADERS])
    given = invented(rows)
    with pq.ParquetWriter(folder / "rows.parquet", schema) as writer:
        while some := list(islice(given, 100_000)):
            columns = [pa.array(values) for values in zip(*some, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))
    return {"reader": "parquet", "path": "rows.parquet"}


def make_dbf(folder: Path, rows: int) -> dict[str, Any]:
    """A table of dBase III in the code page of DOS."""
    columns = b"".join(
        struct.pack("<11sc4xB15x", name.upper().encode(), b"C", width)
        for name, width in zip(HEADERS, WIDTHS, strict=True)
    )
    count = rows // DBF_SHARE
    head = struct.pack("<BBBBIHH", 3, 124, 1, 2, count, 33 + len(columns), 1 + sum(WIDTHS))
    with (folder / "rows.dbf").open("wb") as file:
        file.write(head.ljust(29, b"\0") + b"\x02\0\0" + columns + b"\r")
        for row in invented(count):
            file.write(b" " + _fixed(row, "cp850"))
        file.write(b"\x1a")
    return {"reader": "dbf", "path": "rows.dbf", "key": ["ID"]}


def make_cobol(folder: Path, rows: int) -> dict[str, Any]:
    """EBCDIC records with a packed and a binary number."""
    (folder / "rows.cpy").write_text(COPYBOOK, encoding="ascii")
    with (folder / "rows.dat").open("wb") as file:
        for number, row in enumerate(invented(rows)):
            fixed, digits = _fixed(row, "cp037"), row[8].replace(".", "").rjust(11, "0")
            packed, orders = bytes.fromhex(f"{digits}C"), struct.pack(">i", number % 997)
            file.write(fixed[:115] + packed + fixed[125:] + orders)
    return {"reader": "cobol", "path": "rows.dat", "key": ["ID"], "copybook": {"file": "rows.cpy"}}


def _fixed(row: tuple[str, ...], encoding: str) -> bytes:
    """A row in columns of fixed width."""
    texts = (text.replace("\n", " ")[:width].ljust(width) for text, width in zip(row, WIDTHS, strict=True))
    return "".join(texts).encode(encoding, "replace")


def make_xlsx(folder: Path, rows: int) -> dict[str, Any]:
    """A workbook whose postcodes and balances are numbers."""
    import xlsxwriter

    with xlsxwriter.Workbook(folder / "rows.xlsx") as book:
        sheet, filled = book.add_worksheet("rows"), book.add_format({"num_format": "00000"})
        sheet.write_row(0, 0, HEADERS)
        for number, row in enumerate(invented(rows // XLSX_SHARE), 1):
            sheet.write_row(number, 0, row)
            sheet.write_number(number, 3, int(row[3]), filled)
            sheet.write_number(number, 8, float(row[8]))
    return {"reader": "xlsx", "path": "rows.xlsx"}


def make_sqlite(folder: Path, rows: int) -> dict[str, Any]:
    """A table of a SQLite file."""
    with sqlite3.connect(folder / "rows.db") as connection:
        columns = ", ".join(f"{name} TEXT" for name in HEADERS)
        connection.execute(f"CREATE TABLE {TABLE} ({columns})")
        marks = ", ".join("?" * len(HEADERS))
        connection.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", invented(rows))
    connection.close()
    return {"reader": "sql", "url": "sqlite:///rows.db", "table": TABLE}


def make_server(url: str) -> Callable[[Path, int], dict[str, Any]]:
    """A table on a server, made anew."""
    def make(_: Path, rows: int) -> dict[str, Any]:
        table = sa.Table(TABLE, sa.MetaData(), *(sa.Column(name, sa.String(80)) for name in HEADERS))
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            table.drop(connection, checkfirst=True)
            table.create(connection)
            batch: list[dict[str, str]] = []
            for row in invented(rows):
                batch.append(dict(zip(HEADERS, row, strict=True)))
                if len(batch) == 5000:
                    connection.execute(table.insert(), batch)
                    batch = []
            if batch:
                connection.execute(table.insert(), batch)
        return {"reader": "sql", "url": url, "table": TABLE}

    return make


def source_of(folder: Path, made: dict[str, Any]) -> tuple[LoadedRules, Reader]:
    """The rule file and reader of what was made."""
    place = {name: made.pop(name) for name in ("url", "path") if name in made}
    given = {"map": "rows", "source": {"system": "old", **{"key": ["id"], **made}},
             "targets": [{"discard": {"rule": "BR-1"}}]}
    loaded = LoadedRules(RuleFile.model_validate(given), folder / "rows.yml", Tree("rows.yml", given, {}))
    return loaded, open_reader(loaded.rules.source, ProjectSource.model_validate(place), folder)


def measured(work: str, folder: Path, made: dict[str, Any]) -> None:
    """Do one piece of work in this process and print what it took."""
    source = source_of(folder, made)
    began, began_cpu = time.perf_counter(), time.process_time()
    if work == "read":
        rows = sum(batch.num_rows for batch in source[1].batches())
    else:
        target = folder / work
        rows = land([source], folder=target, previous=folder / "land", progress=Silent())[0].rows
    seconds = time.perf_counter() - began
    cpu = time.process_time() - began_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "peak_mb": peak}))


def compared(name: str, rows: int) -> None:
    """Make one source and print a line for each piece of work on it."""
    makers = {
        "csv": make_csv, "parquet": make_parquet, "dbf": make_dbf, "cobol": make_cobol, "xlsx": make_xlsx,
        "sqlite": make_sqlite,
    }
    with TemporaryDirectory() as given:
        folder = Path(given)
        made = (makers[name] if name in makers else make_server(name))(folder, rows)
        for work in ("read", "land", "again"):
            command = [sys.executable, __file__, "--measure", work, str(folder), json.dumps(made)]
            took = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            rate = took["rows"] / took["seconds"]
            kind = name.partition(":")[0]
            print(f"{kind:12} {work:6} {took['rows']:>9} rows {took['seconds']:8.2f} s "
                  f"{took['cpu']:8.2f} CPU s {rate:12.0f} rows/s {took['peak_mb']:7.0f} MB", flush=True)


def main() -> None:
    """Take the sources to compare from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    everything = ["csv", "parquet", "dbf", "cobol", "sqlite", "xlsx"]
    parser.add_argument("sources", nargs="*", default=everything,
                        help=f"{', '.join(everything)} or the SQLAlchemy URL of a server")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=3, metavar=("WORK", "FOLDER", "SOURCE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        work, folder, made = options.measure
        measured(work, Path(folder), json.loads(made))
        return
    for name in options.sources:
        compared(name, options.rows)


if __name__ == "__main__":
    main()
