"""What the page of `dedupe` shows, in the order in which it is read."""

from __future__ import annotations

from dataclasses import dataclass

from crm_unify.roles.interface import ColumnRole, Roles
from crm_unify.steward.dedupe.choice import Chosen
from crm_unify.steward.dedupe.model_chart import BitsBar, KindChart
from crm_unify.steward.dedupe.rows import Field, InputRow
from crm_unify.steward.report.drawing import Histogram, Segment, Upset
from matching.blocking import RuleReport
from matching.estimate import Estimate, Interval
from matching.evaluation import Evaluation
from matching.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Step:
    """Something a reader should do next."""

    what: str
    """In a sentence; `code` stands in backticks."""
    why: str
    section: str
    """Anchor of the section it is about; empty where there is none."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column of the input."""

    taken: ColumnRole
    role: str
    """In words."""
    used: bool
    """Whether matching compares it."""
    doubtful: bool
    """Taken for something with little certainty."""
    fill: tuple[Segment, ...]
    filled: float
    """Share of the rows with a value, 0 to 1."""
    distinct: int
    examples: tuple[tuple[str, int], ...]
    """The most frequent values of a sample with their rows."""


@dataclass(frozen=True, slots=True)
class TableView:
    """The tables of one header."""

    labels: tuple[str, ...]
    rows: int
    columns: tuple[ColumnView, ...]
    more: int
    """Columns that are not shown."""
    roles: Roles
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One part of a match weight."""

    bits: float
    sentence: str
    bar: BitsBar


@dataclass(frozen=True, slots=True)
class PairView:
    """Two rows side by side, and what speaks for and against one customer."""

    left: InputRow
    right: InputRow
    fields: tuple[Field, ...]
    more: int
    """Columns that are not shown."""
    explanation: Explanation
    reasons: tuple[ReasonView, ...]
    unknown: tuple[str, ...]
    """Comparisons for which a side lacks the field."""


@dataclass(frozen=True, slots=True)
class LargeView:
    """One of the largest customers."""

    records: int
    called: tuple[str, ...]
    """What some of its rows call it, the most frequent first."""
    record_id: str
    """The least of its record ids."""
    weakest: float | None
    """Bits of its weakest tie."""


@dataclass(frozen=True, slots=True)
class SizeView:
    """Customers of so many rows."""

    said: str
    customers: int
    rows: int
    bar: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """One blocking rule with the bar of the pairs it proposed first, and again."""

    report: RuleReport
    bar: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class KindView:
    """What matching did for one kind of customer."""

    kind: str
    records: int
    candidates: int
    compared: int
    customers: int
    merged: int
    estimate: Estimate
    rules: tuple[RuleView, ...]
    idle: tuple[str, ...]
    """Rules that proposed no pair."""
    sampled: int
    """One pair in so many was weighed for the estimate."""


@dataclass(frozen=True, slots=True)
class Sure:
    """How right the customers are, over all kinds."""

    precision: Interval | None
    """Of merged pairs those that are right; None where nothing was merged."""
    recall: Interval | None
    """Of right pairs those that are merged; None where none is to be expected."""


@dataclass(frozen=True, slots=True)
class DedupeView:
    """The page."""

    rows: int
    customers: int
    repeated: int
    """Rows beyond the first of their customer."""
    found: Chosen
    """What is worth a look, by record id, and how much of it there is."""
    tables: tuple[TableView, ...]
    files: tuple[str, ...]
    sources: tuple[tuple[str, int], ...]
    """Source systems with their rows, most first."""
    steps: tuple[Step, ...]
    sure: Sure
    measured: Evaluation | None
    kinds: tuple[KindView, ...]
    histogram: Histogram | None
    merge_bits: float
    review_bits: float
    """The lines of the model."""
    doubtful: tuple[PairView, ...]
    strong: tuple[PairView, ...]
    weakest: tuple[PairView, ...]
    strongest: tuple[PairView, ...]
    sizes: tuple[SizeView, ...]
    largest: tuple[LargeView, ...]
    overlap: Upset | None
    charts: tuple[KindChart, ...]
    outputs: frozenset[str]
    """What the run wrote."""
    link: bool
    """No source was to hold anybody twice."""
