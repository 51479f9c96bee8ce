"""Do verdicts hold? crm-unify and GoldenMatch on the same people, verdicts and changes of the file.

48 verdicts of a person on a small town, half SAME, half DIFFERENT, recorded once by each tool's own command;
then the file changes as files do, and each tool runs again. A verdict holds when its two records are in one
customer, or in two, as it says; where a record has gone it is not counted. Beside them stands what a verdict
must not do: the homes of which nobody said a word and whose two people were merged.
`python -m benchmarks.decisions`.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final

from benchmarks.peers_environment import HERE, python
from crm_unify.cli import main as crm_unify

Row = tuple[str, ...]
Verdict = tuple[str, str, str]
Change = Callable[[list[Row]], list[Row]]

GIVEN: Final = ("Ada", "Bruno", "Clara", "David", "Edith", "Felix", "Greta", "Hugo", "Irma", "Jonas")
FAMILY: Final = ("Abel", "Brandt", "Cremer", "Dorn", "Eckert", "Falk", "Gross", "Hoffmann", "Ihle", "Jung")
ENDINGS: Final = ("", "sen", "mann", "hof", "stein")
STREETS: Final = ("Acorn", "Birch", "Cedar", "Damson", "Elder", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
HEADER: Final = ("id", "name", "email", "job", "street", "city")
PEOPLE: Final = 96
"""People of the town; each stands twice in the file, under an even number and the next odd one."""
VERDICTS: Final[tuple[Verdict, ...]] = (
    *((str(4 * home), str(4 * home + 2), "same") for home in range(24)),
    *((str(PEOPLE + 2 * who), str(PEOPLE + 2 * who + 1), "different") for who in range(24)),
)
"""SAME on two people of one home, DIFFERENT on the two rows of one person."""
SILENT: Final = [(str(4 * home), str(4 * home + 2)) for home in range(36, 48)]
"""Two people of each home on whom there is no verdict."""
PROJECT: Final = """\
project: town
sources: {office: {path: town.csv}}
rules: [town.yml]
target: sqlite:///crm.db
"""
RULES: Final = """\
map: town
version: 1
status: draft
owner: office
source: {system: office, reader: csv, key: [id]}
targets:
  - person: {as: person, full_name: {from: name}, job_title: {from: job}}
    contact_point: {of: person, kind: email, value: {from: email, type: email}}
    address: {of: person, line1: {from: street}, city: {from: city}, country_code: GB}
"""


def row(record: int) -> Row:
    """A row of the town: people live in homes of two, with one family name and street."""
    who = record // 2
    home = who // 2
    given, family = GIVEN[who % len(GIVEN)], FAMILY[home % len(FAMILY)] + ENDINGS[home // len(FAMILY)]
    mail = f"{given}.{family}{who}@post.example".lower()
    street = f"{STREETS[home % len(STREETS)]} Street {home + 1}"
    return (str(record), f"{given} {family}", mail, "Clerk" if record % 2 else "Baker", street, "Leeds")


def town() -> list[Row]:
    """Every row."""
    return [row(record) for record in range(2 * PEOPLE)]


def one_moved(rows: list[Row]) -> list[Row]:
    """Every fourth row says another street."""
    return [
        (*one[:4], one[4].replace(" Street ", " Lane "), one[5]) if int(one[0]) % 4 == 1 else one
        for one in rows
    ]


def every_third_gone(rows: list[Row]) -> list[Row]:
    """A delivery without every third row."""
    return [one for one in rows if int(one[0]) % 3]


NEW: Final = [("9001", "Zoe Zimmer", "zoe.zimmer@post.example", "Clerk", "Zinnia Street 1", "Leeds")]
CHANGES: Final[Mapping[str, tuple[Change, ...]]] = {
    "nothing changed": (list,),
    "rows in another order": (lambda rows: rows[::-1],),
    "a row more at the end": (lambda rows: [*rows, *NEW],),
    "a row inserted on top": (lambda rows: [*NEW, *rows],),
    "every fourth row edited": (one_moved,),
    "every third row gone": (every_third_gone,),
    "gone for a run, then back": (every_third_gone, list),
}
"""What becomes of the file before each further run."""


def write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """A file of comma-separated values."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def ours(*words: str | Path) -> dict[str, Any]:
    """A command of crm-unify, answered as JSON."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = crm_unify([*map(str, words), "--json"])
    if code:
        raise RuntimeError(err.getvalue())
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


class CrmUnify:
    """A project of one source."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
        (folder / "town.yml").write_text(RULES, encoding="utf-8")

    def run(self, rows: Iterable[Row]) -> dict[str, str]:
        """The customer of each row."""
        write(self.folder / "town.csv", [HEADER, *rows])
        ours("run", self.folder, "--as-of", "2026-02-01", "--yes")
        ours("export", self.folder, "--out", self.folder / "export")
        with (self.folder / "export" / "customer_xref.csv").open(encoding="utf-8", newline="") as file:
            return {one["key"]: one["customer_id"] for one in csv.DictReader(file)}

    def decide(self, verdicts: Iterable[Verdict]) -> None:
        """By `crm-unify decide`."""
        for one, other, verdict in verdicts:
            sides = (f"office.town:{one}#person", f"office.town:{other}#person")
            ours("decide", *sides, verdict, "-p", self.folder, "--why", "she told us", "--by", "Ada", "--yes")


class GoldenMatch:
    """Its memory in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def _script(self, command: str, *words: str) -> None:
        script = HERE / "peers_goldenmatch_decisions.py"
        done = subprocess.run(
            [python("goldenmatch"), "-P", script, command, *words],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)

    def run(self, rows: Iterable[Row]) -> dict[str, str]:
        """The cluster of each row."""
        write(self.folder / "town.csv", [HEADER, *rows])
        self._script("run", "town.csv", "membership.csv", "memory.db")
        with (self.folder / "membership.csv").open(encoding="utf-8", newline="") as file:
            return dict(csv.reader(file))

    def decide(self, verdicts: Iterable[Verdict]) -> None:
        """By `add_correction`."""
        write(self.folder / "verdicts.csv", verdicts)
        self._script("decide", "town.csv", "verdicts.csv", "memory.db")


Tool = CrmUnify | GoldenMatch
TOOLS: Final[Mapping[str, type[CrmUnify] | type[GoldenMatch]]] = {
    "crm-unify": CrmUnify,
    "GoldenMatch": GoldenMatch,
}


def held(of: Mapping[str, str], verdict: str) -> tuple[int, int]:
    """How many verdicts of this kind hold, and how many there are of whose records both are there."""
    there = [(of[a], of[b]) for a, b, said in VERDICTS if said == verdict and a in of and b in of]
    return sum((one == other) == (verdict == "same") for one, other in there), len(there)


def merged(of: Mapping[str, str]) -> tuple[int, int]:
    """How many homes without a verdict were made one customer, and how many there are."""
    there = [(of[one], of[other]) for one, other in SILENT if one in of and other in of]
    return sum(one == other for one, other in there), len(there)


def counts(of: Mapping[str, str]) -> tuple[tuple[int, int], ...]:
    """Verdicts of either kind that hold, and homes that were merged."""
    return held(of, "same"), held(of, "different"), merged(of)


def tried(tool: type[CrmUnify] | type[GoldenMatch], folder: Path) -> dict[str, dict[str, str]]:
    """The customers after each change of the file, every change made to a copy of the decided town."""
    made = tool(folder / "decided")
    made.run(town())
    made.decide(VERDICTS)
    found = {}
    for name, changes in CHANGES.items():
        here = folder / name.replace(" ", "_")
        shutil.copytree(folder / "decided", here)
        made.folder = here
        for change in changes:
            found[name] = made.run(change(town()))
    return found


def main() -> None:
    """Every tool through every change; a table of verdicts that hold, SAME and DIFFERENT."""
    with tempfile.TemporaryDirectory() as name:
        found = {}
        for tool, kind in TOOLS.items():
            (Path(name) / tool).mkdir()
            found[tool] = tried(kind, Path(name) / tool)
    heads = [f"{tool} {what}" for tool in TOOLS for what in ("SAME", "DIFFERENT", "merged unasked")]
    print("| the file | " + " | ".join(heads) + " |")
    print("| --- |" + " --: |" * len(heads))
    for change in CHANGES:
        cells = [count for tool in TOOLS for count in counts(found[tool][change])]
        print(f"| {change} | " + " | ".join(f"{some} of {every}" for some, every in cells) + " |")


if __name__ == "__main__":
    main()
