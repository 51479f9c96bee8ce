"""Blind samples in the browser: drawn once for a run and seed, answered pair by pair, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.model import settings
from crm_unify.schema.stewards import mig_answer
from crm_unify.steward.review.population import population
from crm_unify.steward.review.sample import Accuracy, Design, Drawn, draw, estimated
from crm_unify.steward.web.stamps import stamp


@dataclass(frozen=True, slots=True)
class Wish:
    """What sample is asked for."""

    merged: int
    apart: int
    seed: int


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

    def estimated(self, said: Mapping[str, str]) -> Accuracy:
        """Precision and recall as far as it is answered."""
        rows = self.drawn.pairs.to_pylist()
        items = {row["question"]: row["part"] for row in rows}
        return estimated(Design("", self.wish.seed, self.drawn.parts, items), said)


@dataclass(slots=True)
class Samples:
    """Keeps the newest sample until the next run; the same wish gives the same sample again."""

    project: LoadedProject
    _sample: Sample | None = None
    _run: tuple[int, ...] | None = None
    _lock: Lock = field(default_factory=Lock)

    def draw(self, connection: sa.Connection, wish: Wish) -> Sample:
        """The sample of a wish. Raises UsageError when no run has stored a model."""
        with self._lock:
            run = stamp(connection)
            if self._sample is None or (run, wish) != (self._run, self._sample.wish):
                chosen = replace(settings(self.project.project), estimate=False)
                pairs = population(connection, chosen, progress=Silent())
                made = draw(pairs, precision=wish.merged, recall=wish.apart, seed=wish.seed)
                self._sample, self._run = Sample(wish, made), run
            return self._sample

    def current(self) -> Sample:
        """The sample people are answering. Raises UsageError where none was drawn since the server began."""
        if self._sample is None:
            remedy = "draw it again: the same numbers give the same pairs"
            raise UsageError("there is no sample", why="none was drawn since the server began", remedy=remedy)
        return self._sample

    def pair(self, name: str) -> tuple[str, str]:
        """Both records of a pair. Raises UsageError for one of another sample."""
        found = self.current().pairs.get(name)
        if found is None:
            raise UsageError(
                "this pair is of another sample", name, remedy="begin again on the sample's page"
            )
        return found


def verdicts(connection: sa.Connection, sample: Sample) -> dict[str, str]:
    """What was last said of each pair of a sample, and not undone."""
    a = mig_answer.c
    query = sa.select(a.answer).where(a.undone_at.is_(None), a.answer.contains('"canvas": "S-'))
    said = {}
    for (text,) in connection.execute(query.order_by(a.answered_at)):
        answer = json.loads(text)
        if answer.get("action") in ("same", "different", "unsure"):
            said[answer["canvas"]] = answer["action"]
    return {name: said[name] for name in sample.pairs if name in said}
