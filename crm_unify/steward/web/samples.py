"""Blind samples in the browser: drawn once for a run and a wish, answered pair by pair, and what they say.

A pair is named with the wish that drew it, ``S-... .100-100-1``: several samples go on beside each other, and
after a restart of the server the name alone brings the same pairs back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.model import settings
from crm_unify.schema.stewards import mig_answer
from crm_unify.steward.review.population import population
from crm_unify.steward.review.sample import Accuracy, Design, Drawn, draw, estimated
from crm_unify.steward.web.making import Making


@dataclass(frozen=True, slots=True)
class Wish:
    """What sample is asked for."""

    merged: int
    apart: int
    seed: int

    def __str__(self) -> str:
        """As it stands in the name of a pair."""
        return f"{self.merged}-{self.apart}-{self.seed}"


MOST: Final = 1_000
"""Pairs of either kind that a sample may have."""
LAST_SEED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs in an order that says nothing, and what they stand for."""

    wish: Wish
    drawn: Drawn

    @property
    def pairs(self) -> dict[str, tuple[str, str]]:
        """Both records by the id of the pair, in the order they are asked in."""
        rows = self.drawn.pairs.to_pylist()
        return {row["question"]: (row["left"], row["right"]) for row in rows}

    def named(self, pair: str) -> str:
        """A pair of this sample as pages and answers name it."""
        return f"{pair}{MARK}{self.wish}"

    def estimated(self, said: Mapping[str, str]) -> Accuracy:
        """Precision and recall as far as it is answered."""
        rows = self.drawn.pairs.to_pylist()
        items = {row["question"]: row["part"] for row in rows}
        return estimated(Design("", self.wish.seed, self.drawn.parts, items), said)


@dataclass(frozen=True, slots=True)
class Samples:
    """Keeps some samples until the next run; the same wish gives the same sample again."""

    making: Making[Wish, Sample]

    def draw(self, connection: sa.Connection, wish: Wish) -> Sample:
        """The sample of a wish.

        Raises NotReady while it is drawn by a thread of its own; UsageError when no run has stored a model.
        """
        return self.making.get(connection, wish)

    def of(self, connection: sa.Connection, name: str) -> Sample:
        """The sample that a pair is named in. Raises as :meth:`draw`, UsageError for what names none."""
        return self.draw(connection, wish_of(name))

    def pair(self, connection: sa.Connection, name: str) -> tuple[str, str]:
        """Both records of a pair. Raises as :meth:`of`, UsageError for a pair of another sample."""
        found = self.of(connection, name).pairs.get(name.partition(MARK)[0])
        if found is None:
            raise _strange(name)
        return found


KEPT: Final = 16
"""Samples that are kept: one for each person at work, and some."""


def samples_of(project: LoadedProject, engine: sa.Engine) -> Samples:
    """The samples of a project, none drawn yet."""

    def make(connection: sa.Connection, wish: Wish) -> Sample:
        chosen = replace(settings(project.project), estimate=False)
        pairs = population(connection, chosen, progress=Silent())
        return Sample(wish, draw(pairs, precision=wish.merged, recall=wish.apart, seed=wish.seed))

    return Samples(Making(engine, "the sample", make, most=KEPT))


# --- names ---
MARK: Final = "."
"""Stands between the id of a pair and the wish that drew it."""
NAME: Final = re.compile(r"[^.]+\.(\d{1,4})-(\d{1,4})-(\d{1,7})")
DONE: Final = "done"
"""In place of a pair: there is none left."""


def wish_of(name: str) -> Wish:
    """The wish that a name ends with. Raises UsageError where it ends with none."""
    found = NAME.fullmatch(name)
    if found is None or max(int(found[1]), int(found[2])) > MOST or int(found[3]) > LAST_SEED:
        raise _strange(name)
    return Wish(*map(int, found.groups()))


def _strange(name: str) -> UsageError:
    return UsageError("this pair is of another sample", name, remedy="begin again on the sample's page")


# --- what was said ---
def following(connection: sa.Connection, sample: Sample) -> str:
    """The name of the first pair that nobody has answered, or of the end."""
    said = verdicts(connection, sample)
    return sample.named(next((pair for pair in sample.pairs if pair not in said), DONE))


def verdicts(connection: sa.Connection, sample: Sample) -> dict[str, str]:
    """What was last said of each pair of a sample, and not undone; in whatever sample it was asked."""
    a = mig_answer.c
    query = sa.select(a.answer).where(a.undone_at.is_(None), a.answer.contains('"canvas": "S-'))
    said = {}
    for (text,) in connection.execute(query.order_by(a.answered_at)):
        answer = json.loads(text)
        if answer.get("action") in ("same", "different", "unsure"):
            said[answer["canvas"].partition(MARK)[0]] = answer["action"]
    return {pair: said[pair] for pair in sample.pairs if pair in said}
