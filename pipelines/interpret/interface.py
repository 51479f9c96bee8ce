"""What interpreting gives: records, claims, rejections and the fate of every extracted row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

import pyarrow as pa

from crm_unify.records import Lineage

HITS: Final = pa.schema([("map", pa.string()), ("rule", pa.string()), ("rows", pa.int64())])
"""How many rows each business rule, check and built-in rule decided."""


CODES: Final = pa.schema(
    [("map", pa.string()), ("table", pa.string()), ("code", pa.string()), ("rows", pa.int64())]
)
"""How many rows have each code of a code table, and the most frequent texts that it lacks."""

CORRECTIONS: Final = pa.schema(
    [
        ("id", pa.int64()),
        ("kind", pa.string()),  # correct or waive
        ("system", pa.string()),
        ("entity", pa.string()),
        ("key", pa.string()),  # of the row as found; null where it has none
        ("row_hash", pa.string()),
        ("by_row", pa.bool_()),  # the content has to be the same, not just the key
        ("rest_hash", pa.string()),  # over the cells besides the key
        ("field", pa.string()),
        ("old_value", pa.string()),
        ("new_value", pa.string()),
    ]
)
"""The repairs of source rows that are in force, sorted by id: rows of ``mig_correction``."""

REPAIRS: Final = pa.schema(
    [
        ("id", pa.int64()),
        ("map", pa.string()),  # null: no map of the project has such rows any more
        ("row_id", pa.string()),
        ("outcome", pa.string()),  # an Outcome
        ("found", pa.string()),  # what the source says now, where that is the reason
    ]
)
"""What became of each correction in a run."""


class Outcome(StrEnum):
    """What becomes of a correction; all but the first let it drop for as long as that is so."""

    APPLIED = "applied"
    CHANGED = "the source says something else now"
    AGREES = "the source says it itself now"
    GONE = "the source has no such row any more"
    NO_COLUMN = "the source has no such column any more"


class Subject(StrEnum):
    """What a note is about."""

    CODE_UNUSED = "code unused"
    """A row of a code table that no source value needed."""
    COLUMN_UNTAKEN = "column untaken"
    """A source column that no rule takes and that is not under `ignore`."""
    LOOKUP_UNUSED = "lookup unused"
    """A lookup that finds nothing, or rows of a list that nobody looks up."""
    RULE_UNUSED = "rule unused"
    """A business rule that decided no row."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know that concerns no single row."""

    map: str
    subject: Subject
    name: str
    """The column, rule, or `table: code`."""
    sentence: str


@dataclass(frozen=True, slots=True)
class ControlSum:
    """A sum over the source beside the sums of where its rows went, all in the unit of the expression."""

    map: str
    name: str
    source: int | Decimal
    """Over all extracted rows, as found."""
    loaded: int | Decimal
    """The rule's `target`, over what was mapped."""
    quarantined: int | Decimal
    discarded: int | Decimal
    held: int | Decimal
    tolerance: int
    corrected: int | Decimal = 0
    """How much more the source adds up to with the corrections of people than as it was found."""
    failed: str | None = None
    """Why the sum could not be worked out, all amounts being 0 then; None where it could."""

    @property
    def difference(self) -> int | Decimal:
        """What the source has, as corrected, and no part accounts for; negative where they have too much."""
        return self.source + self.corrected - (self.loaded + self.quarantined + self.discarded + self.held)

    @property
    def ok(self) -> bool:
        """Whether the parts add up to the source within the tolerance; a sum that failed does not."""
        return self.failed is None and abs(Decimal(self.difference)) <= self.tolerance


@dataclass(frozen=True, slots=True)
class Interpreted:
    """Every extracted row in exactly one place, and all that the rows say; tables sorted by ids."""

    records: pa.Table
    """Schema :data:`crm_unify.records.RECORDS`."""
    claims: Mapping[str, pa.Table]
    """One table for every kind of :data:`crm_unify.records.KINDS`, schema `arrow_schema(kind)`."""
    rejections: pa.Table
    """Schema :data:`crm_unify.records.REJECTIONS`."""
    fates: pa.Table
    """Schema :data:`crm_unify.records.ROW_FATES`."""
    objections: pa.Table
    """Of rows that make no record, schema :data:`crm_unify.records.OBJECTIONS`."""
    lineages: tuple[Lineage, ...]
    sums: tuple[ControlSum, ...]
    hits: pa.Table
    """Schema :data:`HITS`."""
    notes: tuple[Note, ...]
    codes: pa.Table
    """Schema :data:`CODES`."""
    repairs: pa.Table = field(default_factory=REPAIRS.empty_table)
    """Schema :data:`REPAIRS`, sorted by id."""
