"""Time of the review queue with many questions, in memory: a page, a search, the next question, an answer.

`python -m benchmarks.queue [--questions N]` makes 10,000 questions unless told otherwise, half of them in
groups of five customers with every pair asked, and prints milliseconds of processor time: median and worst of
50 times.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from statistics import median

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


def timed(name: str, act: Callable[[], object]) -> None:
    """Print what an act takes."""
    taken = []
    for _ in range(TIMES):
        began = time.process_time()
        act()
        taken.append((time.process_time() - began) * 1000)
    print(f"{name:<36} {median(taken):8.1f} ms {max(taken):8.1f} ms")


def main() -> int:
    """All acts."""
    options = argparse.ArgumentParser(prog="benchmarks.queue", description=(__doc__ or "").splitlines()[0])
    options.add_argument("--questions", type=int, default=10_000)
    size = options.parse_args().questions
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
