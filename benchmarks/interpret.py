"""Seconds and peak memory of interpreting: one large map with transforms, a code table, checks and a lookup.

`python -m benchmarks.interpret [ROWS]` (a million by default). Rows are invented; nine in ten
orders find their customer, one value in fifty is bad, one row in a hundred stands twice.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.watched import Watch
from crm_unify.progress import Silent
from crm_unify.rules.load import load_project
from pipelines.interpret import branch, source_map, stage
from pipelines.interpret.stage import interpret
from pipelines.landed import Landed, read_landed, write_manifest
from pipelines.sources.interface import name_columns

PROJECT = "project: bench\nsources: {shop: {path: data}}\nrules: ['*.rules.yml']\n"
CODES = "source_value,target_value\n" + "".join(
    f"{n:02d},{code}\n" for n, code in enumerate(("DE", "AT", "CH", "FR"))
)

PEOPLE = """
map: people
source:
  system: shop
  reader: csv
  file: people.csv
  key: [CUSTNO]
  created: OPENED
  parse:
    {dates: ["%d.%m.%Y"], decimal: ",", null_tokens: [N/A, "-"], phone_country: DE, name_order: family_first}
rules:
  R1: {what: TYPE P is a person}
  R2: {what: TYPE D is a dummy}
code_tables:
  country: {file: country.csv, unmapped: withhold}
targets:
  - {when: "TYPE = 'D'", discard: {rule: R2}}
  - when: "TYPE = 'P'"
    rule: R1
    person:
      full_name: {from: NAME, transform: [squeeze, surname_first]}
      birth_date: {from: DOB, sentinels: [1900-01-01]}
      job_title: {from: JOB, transform: [squeeze, lower]}
    contact_point:
      - {of: person, kind: email, value: {from: MAIL}}
      - {of: person, kind: phone, value: {from: TEL}}
    address:
      of: person
      line1: {from: STREET, transform: squeeze}
      city: {from: CITY, transform: person_case}
      country_code: {from: LAND, code_table: country}
      postal_code: {from: ZIP, pad_left: {to: 5, with: "0", when: "address.country_code = 'DE'"}}
    account: {of: person, account_no: {from: CUSTNO}, balance: {from: BALANCE}}
    consent: {of: person, channel: email, flag: {from: OPTIN, objection: [N]}}
checks:
  - {id: C1, on: person, expr: birth_date IS NULL OR birth_date < current_date, severity: withhold}
  - {id: C2, on: account, expr: balance < 90000, severity: warn}
reconcile: [{name: balance, source: sum(money(BALANCE)), target: sum(account.balance)}]
"""

ORDERS = """
map: orders
source: {system: shop, reader: csv, file: orders.csv, key: [ORDNO], parse: {decimal: ","}}
targets:
  - sales_order:
      customer: {lookup: [shop, people, CUSTNO], missing: hold}
      order_no: {from: ORDNO}
      total: {from: TOTAL}
"""

# Words and numbers come from hashes of the row number, so every run makes the same rows.
PEOPLE_ROWS = """
SELECT printf('%08d', n) AS CUSTNO, CASE WHEN h % 50 = 0 THEN 'D' ELSE 'P' END AS TYPE,
  upper(family[1 + h // 7 % 12]) || chr(65 + h % 26) || ' ' || given[1 + h // 11 % 12] AS NAME,
  CASE WHEN h % 47 = 0 THEN 'unknown' ELSE strftime(DATE '1930-01-01' + (h % 27000), '%d.%m.%Y') END AS DOB,
  CASE WHEN h % 3 > 0 THEN ' ' || job[1 + h // 5 % 4] || '  II' END AS JOB,
  CASE WHEN h % 53 = 0 THEN 'no mail' ELSE format('user{}@mail{}.example', h % 900000, h % 90) END AS MAIL,
  CASE WHEN h % 59 = 0 THEN '12' ELSE format('030 23125 {}', 100 + h % 900) END AS TEL,
  street[1 + h // 3 % 4] || ' ' || (1 + h % 180) AS STREET, upper(city[1 + h // 13 % 4]) AS CITY,
  CASE WHEN h % 61 = 0 THEN '99' ELSE printf('%02d', h % 3) END AS LAND,
  CASE WHEN h % 3 = 0 THEN 1067 + h % 98000 ELSE 1010 + h % 8000 END::VARCHAR AS ZIP,
  format('{},{:02d}', h % 1000, h % 100) AS BALANCE, CASE h % 4 WHEN 0 THEN 'N' WHEN 1 THEN 'Y' END AS OPTIN,
  strftime(DATE '2001-01-01' + (h % 8000), '%d.%m.%Y') AS OPENED
FROM (SELECT n, (hash(n) % 1000000007)::INT AS h,
  ['mueller', 'schmidt', 'park', 'reed', 'okafor', 'novak',
   'lopez', 'rossi', 'dubois', 'jansen', 'weber', 'koch'] AS family,
  ['ANNA', 'BO', 'CARL', 'DORA', 'EVA', 'FRANK', 'GRETA', 'HUGO', 'IDA', 'JAN', 'KATJA', 'LEO'] AS given,
  ['Clerk', 'Cook', 'Head of Sales', 'Driver'] AS job,
  ['Hauptstr.', 'Am  Markt', 'Lindenweg', 'Ring'] AS street,
  ['berlin', 'bonn', 'dresden', 'köln'] AS city
  FROM (SELECT i - CASE WHEN i % 100 = 0 AND i > 0 THEN 1 ELSE 0 END AS n FROM range(0, {rows}) AS r(i)))
"""
ORDER_ROWS = """
SELECT printf('A%08d', n) AS ORDNO, printf('%08d', n * 37 % ({rows} * 10 // 9)) AS CUSTNO,
  format('{},{:02d}', n % 900, n % 100) AS TOTAL
FROM range(0, {rows} // 5) AS r(n)
"""


def landed(connection: duckdb.DuckDBPyConnection, name: str, query: str, folder: Path) -> Landed:
    """Rows of a query, written as landing writes them."""
    headers = [column[0] for column in connection.execute(f"DESCRIBE {query}").fetchall()]
    columns = name_columns(headers)
    cells = ", ".join(f'"{c.header}" AS {c.field}' for c in columns)
    joined = ", ".join(f"coalesce({c.field}, chr(1))" for c in columns)
    path = folder / f"{name}.parquet"
    connection.execute(f"""
        COPY (SELECT *, _row_hash || '-' || row_number() OVER (PARTITION BY _row_hash) AS _row_id FROM (
            SELECT '{name}.csv' AS _file, NULL::VARCHAR AS _sheet, row_number() OVER () + 1 AS _row,
              FALSE AS _hidden, FALSE AS _struck, NULL::VARCHAR AS _problem, NULL::VARCHAR AS _raw, *,
              left(sha256(concat_ws('|', {joined})), 32) AS _row_hash FROM (SELECT {cells} FROM ({query})))
          ORDER BY _row_id) TO '{path}' (FORMAT parquet)""")
    return Landed(name, path, columns, pq.read_metadata(path).num_rows, "", {}, "")


def make(folder: Path, rows: int) -> None:
    """Write project, rule files and landed rows."""
    texts = {
        "crm_unify.yml": PROJECT,
        "people.rules.yml": PEOPLE,
        "orders.rules.yml": ORDERS,
        "country.csv": CODES,
    }
    for file, text in texts.items():
        (folder / file).write_text(text)
    with duckdb.connect() as connection:
        write_manifest(
            [
                landed(connection, "people", PEOPLE_ROWS.replace("{rows}", str(rows)), folder),
                landed(connection, "orders", ORDER_ROWS.replace("{rows}", str(rows)), folder),
            ],
            folder,
        )


def measure(folder: Path) -> None:
    """Interpret what stands in the folder and print what it took."""
    project, made, watch = load_project(folder), read_landed(folder), watched()
    start, worked = time.perf_counter(), time.process_time()
    with watch.looking(), watch.stretch("the rest"):
        found = interpret(made, project, as_of=date(2026, 3, 2), progress=Silent())
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for said, one in watch.stretches.items():
        told = f"peak {one.peak:6,.0f} MB, Arrow after it {one.arrow:6,.0f} MB"
        print(f"  {said:<26} {one.seconds:5.1f} s, {told}")
    tables = (found.records, found.rejections, found.fates, *found.claims.values())
    size = sum(table.nbytes for table in tables) / 2**20
    fates = found.fates.group_by("fate").aggregate([("row_id", "count")]).to_pylist()
    rows = sum(one.rows for one in made)
    print(
        f"{rows:,} rows in {seconds:.1f} s ({worked:.1f} s of processor time), peak {peak:,.0f} MB,", end=" "
    )
    print(f"{size:,.0f} MB of it the result")
    print(
        {fate["fate"]: fate["row_id_count"] for fate in fates},
        f"{found.records.num_rows:,} records,",
        end=" ",
    )
    print(f"{found.rejections.num_rows:,} rejections,", {one.name: one.ok for one in found.sums})


def watched() -> Watch:
    """The stretches of interpreting, in the order in which they come."""
    watch = Watch()
    for module, name, said in (
        (stage, "_landed_rows", "read"),
        (source_map, "keys_of", "keys"),
        (source_map, "routes", "branches chosen"),
        (branch, "map_fields", "fields mapped"),
        (branch, "claims", "claims made"),
        (branch, "check", "checks"),
        (branch, "_records", "records written"),
        (source_map, "mojibake_findings", "broken letters looked for"),
        (source_map, "_objections", "objections"),
        (source_map, "_result", "map put together"),
        (stage, "_assembled", "maps put together"),
    ):
        watch.function(module, name, said)
    return watch


def main(arguments: list[str]) -> None:
    """Make the rows in a process of their own, so that their memory is not counted; then measure."""
    if arguments[:1] == ["--make"]:
        make(Path(arguments[1]), int(arguments[2]))
        return
    rows = arguments[0] if arguments else "1000000"
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.executable, "-m", "benchmarks.interpret", "--make", name, rows], check=True)
        measure(Path(name))


if __name__ == "__main__":
    main(sys.argv[1:])
