"""Small invented tables, written to a folder and profiled."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from crm_unify.progress import Silent
from pipelines.profile.interface import ColumnProfile, Profiled, Suspicion, TableProfile
from pipelines.profile.profile import profile

TODAY = date(2026, 11, 22)


def profiled(*places: Path | str, only: Sequence[str] = ()) -> Profiled:
    """The profile of some places on the day of the tests."""
    return profile([str(place) for place in places], as_of=TODAY, progress=Silent(), only=only)


def written(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def table(folder: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> TableProfile:
    """The profile of one table."""
    return profiled(written(folder / "people.csv", header, rows)).tables[0]


def column(folder: Path, name: str, values: Iterable[object]) -> ColumnProfile:
    """The profile of a column beside a running number."""
    return table(folder, ["no", name], list(enumerate(values, 1))).column(name)


def suspicion(found: ColumnProfile, code: str) -> Suspicion | None:
    """What is suspicious about a column under one code."""
    return next((one for one in found.suspicions if one.code == code), None)
