"""`dedupe` from files to customers: every row once, the same whatever the order of rows and columns."""

from __future__ import annotations

from pathlib import Path

from crm_unify.progress import Silent
from crm_unify.run.dedupe import DedupeJob, DedupeResult, dedupe

PEOPLE = """id,first_name,last_name,email,city
1,Anna,Nowak,anna.nowak@example.com,Leeds
2,Ann,Nowak,anna.nowak@example.com,Leeds
3,Piotr,Zielinski,p.z@example.org,York
4,Maria,Lopez,maria@example.net,Hull
"""


def run(folder: Path, text: str, **said: object) -> DedupeResult:
    """Deduplicate one CSV."""
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    return dedupe(DedupeJob((path,), **said), progress=Silent())  # type: ignore[arg-type]  # any field of the job


def test_every_row_is_in_the_membership_once(tmp_path: Path) -> None:
    """The record ids of the membership are those of the id column, each once, in their order."""
    found = run(tmp_path, PEOPLE, id="id")
    assert found.membership["record_id"].to_pylist() == ["1", "2", "3", "4"]
