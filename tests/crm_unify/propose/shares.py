"""How many columns a proposal maps as a person would, against a list written by hand."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.projects import ROOT

KEYS = ROOT / "fixtures" / "first_mapping"


@dataclass(frozen=True, slots=True)
class Shares:
    """Columns of one list, by what became of them."""

    right: int
    wrong: dict[str, str]
    """`table.column` -> what was proposed, where that is not what a person would do"""
    asked: list[str]
    """Columns that a person would have mapped and the proposal asks about"""

    @property
    def columns(self) -> int:
        """Columns of the list."""
        return self.right + len(self.wrong) + len(self.asked)

    @property
    def share_right(self) -> float:
        """0 to 1."""
        return self.right / self.columns

    @property
    def share_wrong(self) -> float:
        """0 to 1."""
        return len(self.wrong) / self.columns


def shares(answer: Mapping[str, Any], name: str) -> Shares:
    """Hold the JSON answer of `init` against the list of that name; all its columns must be there."""
    found = {
        (one["table"], column): set(targets)
        for one in answer["maps"]
        for column, targets in one["columns"].items()
    }
    right, wrong, asked = 0, {}, []
    for row in _rows(name):
        goes = found[row["table"], row["column"]]
        wanted = set(row["right"].split(" | "))
        if goes <= wanted:
            right += 1
        elif goes == {"ask"}:
            asked.append(f"{row['table']}.{row['column']}")
        else:
            wrong[f"{row['table']}.{row['column']}"] = ", ".join(sorted(goes))
    return Shares(right, wrong, asked)


def _rows(name: str) -> list[dict[str, str]]:
    with (KEYS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
