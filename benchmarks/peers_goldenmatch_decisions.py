"""What people decided, in GoldenMatch, inside its own environment.

`python peers_goldenmatch_decisions.py decide ROWS.csv VERDICTS.csv MEMORY.db` records verdicts as its steward
(`add_correction`, which knows rows by their place in the file; its terminal review writes the same).
`python peers_goldenmatch_decisions.py run ROWS.csv MEMBERSHIP.csv MEMORY.db` runs it with that memory. The
matching is a weighted one written by hand: under the configuration that it makes itself for these rows, no
pair reaches its memory. This file uses only what GoldenMatch's environment has.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

# GoldenMatch is not installed where types are checked, only in the environment made for it
import goldenmatch  # type: ignore[import-not-found]
from goldenmatch.config import schemas  # type: ignore[import-not-found]
from goldenmatch.core.pipeline import run_dedupe  # type: ignore[import-not-found]

WORDS = {"same": "approve", "different": "reject"}
COMPARED = ("name", "email", "street")
SURE = 0.9
"""Mean similarity from which its weighted matching takes two rows for one."""


def ids(rows: str) -> list[str]:
    """The id of each row, in the order of the file."""
    with Path(rows).open(encoding="utf-8", newline="") as file:
        return [row["id"] for row in csv.DictReader(file)]


def configuration(memory: str) -> Any:
    """Rows of one street, compared by name, e-mail and street, with its memory switched on."""
    fields = [
        schemas.MatchkeyField(field=name, scorer="jaro_winkler", weight=1.0, transforms=["lowercase"])
        for name in COMPARED
    ]
    key = schemas.MatchkeyConfig(name="person", type="weighted", threshold=SURE, fields=fields)
    blocking = schemas.BlockingConfig(keys=[schemas.BlockingKeyConfig(fields=["street"])])
    return schemas.GoldenMatchConfig(
        matchkeys=[key], blocking=blocking, memory=schemas.MemoryConfig(path=memory)
    )


def decide(rows: str, verdicts: str, memory: str) -> None:
    """Record each verdict once."""
    place = {record: number for number, record in enumerate(ids(rows))}
    with Path(verdicts).open(encoding="utf-8", newline="") as file:
        for one, other, verdict in csv.reader(file):
            goldenmatch.add_correction(
                place[one], place[other], WORDS[verdict], source="steward", path=memory
            )


def run(rows: str, out: str, memory: str) -> None:
    """One run; the cluster of every row, its own where it has none."""
    found = run_dedupe([(rows, "office")], configuration(memory))
    cluster = {member: name for name, one in found["clusters"].items() for member in one["members"]}
    with Path(out).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        for number, record in enumerate(ids(rows)):
            lines.writerow([record, cluster.get(number, f"row {number}")])


def main() -> None:
    """One of the two."""
    {"decide": decide, "run": run}[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
