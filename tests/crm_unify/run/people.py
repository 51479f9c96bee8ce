"""The smallest project there is: one file of people, for tests that need just one bad thing in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.projects import Answer, question

PROJECT = """\
project: people
sources: {office: {path: people.csv}}
rules: [people.yml]
target: "${CRM_URL:-sqlite:///crm.db}"
"""
RULES = """\
map: people
version: 1
status: draft
owner: office
source:
  system: office
  reader: csv
  key: [ID]
targets:
  - person: {as: person, full_name: {from: Name}, job_title: {from: Job}}
    contact_point: {of: person, kind: email, value: {from: Mail, type: email}}
    address: {of: person, line1: {from: Note}, city: Leeds, country_code: GB}
"""
HEADER = "ID,Name,Mail,Job,Note"
GOOD = ("1,Ann Ash,ann@post.example,Clerk,North Lane 1", "2,Ben Birch,ben@post.example,Baker,South Lane 2")
BY_PLACE = ("extracted", "mapped", "held", "quarantined", "discarded", "withheld_values")


def people(folder: Path, lines: Iterable[str] = GOOD, *, source: str = "", encoding: str = "utf-8") -> Path:
    """A project whose file has these lines under the header; `source` are more settings of its source."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    rules = RULES.replace("  key: [ID]\n", f"  key: [ID]\n  {source}\n" if source else "  key: [ID]\n")
    (folder / "people.yml").write_text(rules, encoding="utf-8")
    fill(folder, lines, encoding=encoding)
    return folder


def fill(project: Path, lines: Iterable[str], *, header: str = HEADER, encoding: str = "utf-8") -> None:
    """Write the file of people anew."""
    (project / "people.csv").write_bytes("".join(f"{line}\n" for line in (header, *lines)).encode(encoding))


def account(data: dict[str, Any], source: str = "people") -> tuple[int, ...]:
    """Extracted, mapped, held, quarantined, discarded rows and withheld values; the rows add up."""
    extracted, mapped, held, quarantined, discarded, withheld = (data["account"][source][n] for n in BY_PLACE)
    assert extracted == mapped + held + quarantined + discarded
    return extracted, mapped, held, quarantined, discarded, withheld


def listed(project: Path) -> list[tuple[str, str, str | None]]:
    """What is listed in quarantine: code, severity and raw text, sorted."""
    return sorted(question(project / "crm.db", "SELECT code, severity, raw FROM mig_quarantine"))


def names(project: Path) -> list[str]:
    """Who is in the CRM."""
    return [name for (name,) in question(project / "crm.db", "SELECT display_name FROM customer ORDER BY 1")]


def rejected(project: Path, line: int) -> list[dict[str, Any]]:
    """What the first run listed about the row that begins on this line of the file, by code."""
    folder = project / ".crm_unify" / "run-1"
    rows = pq.read_table(folder / "people.parquet", columns=["_row", "_row_id"]).to_pylist()
    (row_id,) = [row["_row_id"] for row in rows if row["_row"] == line]
    listing = pq.read_table(folder / "rejections.parquet").to_pylist()
    return sorted((one for one in listing if one["row_id"] == row_id), key=lambda one: str(one["code"]))


def rules(project: Path, old: str, new: str) -> None:
    """Change the rule file."""
    file = project / "people.yml"
    said = file.read_text(encoding="utf-8")
    assert old in said
    file.write_text(said.replace(old, new), encoding="utf-8")


def expecting(project: Path, what: str) -> None:
    """Say what a healthy delivery looks like."""
    rules(project, "  key: [ID]", f"  key: [ID]\n  expects: {{{what}}}")


def refused(answer: Answer, code: int, words: tuple[str, ...]) -> None:
    """The exit code, and every word in the message."""
    assert (answer.code, answer.data["error"]["exit_code"]) == (code, code), answer.stderr
    assert [word for word in words if word not in answer.stderr] == []
    assert answer.data["error"]["remedy"] != ""
