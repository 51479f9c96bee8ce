"""The whole run on invented people in five legacy sources: seconds and peak memory per stage.

``python benchmarks/whole_run.py --rows 100000`` makes the sources with the generator beside the labelled
data (``CRM_UNIFY_DATA/../synth/make_synth.py``), writes a project around them in a temporary folder, runs it,
runs it again without a change, and prints both. The five sources are a workbook, two text files and two
database tables, each with its own way of writing names, dates and numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import xlsxwriter

SPLIT_NAMES: Final = """\
given_name: {from: first_name}
      middle_name: {from: middle_name}
      family_name: {from: last_name}"""
LAST_FIRST: Final = "full_name: {from: full_name, transform: surname_first}"
SOURCES: Final = {
    "crm": ("xlsx", "%Y-%m-%d", SPLIT_NAMES),
    "billing": ("csv", "%m/%d/%Y", SPLIT_NAMES),
    "webshop": ("sql", "%m/%d/%Y", SPLIT_NAMES),
    "legacy": ("sql", "%Y%m%d", LAST_FIRST),
    "loyalty": ("csv", "%Y-%m-%d", SPLIT_NAMES),
}
"""Reader, date format and where the name stands, by source."""
COLUMNS: Final = (
    "rid",
    "first_name",
    "middle_name",
    "last_name",
    "full_name",
    "suffix",
    "gender",
    "birth_date",
    "email",
    "phone",
    "address",
    "unit",
    "city",
    "state",
    "zip",
    "created",
)
RULES: Final = """\
map: {name}
source:
  system: {name}
  reader: {reader}
  {place}
  key: [rid]
  created: created
  parse:
    dates: ["{dates}", "%Y-%m-%d"]
    null_tokens: ["", "N/A", "-"]
    phone_country: US
    country: US
    name_order: given_first
  ignore: {{{ignored}}}
targets:
  - person:
      {names}
      suffix: {{from: suffix}}
      gender: {{from: gender}}
      birth_date: {{from: birth_date, type: date, sentinels: [1900-01-01]}}
    contact_point:
      - {{of: person, kind: phone, value: {{from: phone, type: phone}}}}
      - {{of: person, kind: email, value: {{from: email, type: email}}}}
    address:
      of: person
      line1: {{from: address}}
      line2: {{from: unit}}
      city: {{from: city}}
      region: {{from: state}}
      postal_code: {{from: zip, pad_left: {{to: 5, with: "0"}}}}
      country_code: US
"""


def make_people(rows: int, folder: Path) -> pa.Table:
    """Legacy-style people from the generator; the true customer of each in ``truth.csv``."""
    data = os.environ.get("CRM_UNIFY_DATA")
    if data is None:
        sys.exit("set CRM_UNIFY_DATA to the folder with truth/: the generator stands beside it")
    script = Path(data).resolve().parent / "synth" / "make_synth.py"
    out = folder / "people.parquet"
    subprocess.run(
        [sys.executable, script, "--rows", str(rows), "--style", "legacy", "--out", out],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    people = pq.read_table(out)
    names = pc.utf8_lower(people["source"])
    ids = pc.binary_join_element_wise(names, ".", names, ":", people["rid"].cast(pa.string()), "#person", "")
    truth = pa.table({"record_id": ids, "true_customer": people["cluster"].cast(pa.string())})
    pacsv.write_csv(truth, folder / "truth.csv")
    return people


def make_project(people: pa.Table, folder: Path) -> None:
    """Five sources, a rule file for each, and the project file."""
    places = {}
    for name, (reader, dates, names) in SOURCES.items():
        rows = people.filter(pc.equal(people["source"], name.upper())).select(list(COLUMNS))
        rows = rows.set_column(0, "rid", rows["rid"].cast(pa.string()))
        places[name], place = _write(name, reader, rows, folder)
        unused = ("first_name", "middle_name", "last_name") if names is LAST_FIRST else ("full_name",)
        ignored = ", ".join(f'{column}: "never filled here"' for column in unused)
        text = RULES.format(name=name, reader=reader, place=place, dates=dates, names=names, ignored=ignored)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    sources = "\n".join(f"  {name}: {place}" for name, place in places.items())
    project = (
        f"project: bench\nsources:\n{sources}\nrules: [{', '.join(f'{name}.yml' for name in SOURCES)}]\n"
    )
    (folder / "crm_unify.yml").write_text(project, encoding="utf-8")


def _write(name: str, reader: str, rows: pa.Table, folder: Path) -> tuple[str, str]:
    """Write one source; its place in the project file and in its rule file."""
    if reader == "xlsx":
        _workbook(rows, folder / f"{name}.xlsx")
        return f"{{path: {name}.xlsx}}", "sheet: People"
    if reader == "csv":
        pacsv.write_csv(rows, folder / f"{name}.csv")
        return f"{{path: {name}.csv}}", 'delimiter: ","'
    with sqlite3.connect(folder / "old.db") as con:
        con.execute(f"CREATE TABLE {name} ({', '.join(f'{c} TEXT' for c in COLUMNS)})")
        values = zip(*(column.to_pylist() for column in rows.columns), strict=True)
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(COLUMNS))})", values)
    return '{url: "sqlite:///old.db"}', f"table: {name}"


def _workbook(rows: pa.Table, path: Path) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("People")
        sheet.write_row(0, 0, COLUMNS)
        for number, row in enumerate(zip(*(c.to_pylist() for c in rows.columns), strict=True), 1):
            sheet.write_row(number, 0, ["" if value is None else value for value in row])


def measure(folder: Path) -> dict[str, object]:
    """One run, as a person would start it."""
    command = [sys.executable, "-m", "crm_unify", "run", str(folder), "--json", "--yes"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, object] = json.loads(answer)
    return found


def main() -> None:
    """Make, run, run again, evaluate, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_project(make_people(rows, folder), folder)
        for title in ("first run", "second run, nothing changed"):
            answer = measure(folder)
            stages = answer.pop("stages")
            print(
                f"\n{title}: {answer['seconds']} s, {answer['customers']} customers, "
                f"{answer['written_rows']} rows written"
            )
            for stage in stages if isinstance(stages, list) else []:
                print(f"  {stage['stage']:<28} {stage['seconds']:>8.1f} s  peak {stage['peak_mb']:>6} MB")
        command = [
            sys.executable,
            "-m",
            "crm_unify",
            "evaluate",
            "-p",
            str(folder),
            "--truth",
            str(folder / "truth.csv"),
        ]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
