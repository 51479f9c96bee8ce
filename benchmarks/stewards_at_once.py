"""Many stewards at once in the review application while syncs run: no error, no lost decision, and how fast.

`python -m benchmarks.stewards_at_once [--stewards 50] [--seconds 60] [--pace 5] [--questions 10000] [--url
URL]` makes a project, serves it with `crm-unify serve`, signs everybody in and lets each go through the whole
cycle: next question, canvas, why, what follows, answer, now and then a note, an undo, the queue, a customer.
`--pace` is the mean of the seconds a person looks before answering. Meanwhile the source changes and
`crm-unify sync` runs, again and again. An answer that is told to wait is sent again under its key, as
browsers do. At the end every answer that was acknowledged must stand in the database, and nothing else.
`--url` is of an empty database; without it SQLite is used, where requests beside a load's transaction are
counted apart.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any

import sqlalchemy as sa

from benchmarks.served import doubtful, line, run, with_stewards
from benchmarks.steward_at_work import Heard, Look, Steward
from crm_unify.rules.load import load_project
from crm_unify.schema.bookkeeping import mig_decision
from crm_unify.schema.stewards import mig_answer
from crm_unify.schema.target import open_target


# --- what goes on beside them ---
@contextmanager
def serving(project: Path) -> Iterator[tuple[int, int]]:
    """`crm-unify serve` on a free port: the port, and the number of the process."""
    words = [sys.executable, "-m", "crm_unify", "serve", str(project), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None, "it is a pipe"
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None, "the server does not start"
        try:
            yield int(found.group(1)), server.pid
        finally:
            server.terminate()


def syncing(project: Path, heard: Heard, stop: Event) -> None:
    """Change some rows of the source and sync, until told to stop."""
    file = project / "people.csv"
    for number in range(1_000_000):
        if stop.is_set():
            return
        lines = file.read_text(encoding="utf-8").splitlines()
        for at in range(1 + number % 7, len(lines), max(len(lines) // 40, 1)):
            row = int(lines[at].partition(",")[0])
            lines[at] = line(row, row // 2, job=f"Clerk of round {number}")
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        _sync(project, heard)


def _sync(project: Path, heard: Heard) -> None:
    """One sync; when it held the database is told by the lines of its stage."""
    words = [sys.executable, "-m", "crm_unify", "sync", str(project)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None, "it is a pipe"
        began, said = 0.0, ""
        for text in process.stderr:
            said = text if text.startswith("error") else said
            if text.startswith("load: 0 of"):
                began = time.monotonic()
            elif text.startswith("load:") and "done" in text:
                heard.loads.append((began, time.monotonic()))
    heard.syncs[f"exit {process.returncode} {said.strip()}".strip()] += 1


# --- what came of it ---
def lost(project: Path, heard: Heard) -> list[str]:
    """Answers that were acknowledged and are not in the database, and decisions nobody was told of."""
    loaded = load_project(project)
    engine = open_target(loaded.project.target, root=loaded.root)
    with engine.connect() as connection:
        keys = set(connection.scalars(sa.select(mig_answer.c.id)))
        by_people = mig_decision.c.decided_by.startswith("Steward ")
        decisions = sorted(connection.scalars(sa.select(mig_decision.c.id).where(by_people)))
    told = sorted(number for numbers in heard.answers.values() for number in numbers)
    faults = [f"answer {key} is not there" for key in heard.answers.keys() - keys]
    faults += [f"answer {key} was not told" for key in keys - heard.answers.keys()]
    if told != decisions:
        faults.append(f"{len(told)} decisions were told, {len(decisions)} are there")
    return faults


@dataclass(frozen=True, slots=True)
class Work:
    """A day's work of each steward."""

    seconds: float = float("inf")
    """It ends after so many,"""
    answers: int | None = None
    """or after so many answers."""
    pace: float = 0.0
    """Mean seconds a person looks before answering."""


def at_work(project: Path, work: Work, *, stewards: int, questions: int, sync: bool = True) -> Heard:
    """Everybody signs in, then works while syncs go on; what they were told."""
    heard, stop = Heard(), Event()
    names = with_stewards(project, stewards)
    with serving(project) as (port, pid):
        spread = max(min(questions, stewards * 50) // stewards, 1)
        people = [
            Steward(name, port, heard, pace=work.pace, place=at * spread) for at, name in enumerate(names)
        ]
        for person in people:
            person.sign_in()
        before = cpu_seconds(pid)
        beside = Thread(target=syncing, args=(project, heard, stop))
        if sync:
            beside.start()
        for person in people:
            person.until, person.most = time.monotonic() + work.seconds, work.answers
            person.start()
        for person in people:
            person.join()
        stop.set()
        print(f"processor time of the server: {cpu_seconds(pid) - before:.1f} s", flush=True)
        if sync:
            beside.join()
    return heard


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(heard: Heard, *, sqlite: bool) -> Iterator[str]:
    """The figures."""
    own = [look for look in heard.looks if look.what not in ("sign-in", "sign-in form")]
    beside = [look for look in own if sqlite and any(_meets(look, load) for load in heard.loads)]
    free = [look for look in own if look not in set(beside)]
    yield f"{'milliseconds':<24} {'number':>7} {'median':>8} {'p95':>8} {'worst':>8}"
    for what in ("queue", "canvas", "why", "effects", "answer", "customer"):
        yield figures(what, [look for look in free if look.what == what])
    yield figures("all", free)
    if beside:
        yield figures("beside a load", beside)
    statuses = Counter(look.status for look in own)
    yield f"answers acknowledged: {len(heard.answers)}; statuses: {dict(sorted(statuses.items()))}"
    yield f"syncs: {dict(heard.syncs)}, loads of {', '.join(f'{end - at:.2f}' for at, end in heard.loads)} s"
    yield f"load of the machine: {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"


def _meets(look: Look, load: tuple[float, float]) -> bool:
    return look.began < load[1] and load[0] < look.began + look.seconds


def figures(what: str, looks: Sequence[Look]) -> str:
    """Median, 95th percentile and worst."""
    taken = [look.seconds * 1000 for look in looks]
    if len(taken) < 2:
        return f"{what:<24} {len(taken):>7}"
    high = quantiles(taken, n=20)[-1]
    return f"{what:<24} {len(taken):>7} {median(taken):8.1f} {high:8.1f} {max(taken):8.1f}"


def main() -> int:
    """Make the project, let everybody work, and tell what came of it."""
    what = (__doc__ or "").splitlines()[0]
    options = argparse.ArgumentParser(prog="benchmarks.stewards_at_once", description=what)
    options.add_argument("--stewards", type=int, default=50)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--pace", type=float, default=5)
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--url", default="")
    options.add_argument("--no-sync", action="store_true")
    given: Any = options.parse_args()
    if given.url:
        os.environ["CRM_URL"] = given.url
    with tempfile.TemporaryDirectory() as folder:
        project = doubtful(Path(folder, "town"), given.questions)
        run(project)
        heard = at_work(
            project,
            Work(seconds=given.seconds, pace=given.pace),
            stewards=given.stewards,
            questions=given.questions,
            sync=not given.no_sync,
        )
        print("\n".join(told(heard, sqlite=not given.url)))
        faults = [*heard.faults, *lost(project, heard)]
    print("\n".join(faults[:20]) or "no error, no lost decision")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
