"""What the page says about customers: who they are, how sure their matches are, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from crm_unify.steward.report.drawing import Histogram, Segment, Upset


@dataclass(frozen=True, slots=True)
class Combination:
    """Customers that exactly these systems know."""

    systems: tuple[str, ...]
    customers: int


@dataclass(frozen=True, slots=True)
class People:
    """How many customers there are and how they came about."""

    persons: int
    organisations: int
    records: int
    """Party records: one row may describe several parties."""
    vanished: int
    """Customers that no source holds any more."""
    systems: tuple[tuple[str, int], ...]
    """Customers that each source system knows, most first."""
    combinations: tuple[Combination, ...]
    """Most customers first."""
    sizes: tuple[tuple[str, int, tuple[Segment, ...]], ...]
    """Number of records of a customer in words, customers, and a bar."""
    upset: Upset | None

    @property
    def customers(self) -> int:
        """All customers."""
        return self.persons + self.organisations

    @property
    def shared(self) -> int:
        """Customers that two or more systems know."""
        return sum(c.customers for c in self.combinations if len(c.systems) > 1)


@dataclass(frozen=True, slots=True)
class KindMatching:
    """What matching did for persons or for organisations."""

    kind: str
    records: int
    compared: int
    merged: int
    """Pairs of records of one customer."""
    customers: int
    precision: tuple[float, float, float] | None
    """Estimated share of the merged pairs that are right: low, value and high, 0 to 1; None when unknown."""
    recall: tuple[float, float, float] | None
    """Estimated share of the right pairs that were found, likewise."""
    learnt: str | None
    """How the weights came about, in a sentence."""


@dataclass(frozen=True, slots=True)
class Matching:
    """How far the matches can be trusted."""

    kinds: tuple[KindMatching, ...]
    precision: tuple[float, float, float] | None
    """Estimated share of merged pairs that are right: low, value and high, 0 to 1, over all kinds; None when
    nothing was merged or nothing is known."""
    recall: tuple[float, float, float] | None
    """Estimated share of the right pairs that were found, likewise."""
    merge_bits: float | None
    review_bits: float | None
    histogram: Histogram | None
    merged: int | None
    """Merged pairs; None when not known."""
    review: int | None
    """Pairs that wait for a person."""
    conflicts: int
    """Verdicts that contradict each other."""


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a record or of the golden profile."""

    text: str
    mark: str
    """``same``, ``differs``, or empty when there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Column:
    """A record in a table of evidence."""

    system: str
    record_id: str
    place: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Row:
    """One field in a table of evidence."""

    label: str
    golden: tuple[Item, ...]
    cells: tuple[tuple[Item, ...], ...]
    """One for each column."""
    winner: int | None
    """Column whose claim won; None when nobody says anything else, or several values are kept."""
    decided_by: str | None
    """Why it won, in words."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Records side by side."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: int
    """Records that are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two records are."""

    bits: float
    """Match weight, log2."""
    probability: float
    """That they are one customer, 0 to 1."""
    shared: tuple[str, ...]
    """What they have in common, the strongest evidence first."""
    apart: tuple[str, ...]
    """What tells them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Likeness):
    """Two records that may be one customer, or one household."""

    kind: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakest(Likeness):
    """The record of a customer that the least evidence ties to it."""

    record: Column
    to: Column
    """The record of the customer it is tied to best."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A customer made of several records."""

    id: str
    name: str
    kind: str
    reason: str
    """Why it is shown."""
    records: int
    systems: int
    evidence: Evidence
    weakest: Weakest | None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Pairs that wait for a person."""

    pairs: int
    between: int
    """Pairs of customers they stand between."""
    shown: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """Two customers that share a place."""

    title: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Households:
    """Customers that share a place and were kept apart: groups, and the customers in them."""

    homes: int
    """Places that persons of one family name share."""
    persons: int
    workplaces: int
    """Other places that persons share."""
    colleagues: int
    sites: int
    """Places that organisations share."""
    organisations: int
    shown: tuple[Shared, ...]
