"""How few questions settle the doubtful pairs: the order of the review queue beside random order.

`python -m benchmarks.questions [company] [SET ...] [--rows N]` matches the demo and generated sets (20,000
rows unless told otherwise), asks a steward who knows the truth, and draws `questions.svg`. A question is
about two customers; an answer holds for all records of both, and what follows from it by SAME and DIFFERENT
is settled. Three orders: the *queue*; *random*: any pair that is not settled yet, with the same closure;
*listed*: pair by pair in random order, as tools without closure ask them. Random orders are over five seeds.
*Knowing* is no order that anybody could ask in: it knows every answer beforehand, and takes what settles most
for each answer; what it needs bounds what can be hoped for.
Where a customer holds records of several true ones, the steward parts it first: an answer for each part but
one, in every order that knows customers.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.labelled import load
from benchmarks.questions_drawing import drawing
from benchmarks.scored import run
from crm_unify.cli import main as crm_unify
from matching.questions import Closure, Doubt

SEEDS = range(5)
SHARE = 0.8
"""Share of the doubtful pairs whose number of answers is told."""
MANY = 3
"""Doubtful pairs from which on a component counts as one of many."""
DRAWING = Path(__file__).parent / "questions.svg"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Task:
    """What a steward is asked, and the truth."""

    name: str
    doubts: tuple[Doubt, ...]
    same: tuple[bool, ...]
    """Whether each doubt is about one customer."""
    component: tuple[int, ...]
    """Doubtful pairs of the component of each doubt."""
    parts: Mapping[int, tuple[int, int]]
    """By group its customer and the answers it takes to part that, where it holds several true ones."""

    def only(self, *, many: bool) -> Task:
        """The doubts of components of many doubtful pairs, or those of the others."""
        keep = [at for at, pairs in enumerate(self.component) if (pairs >= MANY) == many]
        picked = [tuple(row[at] for at in keep) for row in (self.doubts, self.same, self.component)]
        return Task(self.name, picked[0], picked[1], picked[2], self.parts)  # type: ignore[arg-type]  # rows differ


def task(name: str, pairs: pa.Table, membership: pa.Table, truth: pa.Table) -> Task:
    """The questions of a run; `membership` is record_id, cluster, `truth` record_id, true_customer."""
    asked = pairs.filter(pc.equal(pairs["band"], "review"))
    known = dict(zip(truth["record_id"].to_pylist(), truth["true_customer"].to_pylist(), strict=True))
    of = dict(zip(membership["record_id"].to_pylist(), membership["cluster"].to_pylist(), strict=True))
    holds: dict[str, set[str]] = {}
    for record, cluster in of.items():
        if record in known:
            holds.setdefault(cluster, set()).add(known[record])
    numbers: dict[tuple[str, str], int] = {}
    edges: dict[tuple[int, int], list[float]] = {}
    for row in asked.select(["left", "right", "probability"]).to_pylist():
        if row["left"] not in known or row["right"] not in known:
            continue
        ends = [(of[row[side]], known[row[side]]) for side in ("left", "right")]
        one, other = sorted(numbers.setdefault(end, len(numbers)) for end in ends)
        edges.setdefault((one, other), []).append(row["probability"])
    customers = {cluster: at for at, cluster in enumerate(sorted({cluster for cluster, _ in numbers}))}
    parts = {
        at: (customers[cluster], len(holds[cluster]) - 1)
        for (cluster, _), at in numbers.items()
        if len(holds[cluster]) > 1
    }
    true = {at: customer for (_, customer), at in numbers.items()}
    doubts = tuple(Doubt(a, b, len(found), max(found)) for (a, b), found in sorted(edges.items()))
    same = tuple(true[doubt.one] == true[doubt.other] for doubt in doubts)
    return Task(name, doubts, same, _components(doubts), parts)


def _components(doubts: Sequence[Doubt]) -> tuple[int, ...]:
    closure = Closure(doubts)
    for doubt in doubts:
        closure.say(doubt.one, doubt.other, same=True)
    pairs: dict[int, int] = {}
    for doubt in doubts:
        pairs[closure.of(doubt.one)] = pairs.get(closure.of(doubt.one), 0) + doubt.pairs
    return tuple(pairs[closure.of(doubt.one)] for doubt in doubts)


# --- three orders; each gives the pairs settled by each answer ---
def by_queue(asked: Task) -> list[int]:
    """The order of the queue."""
    return list(_answered(asked, None))


def knowing(asked: Task) -> list[int]:
    """The order of somebody who knows the answers: most pairs for each answer, parting customers included."""
    components: dict[int, list[int]] = {}
    whole = Closure(asked.doubts)
    for doubt in asked.doubts:
        whole.say(doubt.one, doubt.other, same=True)
    for at, doubt in enumerate(asked.doubts):
        components.setdefault(whole.of(doubt.one), []).append(at)
    steps = [list(_knowingly(asked, mine)) for mine in components.values()]
    settled: list[int] = []
    while steps := [one for one in steps if one]:
        pairs, extra = max(steps, key=lambda one: one[0][0] / (1 + one[0][1])).pop(0)
        settled += [*[0] * extra, pairs]
    return settled


def _knowingly(asked: Task, mine: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Of one component the pairs each answer settles, and the answers that parting customers takes before."""
    doubts, parted = [asked.doubts[at] for at in mine], set[int]()
    closure = Closure(doubts)

    def gain(at: int) -> tuple[float, int, int, int]:
        parts = {asked.parts[one] for one in (doubts[at].one, doubts[at].other) if one in asked.parts}
        extra = sum(more for customer, more in parts if customer not in parted)
        told = deepcopy(closure).say(doubts[at].one, doubts[at].other, same=asked.same[mine[at]])
        pairs = sum(doubts[one].pairs for one in told)
        return pairs / (1 + extra), -at, pairs, extra

    while waiting := list(closure.open()):
        _, at, pairs, extra = max(map(gain, waiting))
        doubt = doubts[-at]
        parted |= {asked.parts[one][0] for one in (doubt.one, doubt.other) if one in asked.parts}
        closure.say(doubt.one, doubt.other, same=asked.same[mine[-at]])
        yield pairs, extra


def at_random(asked: Task, seed: int) -> list[int]:
    """Any doubtful pair that is not settled yet, with the same closure."""
    return list(_answered(asked, Random(seed)))


def listed(asked: Task, seed: int) -> list[int]:
    """Pair by pair: each settles itself."""
    return [1] * sum(doubt.pairs for doubt in asked.doubts)


def _answered(asked: Task, chance: Random | None) -> Iterator[int]:
    closure, parted = Closure(asked.doubts), set[int]()
    order = list(range(len(asked.doubts)))
    if chance is not None:
        pairs = [at for at in order for _ in range(asked.doubts[at].pairs)]
        chance.shuffle(pairs)
        order = pairs
    waiting = iter(order)
    while True:
        number = (
            closure.best() if chance is None else next((at for at in waiting if closure.is_open(at)), None)
        )
        if number is None:
            return
        doubt = asked.doubts[number]
        for group in (doubt.one, doubt.other):
            customer, extra = asked.parts.get(group, (-1, 0))
            if extra and customer not in parted:
                parted.add(customer)
                yield from [0] * extra
        yield sum(
            asked.doubts[at].pairs for at in closure.say(doubt.one, doubt.other, same=asked.same[number])
        )


def needed(settled: Sequence[int], share: float) -> int:
    """Answers until this share of the pairs is settled."""
    total = np.cumsum(settled)
    return int(np.searchsorted(total, share * total[-1] - 1e-9)) + 1 if len(total) else 0


def mean_curve(curves: Sequence[Sequence[int]]) -> list[float]:
    """Share settled after each answer, mean over runs."""
    longest = max(map(len, curves))
    whole = [np.cumsum(np.pad(np.array(curve), (0, longest - len(curve)))) for curve in curves]
    return [float(share) for share in np.mean([curve / max(curve[-1], 1) for curve in whole], axis=0)]


def measured(asked: Task) -> dict[str, object]:
    """The figures of one part of a task."""
    queue = by_queue(asked)
    random = [at_random(asked, seed) for seed in SEEDS]
    pairs = sum(doubt.pairs for doubt in asked.doubts)
    half = max(1, len(queue) // 2)
    ahead = [sum(queue[:half]) / max(1, sum(one[:half])) for one in random]
    return {
        "pairs": pairs,
        "questions": len(asked.doubts),
        "answers": {"queue": len(queue), "random": [len(one) for one in random], "listed": pairs},
        "to_80": {
            "queue": needed(queue, SHARE),
            "knowing": needed(knowing(asked), SHARE),
            "random": [needed(one, SHARE) for one in random],
            "listed": needed([1] * pairs, SHARE),
        },
        "settled_at_half_against_random": [round(one, 3) for one in ahead],
    }


# --- what is asked about ---
def company() -> Task:
    """The demo: run in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "fixtures" / "company"
        leave = shutil.ignore_patterns(".crm_unify", "crm.db*", "__pycache__")
        shutil.copytree(ROOT / "fixtures/company", project, ignore=leave)
        shutil.copytree(ROOT / "mappings/company", Path(name) / "mappings/company")
        if crm_unify(["run", str(project), "--yes", "--as-of", "2026-02-01"]):
            raise SystemExit("the demo does not run")
        return _of_project(project)


def _of_project(project: Path) -> Task:
    import pyarrow.parquet as pq

    from crm_unify.steward.truth import located, read_labels

    (folder,) = (project / ".crm_unify").glob("run-*")
    with closing(sqlite3.connect(project / "crm.db")) as con:
        xref = con.execute("SELECT record_id, customer_id FROM mig_xref").fetchall()
        known = con.execute("SELECT record_id, map, row_hash, part FROM mig_source_record").fetchall()
    columns = [pa.array(column, pa.string()) for column in zip(*known, strict=True)]
    records = pa.table(columns, ["record_id", "map", "row_hash", "part"])
    truth = located(
        read_labels(project / "truth.csv"), fates=pq.read_table(folder / "fates.parquet"), records=records
    )
    sides = [pa.array(column, pa.string()) for column in zip(*xref, strict=True)]
    return task(
        "company", pq.read_table(folder / "pairs.parquet"), pa.table(sides, ["record_id", "cluster"]), truth
    )


def generated(name: str, rows: int) -> Task:
    """A generated set, matched without configuration."""
    data = load(name, rows=rows)
    done = run(data)
    return task(f"{name}, {rows:,} rows", done.matched.pairs, done.membership, data.truth)


def curves(asked: Task) -> dict[str, list[float]]:
    """By order the share that is settled after each answer."""
    return {
        "queue": mean_curve([by_queue(asked)]),
        "random": mean_curve([at_random(asked, seed) for seed in SEEDS]),
        "listed": mean_curve([listed(asked, 0)]),
    }


def main() -> int:
    """The demo and 20,000 people, or what is named."""
    options = argparse.ArgumentParser(
        prog="benchmarks.questions", description=(__doc__ or "").splitlines()[0]
    )
    options.add_argument("sets", nargs="*", metavar="SET", help="company, or a generated set")
    options.add_argument("--rows", type=int, default=20_000, help="rows of the generated sets")
    options.add_argument("--dry", action="store_true", help="print only, leave questions.svg as it is")
    given = options.parse_args()
    tasks = []
    for name in given.sets or ["company", "people-3"]:
        whole = company() if name == "company" else generated(name, given.rows)
        tasks.append(whole)
        for label, part in (("all", whole), ("many", whole.only(many=True)), ("few", whole.only(many=False))):
            print(
                whole.name,
                label,
                json.dumps(measured(part)) if part.doubts else "nothing is asked",
                flush=True,
            )
    if not given.dry:
        squares = [(one.name, curves(one)) for one in tasks]
        DRAWING.write_text(drawing(squares), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
