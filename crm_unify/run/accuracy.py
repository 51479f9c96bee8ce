"""How right the customers were, run after run, as people's answers to blind samples said; and when it falls.

The rule for an alert: an estimate is held against the one before it and against the first one of the same
measure and source pair. Where the 95 % interval of the difference (:func:`matching.sampling.moved`) lies
wholly below nought, it has fallen. For source pairs the interval is as wide as the number of pairs asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.run.appending import append, in_turn
from crm_unify.schema.agreements import mig_accuracy
from matching.sampling import Share, moved

PRECISION: Final = "precision"
RECALL: Final = "recall"
Place = tuple[str | None, str]
"""Source pair (None: all of them) and measure."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One share out of one sample."""

    id: int
    run: int
    """The run whose customers were looked at."""
    sample: str
    source: str | None
    """Source pair; None: all of them."""
    measure: str
    """PRECISION, or RECALL of the pairs that blocking proposed."""
    share: Share
    alert: str | None
    """What had become worse when it was recorded."""
    by: str
    at: datetime
    """Naive UTC."""

    @property
    def place(self) -> Place:
        """What it is held against: others of the same source pair and measure."""
        return self.source, self.measure

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        at = self.at.isoformat(timespec="seconds") + "Z"
        share = {"value": self.share.value, "low": self.share.low, "high": self.share.high}
        own = {name: getattr(self, name) for name in ("run", "sample", "source", "measure", "alert", "by")}
        return own | share | {"answers": self.share.answers, "at": at}


def estimates(connection: sa.Connection) -> tuple[Estimate, ...]:
    """Every estimate, oldest first; of a sample that was estimated twice the later."""
    a = mig_accuracy.c
    rows = connection.execute(sa.select(mig_accuracy).order_by(a.id)).all()
    newest = {(row.sample, row.source, row.measure): row for row in rows}
    kept = sorted(newest.values(), key=lambda row: int(row.id))
    return tuple(
        Estimate(
            row.id,
            row.run,
            row.sample,
            row.source,
            row.measure,
            Share(row.low, row.value, row.high, row.answers),
            row.alert,
            row.estimated_by,
            row.estimated_at,
        )
        for row in kept
    )


def remember(
    engine: sa.Engine, shares: Mapping[Place, Share], *, run: int, sample: str, by: str
) -> tuple[str, ...]:
    """Keep the estimates of a sample; what has become worse since earlier ones, in words.

    Nothing is written where the same sample said the same before.
    """
    return in_turn(engine, lambda connection: remembered(connection, shares, run=run, sample=sample, by=by))


def remembered(
    connection: sa.Connection, shares: Mapping[Place, Share], *, run: int, sample: str, by: str
) -> tuple[str, ...]:
    """The same in the transaction of the connection."""
    known = estimates(connection)
    if {one.place: one.share for one in known if one.sample == sample} == dict(shares):
        return tuple(one.alert for one in known if one.sample == sample and one.alert is not None)
    earlier = [one for one in known if one.sample != sample]
    told = dict(_alerts(earlier, shares, run))
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        {
            "run": run,
            "sample": sample,
            "source": source,
            "measure": measure,
            "value": share.value,
            "low": share.low,
            "high": share.high,
            "answers": share.answers,
            "alert": told.get((source, measure)),
            "estimated_by": by,
            "estimated_at": now,
        }
        for (source, measure), share in shares.items()
    ]
    append(connection, mig_accuracy, rows)
    return tuple(told.values())


def _alerts(
    earlier: Sequence[Estimate], shares: Mapping[Place, Share], run: int
) -> Iterator[tuple[Place, str]]:
    pairs = len({source for source, _ in shares if source is not None})
    for (source, measure), share in shares.items():
        mine = [one for one in earlier if one.place == (source, measure)]
        for before in dict.fromkeys([*mine[-1:], *mine[:1]]):
            found = moved(before.share, share, comparisons=1 if source is None else pairs)
            if found.fell:
                where = "" if source is None else f" of {source}"
                was, now = f"{before.share.value:.1%}", f"{share.value:.1%}"
                sentence = (
                    f"{measure}{where} has fallen from {was} (run {before.run}) to {now} (run {run}): "
                    f"by {-found.high:.1%} to {-found.low:.1%}"
                )
                yield (source, measure), sentence
                break
