"""Time of the review queue with many questions, in memory: a page, a search, the next question, an answer.

`python -m benchmarks.queue [--questions N]` makes 10,000 questions unless told otherwise, half of them in
groups of five customers with every pair asked, and prints milliseconds of processor time: median and worst of
50 times. With `--served` it also runs a project of so many questions and prints what a server takes to know
what was decided beside it: all gathered anew, and the part alone that a decision touches.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from itertools import combinations, count
from pathlib import Path
from statistics import median

from benchmarks.served import doubtful, run
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Question, Reason, Side, Wanted

TIMES = 50
FIVE = 5


def side(who: int) -> Side:
    """A customer of three records."""
    records = tuple(f"crm.people:{who}-{i}#person" for i in range(3))
    return Side(f"C-{who:09}", f"Person {who}", records, ("crm",), 2)


def question(one: int, other: int) -> Question:
    """A question about two customers."""
    sides = (side(one), side(other))
    return Question(
        id=f"Q-{one}-{other}",
        reasons=(Reason.BAND,),
        kind="person",
        sides=sides,
        leading=(sides[0].records[0], sides[1].records[0]),
        sources=("billing", "crm"),
        pairs=2,
        bits=0.0,
        probability=0.5,
        since=datetime(2026, 2, 1),
        assignee=None,
    )


def made(size: int) -> Queue:
    """A queue of so many questions."""
    ends = [(2 * at, 2 * at + 1) for at in range(size // 2)]
    for group in range(size // 4):
        ends += combinations(range(size + FIVE * group, size + FIVE * (group + 1)), 2)
    ends = ends[:size]
    return Queue([question(*both) for both in ends], groups=ends)


def timed(name: str, act: Callable[[], object], *, times: int = TIMES) -> None:
    """Print what an act takes."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        act()
        taken.append((time.process_time() - began) * 1000)
    print(f"{name:<36} {median(taken):8.1f} ms {max(taken):8.1f} ms")


def served(size: int) -> None:
    """What a server takes to know of a decision that another process has recorded."""
    from crm_unify.rules.load import load_project
    from crm_unify.run.deciding import drafted, record, verdict
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.review.gather import queue_of
    from crm_unify.steward.web.site import site_of

    with tempfile.TemporaryDirectory() as folder:
        project = doubtful(Path(folder) / "town", size)
        run(project)
        loaded = load_project(project)
        site, asked = site_of(loaded), count()
        site.board.prepare()
        site.board.wait()

        def whole() -> None:
            with site.reading() as connection:
                queue_of(newest_run(loaded), connection)

        def decide() -> None:
            who = next(asked)
            with site.reading() as connection:
                ends = (f"office.people:{2 * who + twin}#person" for twin in (0, 1))
                decision = drafted(verdict(connection, *ends, "different"), connection, why="", by="Ada")
            record(site.engine, decision)

        def known() -> None:
            with site.reading() as connection, site.board.queue(connection):
                pass

        known()
        timed("all gathered anew", whole, times=5)
        timed("a decision alone", decide)
        timed("a decision, and its part gathered anew", lambda: (decide(), known()))


def main() -> int:
    """All acts."""
    options = argparse.ArgumentParser(prog="benchmarks.queue", description=(__doc__ or "").splitlines()[0])
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--served", action="store_true", help="also run a project of so many questions")
    chosen = options.parse_args()
    size = chosen.questions
    began = time.process_time()
    queue = made(size)
    print(f"{size:,} questions, made in {(time.process_time() - began) * 1000:.0f} ms; median and worst:")
    timed("first page", queue.page)
    timed("last page", lambda: queue.page(start=size - 50))
    timed("search", lambda: queue.page(Wanted(text="person 4711 crm")))
    timed("next", queue.next)
    timed("progress", queue.progress)

    def answer() -> None:
        asked = queue.next()
        assert asked is not None, "questions are left"
        queue.answered(asked.id, "same")
        queue.page()

    def answer_and_progress() -> None:
        answer()
        queue.progress()

    timed("an answer and the page after it", answer)
    timed("an answer, page and progress", answer_and_progress)
    if chosen.served:
        served(size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
