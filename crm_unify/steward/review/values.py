"""The nouns of review: a question, its two sides, the queue, and what an answer settles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Reason(StrEnum):
    """Why a person is asked, the gravest first."""

    CONFLICT = "conflict"
    TWO_CONFIRMED = "two-confirmed"
    LOST_EVIDENCE = "lost-evidence"
    OPEN_KEYS = "open-keys"
    STALE = "stale"
    CONTRADICTION = "contradiction"
    SHARED = "shared"
    OVER_SIZE = "over-size"
    WEAK_LINK = "weak-link"
    BAND = "band"


SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.CONFLICT: "decisions contradict each other; DIFFERENT wins until one of them is revoked",
    Reason.TWO_CONFIRMED: "both customers were confirmed by a person, and the evidence says they are one",
    Reason.LOST_EVIDENCE: "one customer in the CRM, but the evidence holds these parts together no longer",
    Reason.OPEN_KEYS: "a record is gone and another has come: it may be the same row under a new key",
    Reason.STALE: "somebody was unsure, and one of the records says something new since",
    Reason.CONTRADICTION: "much agrees, but they differ in what one customer does not differ in",
    Reason.SHARED: "what they share is used by several people or by a whole site",
    Reason.OVER_SIZE: "one customer of so many records that not every two were compared",
    Reason.WEAK_LINK: "one customer, but these parts are tied by little evidence",
    Reason.BAND: "the evidence is too strong to leave apart and too weak to merge",
}
TITLES: Final[Mapping[Reason, str]] = {
    Reason.CONFLICT: "decisions conflict",
    Reason.TWO_CONFIRMED: "both confirmed",
    Reason.LOST_EVIDENCE: "evidence is gone",
    Reason.OPEN_KEYS: "new key?",
    Reason.STALE: "news since unsure",
    Reason.CONTRADICTION: "they contradict",
    Reason.SHARED: "shared values",
    Reason.OVER_SIZE: "very large",
    Reason.WEAK_LINK: "weak link",
    Reason.BAND: "in doubt",
}
"""Why a person is asked, in two or three words."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a question: records that are taken for one customer."""

    customer: str | None
    """The customer they belong to now; None where a run has not placed them."""
    name: str
    records: tuple[str, ...]
    """Record ids, ascending."""
    systems: tuple[str, ...]
    """Source systems, ascending."""
    orders: int
    """Orders, cases and opportunities of the customer."""


@dataclass(frozen=True, slots=True)
class Question:
    """Are two sides one customer?"""

    id: str
    """``Q-`` and eight characters; the same as long as the same two records lead it."""
    reasons: tuple[Reason, ...]
    """The gravest first."""
    kind: str
    """``person`` or ``organisation``."""
    sides: tuple[Side, Side]
    leading: tuple[str, str]
    """The two records, one of each side, that have most in common."""
    sources: tuple[str, str]
    """Source systems of the leading records, ascending."""
    pairs: int
    """Doubtful pairs of records between the sides."""
    bits: float | None
    """Match weight of the leading pair, log2; None where it was never compared."""
    probability: float | None
    """That the leading pair is one customer, 0 to 1."""
    since: datetime | None
    """Naive UTC: when the younger of the leading records was first loaded."""
    assignee: str | None
    decisions: tuple[int, ...] = ()
    """Of a conflict, a stale decision: the decisions it is about."""
    worth: float = 1.0
    """Doubtful pairs that an answer is expected to settle, this one's and others'."""

    @property
    def records(self) -> int:
        """Records on both sides."""
        return sum(len(side.records) for side in self.sides)

    @property
    def orders(self) -> int:
        """Orders, cases and opportunities of the customers on both sides."""
        by_customer = {side.customer or i: side.orders for i, side in enumerate(self.sides)}
        return sum(by_customer.values())

    @property
    def sentence(self) -> str:
        """Why it is asked, in words."""
        return SENTENCES[self.reasons[0]]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        counted = {"records": self.records, "orders": self.orders, "sentence": self.sentence}
        since = None if self.since is None else self.since.isoformat(timespec="seconds") + "Z"
        return asdict(self) | counted | {"since": since}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions are looked for; what is None or empty does not matter."""

    reason: Reason | None = None
    kind: str | None = None
    source: str | None = None
    """A system that either leading record comes from."""
    assignee: str | None = None
    """Empty text: those that are nobody's."""
    text: str = ""
    """Every word must stand in names, ids, sources or reasons; case does not matter."""
    nameless: tuple[str, ...] = ()
    """Kinds of customer in whose names nothing is looked for: whoever asks may not see them."""


@dataclass(frozen=True, slots=True)
class Done:
    """What people have answered already."""

    answers: int = 0
    """Verdicts and confirmations that hold, of all times."""
    pace: float | None = None
    """Median seconds between two answers of one person at work."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the questions of the newest run are answered."""

    questions: int
    """Open ones."""
    pairs: int
    """Doubtful pairs that wait."""
    settled_questions: int
    """Questions of the run that answers since have settled."""
    settled_pairs: int
    answers: int
    """Verdicts and confirmations that hold, of all times."""
    likely_answers: int
    """Answers it is likely to take: other questions are settled on the way."""
    seconds_an_answer: float | None
    """Median time between two answers of one person at work; None while that is not known."""

    @property
    def seconds_left(self) -> float | None:
        """Estimated time until nothing is open; None while nobody's pace is known."""
        return None if self.seconds_an_answer is None else self.likely_answers * self.seconds_an_answer

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"seconds_left": self.seconds_left}


@dataclass(frozen=True, slots=True)
class Page:
    """Some questions of a list."""

    questions: tuple[Question, ...]
    found: int
    """Questions that were looked for, on all pages."""
    start: int
    """Place of the first one in the list, from 0."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer settled."""

    question: str
    others: tuple[str, ...]
    """Ids of other questions that need not be asked any more."""
    pairs: int
    """Doubtful pairs, its own included."""

    @property
    def sentence(self) -> str:
        """What it settled besides itself, for the person who gave it."""
        if not self.others:
            return "this answer settled its own question"
        n = len(self.others)
        return f"this answer also settled {n:,} other question{'s' * (n != 1)}, {self.pairs:,} pairs in all"
