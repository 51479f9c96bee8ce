"""What a change set is made of: the state the CRM shall have, and the differences that lead there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pyarrow as pa

from crm_unify.records import Lineage
from crm_unify.schema.tables import arrow_schema, key_of
from pipelines.changes.said import Policies
from pipelines.landed import Landed
from pipelines.ledger import ModelInForce

BLOCKED: Final = pa.schema(
    [
        ("table_name", pa.string()),
        ("row_id", pa.string()),
        ("op", pa.string()),  # create, update or delete
        ("reason", pa.string()),  # a sentence
    ]
)
"""Changes that are not made, because a person did something in the CRM that stands in their way."""

CAUSES: Final = pa.schema([("table_name", pa.string()), ("row_id", pa.string()), ("cause", pa.string())])
"""Why rows change: ``source``, ``decision``, ``rule``, ``model`` or ``date``; several are joined by ``+``."""
MOVES: Final = pa.schema(
    [
        ("event", pa.string()),  # merge, split or retire
        ("customer_id", pa.string()),
        ("name", pa.string()),  # as the CRM shows it
        ("others", pa.list_(pa.string())),  # where its records are afterwards
        ("confirmed", pa.bool_()),  # a person had confirmed it
        ("cause", pa.string()),  # as in CAUSES
    ]
)
"""Customers that are merged, parted or retired. The rows that say so stand in their tables as well."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run is about: kept in ``mig_run`` and in the head of the plan."""

    project: str
    environment: str | None
    as_of: date
    """Date of the run, for rules that ask for today."""
    sources_hash: str
    rules_hash: str
    account: str
    """Where every source row went, as JSON."""
    summary: str
    """Counts for people, as JSON; nothing that differs between two equal runs."""
    full: bool = False
    """Tables with a cursor were read whole, as somebody asked for it: so `apply` reads them too."""


@dataclass(frozen=True, slots=True)
class Desired:
    """The state the CRM and its bookkeeping shall have. Row order means nothing anywhere in it."""

    golden: Mapping[str, pa.Table]
    """Rows by CRM table, consent and children too; columns that are missing are NULL."""
    winners: pa.Table
    """``customer_id``, ``field`` and what is known of the claim that won it."""
    records: pa.Table
    """RECORDS with ``state`` and ``founding``: every record in force or remembered; one of the ledger that is
    missing here becomes inactive."""
    xref: pa.Table
    """``record_id, customer_id`` of every party record."""
    redirects: pa.Table
    """``old_id, new_id``: every former customer id."""
    lineages: Sequence[Lineage]
    rejections: pa.Table
    """REJECTIONS of the current snapshot."""
    model: ModelInForce | None
    facts: Facts
    rekeyed: pa.Table = field(default_factory=arrow_schema("mig_rekey").empty_table)
    """Rows of ``mig_rekey`` that are new, or say something else."""
    blocked: pa.Table = field(default_factory=BLOCKED.empty_table)
    """BLOCKED: what was left out of this state already."""
    confirmed: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    """Records of the customers that a person has confirmed."""
    policies: Policies = field(default_factory=Policies)
    """How values are written over what the CRM holds."""
    snapshots: Sequence[Snapshot] = ()
    """Rows to keep, because nobody delivers them again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of one map that are to be kept."""

    landed: Landed
    files: Mapping[str, str]
    """SHA-256 of every file that was applied, by name; none for a frozen source."""


MASK: Final = "mask"
"""Column of an updates table: bit i is set when the i-th column after the key changes."""
STOOD: Final = "stood"
"""Column of updates and deletes: hash of what stood in the CRM when the change set was computed; NULL in
bookkeeping."""


def updates_schema(table: str) -> pa.Schema:
    """Columns of updates: key, mask, stood, then ``old.X`` (last written) and ``new.X`` of every column."""
    fields = [pa.field(key_of(table), pa.string()), pa.field(MASK, pa.int64()), pa.field(STOOD, pa.string())]
    for column in value_fields(table):
        fields += [pa.field(f"old.{column.name}", column.type), pa.field(f"new.{column.name}", column.type)]
    return pa.schema(fields)


def value_fields(table: str) -> tuple[pa.Field, ...]:
    """Columns of a table after its key; their positions are the bits of the mask."""
    return tuple(column for column in arrow_schema(table) if column.name != key_of(table))


@dataclass(frozen=True, slots=True)
class TableChanges:
    """What changes in one table; each part is sorted by key."""

    table: str
    creates: pa.Table
    """Whole rows, ``schema.arrow_schema(table)``."""
    updates: pa.Table
    """:func:`updates_schema`; only the columns in the mask are written."""
    deletes: pa.Table
    """:func:`deletes_schema`."""

    @property
    def rows(self) -> int:
        """How many rows are written."""
        return len(self.creates) + len(self.updates) + len(self.deletes)


def no_changes(table: str) -> TableChanges:
    """Nothing changes in this table."""
    return TableChanges(
        table,
        creates=arrow_schema(table).empty_table(),
        updates=updates_schema(table).empty_table(),
        deletes=deletes_schema(table).empty_table(),
    )


def deletes_schema(table: str) -> pa.Schema:
    """Columns of a deletes table: key and stood."""
    return pa.schema([pa.field(key_of(table), pa.string()), pa.field(STOOD, pa.string())])


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Everything one load writes, nothing else."""

    tables: Mapping[str, TableChanges]
    """By table name; tables without changes are left out."""
    blocked: pa.Table
    """BLOCKED, sorted by table and row."""
    facts: Facts
    model_id: str | None
    base: str
    """State of the ledger this was computed from; applied to no other."""
    target: str
    """Fingerprint of the database this was computed for."""
    cause: str = "source"
    """Why a row of the CRM changes of which ``causes`` says nothing."""
    causes: pa.Table = field(default_factory=lambda: pa.Table.from_batches([], CAUSES))
    """CAUSES of the other rows of the CRM; kept for people, not read back from a plan."""
    moves: pa.Table = field(default_factory=lambda: pa.Table.from_batches([], MOVES))
    """MOVES."""

    @property
    def written_rows(self) -> int:
        """Rows created, changed or deleted, bookkeeping included (without ``mig_run`` and ``mig_change``)."""
        return sum(changes.rows for changes in self.tables.values())
