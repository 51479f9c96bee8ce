"""A nightly sync of a large project: some rows changed, some gone, some new; against a full re-match.

``python -m benchmarks.sync --rows 100000`` makes one source of invented people with the generator beside the
labelled data, runs it, changes a thousandth of the rows, takes a ten-thousandth away, adds as many, and
syncs: processor and wall seconds and the peak memory of the process. Then a copy of the project without its
workspace is synced: everything is worked out anew, and its plan must be the same to the byte.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.generated import generated

RULES: Final = """\
map: people
source:
  system: crm
  reader: csv
  delimiter: ","
  key: [rid]
  parse: {phone_country: US, country: US}
targets:
  - person: {given_name: {from: first_name}, middle_name: {from: middle_name}, family_name: {from: last_name},
             suffix: {from: suffix}, gender: {from: gender}, birth_date: {from: birth_date, type: date}}
    contact_point:
      - {of: person, kind: phone, value: {from: phone, type: phone}}
      - {of: person, kind: email, value: {from: email, type: email}}
    address: {of: person, line1: {from: address}, line2: {from: unit}, city: {from: city},
              region: {from: state}, postal_code: {from: zip}, country_code: US}
"""
PROJECT: Final = "project: bench\nsources: {crm: {path: people.csv}}\nrules: [people.yml]\n"
COLUMNS: Final = ("rid", "first_name", "middle_name", "last_name", "suffix", "gender", "birth_date", "email",
                  "phone", "address", "unit", "city", "state", "zip")  # fmt: skip
CHANGED, GONE = 1_000, 10_000
"""One row in so many changes; one in so many goes, and as many come."""
LATER: Final = "2026-03-02"


def people(rows: int) -> tuple[pa.Table, pa.Table]:
    """The rows of the first delivery, and those of the second."""
    more = rows // GONE or 1
    table = pq.read_table(generated("people-1", rows + more)[0])
    table = table.select(list(COLUMNS)).cast(pa.schema([(name, pa.string()) for name in COLUMNS]))
    first = table.slice(0, rows)
    chosen = np.random.default_rng(1).permutation(rows)
    changed, gone = np.sort(chosen[: rows // CHANGED or 1]), chosen[-more:]
    mask = np.zeros(rows, np.bool_)
    mask[changed] = True
    streets = first["address"].combine_chunks()
    moved = pc.replace_with_mask(streets, pa.array(mask), streets.take(pa.array(changed[::-1])))
    second = first.set_column(COLUMNS.index("address"), "address", moved)
    kept = np.ones(rows, np.bool_)
    kept[gone] = False
    return first, pa.concat_tables([second.filter(pa.array(kept)), table.slice(rows)])


def command(project: Path, *words: str) -> dict[str, Any]:
    """What a command of the program answers, with its seconds and the peak of its memory."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    told = [sys.executable, "-c", MEASURED, *words, str(project), "--json"]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer: dict[str, Any] = json.loads(done.stdout)
    answer["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    answer["wall"] = time.perf_counter() - began
    answer["peak_mb"] = int(done.stderr.rstrip().rsplit("peak ", 1)[1]) * 1024 // 10**6
    return answer


MEASURED: Final = """
import resource, sys
from crm_unify.cli import main
code = main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def shown(title: str, answer: dict[str, Any]) -> None:
    """One line, and the stages."""
    print(
        f"{title}: {answer['cpu']:.1f} CPU s, {answer['wall']:.1f} s, peak {answer['peak_mb']} MB, "
        f"{answer['customers']} customers, {answer['written_rows']} rows written",
        flush=True,
    )
    for stage in answer.get("stages", ()):
        spent = f"{stage['cpu_seconds']:>8.2f} CPU s {stage['seconds']:>8.2f} s"
        print(f"  {stage['stage']:<32} {spent}  peak {stage['peak_mb']:>6} MB")


def plan_of(project: Path, number: int) -> bytes:
    """The plan of a run."""
    return (project / ".crm_unify" / f"run-{number}" / "plan.jsonl").read_bytes()


def measured(rows: int, folder: Path, *, full: bool) -> None:
    """Run, change, sync, compare."""
    project, twin = folder / "project", folder / "twin"
    project.mkdir()
    (project / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    (project / "people.yml").write_text(RULES, encoding="utf-8")
    first, second = people(rows)
    pacsv.write_csv(first, project / "people.csv")
    shown("first run", command(project, "run", "--yes", "--as-of", LATER))
    shown("sync, nothing new", command(project, "sync", "--as-of", LATER))
    pacsv.write_csv(second, project / "people.csv")
    del first, second
    if full:
        shutil.copytree(project, twin, ignore=shutil.ignore_patterns(".crm_unify"))
    answer = command(project, "sync", "--as-of", LATER)
    shown("sync with news", answer)
    print(f"  all of it worked out anew: {answer['anew'] or 'no'}")
    print(f"  all records matched anew: {answer['matched_anew'] or 'no'}")
    if full:
        other = command(twin, "sync", "--as-of", LATER)
        shown("full re-match", other)
        same = plan_of(project, answer["run"]) == plan_of(twin, other["run"])
        print(f"  the plans are {'the same to the byte' if same else 'NOT THE SAME'}")


def main() -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--without-full", action="store_true", help="leave out the full re-match")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        measured(asked.rows, Path(name), full=not asked.without_full)


if __name__ == "__main__":
    main()
