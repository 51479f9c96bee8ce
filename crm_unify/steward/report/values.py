"""What stands on the page, as plain values: every figure is decided here, the template only places it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from crm_unify.steward.report.drawing import Segment
from crm_unify.steward.report.who import Doubtful, Households, Matching, Merged, People


@dataclass(frozen=True, slots=True)
class Head:
    """Which run this is."""

    project: str
    environment: str | None
    run: int
    as_of: str
    """Date of the run, ISO."""
    written_rows: int
    """Rows the run changed in the CRM, bookkeeping included."""
    hashes: Mapping[str, str]
    """What it was made from, by name: sources, rules, model, plan."""
    workspace: bool
    """Whether the rows of the run are still kept beside the project."""
    rules_changed: bool
    """The rule files say something else today than when the run was made."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Rows left out on purpose."""

    map: str
    rule: str
    what: str
    """The rule in words."""
    rows: int


@dataclass(frozen=True, slots=True)
class SourceTable:
    """Where the rows of one source table went."""

    map: str
    place: str
    """System and table, sheet or file."""
    customers: bool
    """Whether its rows describe customers (not orders or cases)."""
    extracted: int
    mapped: int
    held: int
    quarantined: int
    discarded: int
    withheld_values: int
    bar: tuple[Segment, ...]

    @property
    def balances(self) -> bool:
        """Whether every extracted row is in one of the four places."""
        return self.extracted == self.mapped + self.held + self.quarantined + self.discarded


@dataclass(frozen=True, slots=True)
class SumLine:
    """One control sum; amounts as text ready to read."""

    map: str
    name: str
    unit: str
    """Currency, or empty for a plain number."""
    source: str
    loaded: str
    quarantined: str
    discarded: str
    held: str
    difference: str
    tolerance: Decimal
    ok: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One text that was found, as it was found."""

    map: str
    column: str | None
    place: str | None
    """File, sheet and row of one of the rows that have it."""
    raw: str | None
    cells: tuple[tuple[str, str], ...]
    """Header and text of a whole row; empty for a single value."""
    times: int
    sentence: str | None
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Rejections with one reason."""

    code: str
    title: str
    advice: str | None
    count: int
    """Values, or rows."""
    tables: tuple[tuple[str, int], ...]
    """How many of them in each source table."""
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Held rows with one reason."""

    map: str
    code: str
    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class Question:
    """A business rule that nobody has approved yet."""

    map: str
    rule: str
    what: str
    why: str | None
    owner: str | None
    status: str
    evidence: str | None
    rows: int | None
    """Rows it decided in this run; None when not known."""


@dataclass(frozen=True, slots=True)
class ChannelConsent:
    """What holds for one channel, in customers."""

    channel: str
    opted_out: int
    unknown: int
    opted_in: int
    bar: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """Who may be written to or called."""

    channels: tuple[ChannelConsent, ...]
    silent: int
    """Customers of whom nothing is known on any channel."""
    contradicted: int
    """Customers with an objection although another record says yes or nothing definite."""


@dataclass(frozen=True, slots=True)
class NoteGroup:
    """Notes on one subject."""

    title: str
    sentence: str
    """What the subject means, for a person."""
    notes: tuple[tuple[str, str], ...]
    """Source table and sentence."""
    more: int


@dataclass(frozen=True, slots=True)
class Report:
    """The whole page, in reading order."""

    head: Head
    tables: tuple[SourceTable, ...]
    total: SourceTable
    discards: tuple[Discard, ...] | None
    """None when the rows of the run are no longer kept; so below."""
    held: tuple[Waiting, ...] | None
    sums: tuple[SumLine, ...]
    people: People
    matching: Matching
    withheld: tuple[Problem, ...]
    warned: tuple[Problem, ...]
    quarantined: tuple[Problem, ...]
    doubtful: Doubtful | None
    households: Households | None
    merged: tuple[Merged, ...]
    questions: tuple[Question, ...]
    consent: Consent
    notes: tuple[NoteGroup, ...] | None

    @property
    def customer_rows(self) -> int:
        """Rows of the source tables that describe customers."""
        return sum(table.extracted for table in self.tables if table.customers)

    @property
    def balances(self) -> bool:
        """Whether every row of every source table is accounted for."""
        return all(table.balances for table in self.tables)

    @property
    def waiting(self) -> int:
        """Everything that a person has to decide or repair; held rows wait for data, not for a person."""
        pairs = (self.matching.review or 0) + self.matching.conflicts
        return pairs + self.total.quarantined + len(self.questions)

    @property
    def sums_ok(self) -> int:
        """Control sums that agree."""
        return sum(line.ok for line in self.sums)
