"""How fast customers with contact points and addresses reach the CRM, and leave it again when it is undone.

    python -m benchmarks.load --customers 1000000 sqlite postgresql://postgres@127.0.0.1:5432/empty_database

Times the four steps a run takes once the golden rows stand (change set, plan file, load, and the change set
of a second run that finds nothing to do), the two of an undo (working it out, writing it) and the peak memory
of the process. The exports of all targets must be the same bytes. ``rows`` are rows of CRM
tables; the bookkeeping that is written with them (source records with raw row and claims, profiles, cross
references, one before-image a row) is in the time but not in the count. Every target runs in a process of
its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from crm_unify.ids import crm_ids
from crm_unify.progress import Silent
from crm_unify.records import REJECTIONS
from crm_unify.schema.tables import CRM_TABLES, arrow_schema
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from pipelines.changes import Desired, Facts, change_set, write_plan
from pipelines.export import export
from pipelines.ledger import ledger_of, read_ledger
from pipelines.load import RunRecord, apply
from pipelines.undo.reversal import Target, reversal

FACTS = Facts("benchmark", None, date(2026, 3, 2), "sources", "rules", "{}", "{}")
CONTACTS = 2
"""Contact points of each customer."""


def invented(customers: int) -> Desired:
    """A state of that many people, each with two contact points, an address and one source record."""
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW n AS SELECT range AS i FROM range({customers})")
        records = con.sql("SELECT 'shop.people:' || i || '#person' AS record_id, i FROM n").to_arrow_table()
        people = pa.table({"i": records["i"], "customer_id": crm_ids("C", records["record_id"])})
        con.register("people", people)
        golden = {name: con.sql(query).to_arrow_table() for name, query in GOLDEN.items()}
        empty = {name: arrow_schema(name).empty_table() for name in CRM_TABLES if name not in golden}
        for name, prefix in (("contact_point", "CP"), ("address", "AD")):
            golden[name] = golden[name].set_column(0, "id", crm_ids(prefix, golden[name]["id"]))
        return Desired(
            golden={name: table.sort_by(table.column_names[0]) for name, table in (golden | empty).items()},
            winners=con.sql(WINNERS).to_arrow_table(),
            records=con.sql(RECORDS + " ORDER BY 1").to_arrow_table(),  # as a run hands them over
            xref=con.sql(
                "SELECT 'shop.people:' || i || '#person' AS record_id, customer_id FROM people ORDER BY 1"
            ).to_arrow_table(),
            redirects=arrow_schema("mig_redirect").empty_table(),
            lineages=(),
            rejections=REJECTIONS.empty_table(),
            model=None,
            facts=FACTS,
        )


GOLDEN = {
    "customer": """SELECT customer_id AS id, 'person' AS kind, 'Given' || i % 5000 || ' Family' || i % 90001
        AS display_name, 'active' AS status, '2019-05-06' AS source_created, '2024-01-02T03:04:05Z' AS
        source_updated
        FROM people""",
    "person": """SELECT customer_id, 'Given' || i % 5000 AS given_name, 'Family' || i % 90001 AS family_name,
        'Given' || i % 5000 || ' Family' || i % 90001 AS full_name, 'F' AS gender,
        strftime(DATE '1950-01-01' + (i % 20000)::INT, '%Y-%m-%d') AS birth_date FROM people""",
    "contact_point": f"""SELECT i || ':' || k AS id, customer_id,
        CASE k WHEN 0 THEN 'email' ELSE 'phone' END AS kind,
        'Person' || i || '@Mail.example' AS value_raw, 'person' || i || '-' || k || '@mail.example' AS
        value_norm,
        true AS is_primary FROM people, range({CONTACTS}) r(k)""",
    "address": """SELECT i || '' AS id, customer_id, 'Long Street ' || i % 977 AS line1,
        lpad((i % 99999)::VARCHAR, 5, '0')
        AS postal_code, 'Town ' || i % 4001 AS city, 'DE' AS country_code, true AS is_primary FROM people""",
}
WINNERS = """SELECT customer_id, field, 'shop.people:' || i || '#person' AS record_id,
    'only' AS decided_by, 1 AS claims
    FROM people, (VALUES ('person.birth_date'), ('person.full_name'), ('person.gender')) f(field)"""
RECORDS = """SELECT 'shop.people:' || i || '#person' AS record_id, 'people' AS map, 'shop' AS system,
    'people' AS entity, i || '' AS key, 'person' AS part, 'person' AS kind, NULL::VARCHAR AS lineage, md5(i
    || '') AS row_hash, '2019-05-06' AS created, '2024-01-02' AS updated, '00000001|2019-05-06' AS founding,
    '{"CUSTNO":"' || i || '","NAME1":"Given' || i % 5000 || ' Family' || i % 90001 || '","STREET":"Long
    Street ' || i % 977 || '","CITY":"Town ' || i % 4001 || '","EMAIL":"Person' || i ||
    '@Mail.example","TEL":"030 23125 000"}' AS raw, '{"address":[{"city":"Town ' || i % 4001 ||
    '","line1":"Long Street ' || i % 977 || '"}],"contact_point":[{"kind":"email","value_norm":"person' || i
    || '-0@mail.example"}],"person":{"full_name":"Given'
    || i % 5000 || ' Family' || i % 90001 || '"}}' AS claims, 'active' AS state FROM people"""


@contextmanager
def timed(times: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    """Keep wall time and processor time (both in seconds) of a block under a name."""
    began, worked = time.perf_counter(), time.process_time()
    yield
    times[name] = {
        "wall": round(time.perf_counter() - began, 1),
        "cpu": round(time.process_time() - worked, 1),
    }


def measure(url: str, customers: int, folder: Path) -> dict[str, object]:
    """One load into an empty target, and a second run that changes nothing."""
    desired = invented(customers)
    at_start = peak_megabytes()
    engine, times = open_target(url), dict[str, dict[str, float]]()
    upgrade(engine)
    with timed(times, "change set"):
        changes = change_set(desired, read_ledger(engine), engine, spool=folder)
    with timed(times, "plan file"):
        write_plan(changes, folder / "plan.jsonl")
    with timed(times, "load"):
        apply(changes, engine, run=RunRecord(FACTS, datetime.now(UTC)), progress=Silent(), scratch=folder)
    with timed(times, "nothing to do"):
        again = change_set(desired, read_ledger(engine), engine, spool=folder)
    assert again.written_rows == 0, "a second run must find nothing to write"
    exported = sha256_of_export(engine, folder / "export")
    del desired, again
    undo(engine, folder, times)
    rows = sum(len(c.creates) for name, c in changes.tables.items() if name in CRM_TABLES)
    return {
        "target": engine.dialect.name,
        "rows": rows,
        "seconds": times,
        "rows a second": round(rows / times["load"]["wall"]),
        "rows a CPU second": round(rows / times["load"]["cpu"]),
        "undo to load": round(spent(times, "undo") / times["load"]["cpu"], 2),
        "undo to change set and load": round(
            spent(times, "undo") / (times["change set"]["cpu"] + times["load"]["cpu"]), 2
        ),
        "export": exported,
        "megabytes before": at_start,
        "megabytes": peak_megabytes(),
        "plan megabytes": round((folder / "plan.jsonl").stat().st_size / 1e6),
    }


def undo(engine: sa.Engine, folder: Path, times: dict[str, dict[str, float]]) -> None:
    """Take the load back."""
    with timed(times, "undo, worked out"), engine.connect() as connection:
        ledger = ledger_of(connection)
        way = reversal(Target(1, None), ledger, connection, facts=FACTS, model_id=None)
    record = RunRecord(FACTS, datetime.now(UTC), along=lambda *_: None)
    with timed(times, "undo, written"):
        apply(way.changes, engine, run=record, progress=Silent(), scratch=folder)
    assert len(way.kept) == len(way.failed) == 0, "nobody has touched anything"


def spent(times: dict[str, dict[str, float]], step: str) -> float:
    """CPU seconds of the steps whose names begin so."""
    return sum(one["cpu"] for name, one in times.items() if name.startswith(step))


def sha256_of_export(engine: sa.Engine, folder: Path) -> str:
    """One hash over all exported files."""
    export(engine, folder)
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def peak_megabytes() -> int:
    """Most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure each target in a process of its own, or (with --here) one target in this one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="+", help="'sqlite' or the URL of an empty database")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options, exports = parser.parse_args(), set()
    for target in options.targets:
        if not options.here:
            same = ["--here", "--customers", str(options.customers), target]
            command = [sys.executable, "-m", "benchmarks.load", *same]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            exports.add(json.loads(told)["export"])
            print(told, end="", flush=True)
            continue
        with TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/crm.db" if target == "sqlite" else target
            print(json.dumps(measure(url, options.customers, Path(folder))))
    assert len(exports) < 2, "the same customers must be exported as the same bytes"


if __name__ == "__main__":
    main()
