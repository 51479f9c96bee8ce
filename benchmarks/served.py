"""Invented projects for measuring the review application: many questions, or one very large customer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from crm_unify.rules.load import load_project
from crm_unify.steward.web.accounts import add_user
from crm_unify.steward.web.site import site_of

PROJECT: Final = """\
project: people
sources: {office: {path: people.csv}}
rules: [people.yml]
target: "${CRM_URL:-sqlite:///crm.db}"
"""
DOUBTFUL: Final = "matching: {merge_bits: 60, review_bits: 0}\n"
"""Nothing is merged by evidence: every pair of rows of a person is a question."""
RULES: Final = """\
map: people
version: 1
status: draft
owner: office
source: {system: office, reader: csv, key: [ID]}
targets:
  - person: {as: person, full_name: {from: Name}, job_title: {from: Job}}
    contact_point: {of: person, kind: email, value: {from: Mail, type: email}}
    address: {of: person, line1: {from: Street}, city: {from: City}, country_code: GB}
"""
HEADER: Final = "ID,Name,Mail,Job,Street,City"
GIVEN: Final = ("Ada", "Bruno", "Clara", "David", "Edith", "Felix", "Greta", "Hugo", "Irma", "Jonas", "Karl",
                "Lena")  # fmt: skip
PARTS: Final = ("Abel", "Brandt", "Cremer", "Dorn", "Eckert", "Falk", "Gross", "Hoff", "Ihle", "Jung", "Kern",
                "Lang")  # fmt: skip
PASSWORD: Final = "lantern meadow copper"


def doubtful(folder: Path, people: int) -> Path:
    """A project of so many people of two rows each, every pair of which is a question."""
    rows = range(2 * people)
    lines = (line(row, row // 2, job="Clerk" if row % 2 else "Baker") for row in rows)
    return _project(folder, PROJECT + DOUBTFUL, lines)


def large(folder: Path, records: int) -> Path:
    """A project with one customer of so many rows, and some others."""
    one = (line(row, 0, job=f"Clerk {row % 7}") for row in range(records))
    others = (line(records + who, who, job="Baker") for who in range(1, 200))
    return _project(folder, PROJECT, (*one, *others))


def line(row: int, who: int, *, job: str) -> str:
    """A row of a person; names, addresses and streets come from their number."""
    family = f"{PARTS[who % 12]}{PARTS[who // 12 % 12].lower()}{PARTS[who // 144 % 12].lower()}"
    given = f"{GIVEN[who // 1728 % 12]} {GIVEN[(who * 7 + who // 12) % 12]}"
    mail = f"{given}.{family}.{who}@post.example".lower().replace(" ", ".")
    return f"{row},{given} {family},{mail},{job},{PARTS[who * 5 % 12]} Street {who},{PARTS[who % 7]}ton"


def _project(folder: Path, project: str, lines: Iterable[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "crm_unify.yml").write_text(project, encoding="utf-8")
    (folder / "people.yml").write_text(RULES, encoding="utf-8")
    (folder / "people.csv").write_text("\n".join((HEADER, *lines, "")), encoding="utf-8")
    return folder


def run(project: Path) -> None:
    """`crm-unify run`, in a process of its own."""
    words = [sys.executable, "-m", "crm_unify", "run", str(project), "--yes"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def with_stewards(project: Path, number: int) -> list[str]:
    """So many stewards who may sign in with PASSWORD; their names."""
    site, names = site_of(load_project(project)), [f"Steward {at}" for at in range(1, number + 1)]
    with site.writing() as connection:
        for name in names:
            add_user(connection, name, "steward", PASSWORD, by="benchmark")
    return names
