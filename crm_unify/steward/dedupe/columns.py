"""What the columns were taken for, as the page lists them: tables of one header together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from crm_unify.roles.interface import EVIDENCE, ColumnRole, Role
from crm_unify.roles.profile import Profile
from crm_unify.run.taken_for import TakenFor
from crm_unify.steward.dedupe.values import ColumnView, TableView
from crm_unify.steward.report.drawing import clipped, stacked

DOUBTFUL: Final = 0.75
"""Certainty below which a column that matching uses should be looked at."""
COLUMNS_SHOWN: Final = 250
TABLES_SHOWN: Final = 20
EXAMPLES: Final = 3
"""Values shown of a column."""
LONGEST: Final = 36
"""Characters shown of such a value."""
LOST: Final = "not understood"
UNDERSTOOD: Final = 0.5
"""Certainty from which on it is known why a column is of no use."""


def table_views(tables: Sequence[TakenFor]) -> tuple[TableView, ...]:
    """The tables, those of one header as one."""
    alike: dict[tuple[str, ...], list[TakenFor]] = {}
    for one in tables:
        alike.setdefault(tuple(sorted(one.table.names)), []).append(one)
    return tuple(_table(group) for group in list(alike.values())[:TABLES_SHOWN])


def _table(group: Sequence[TakenFor]) -> TableView:
    first = group[0]
    columns = list(zip(first.roles.columns, first.profiles, strict=True))
    notes = dict.fromkeys(f"{one.table.label}: {note}" for one in group for note in one.table.notes)
    return TableView(
        labels=tuple(one.table.label for one in group),
        rows=sum(one.table.rows for one in group),
        columns=tuple(_column(*column) for column in columns[:COLUMNS_SHOWN]),
        more=max(len(columns) - COLUMNS_SHOWN, 0),
        roles=first.roles,
        notes=tuple(notes),
    )


def _column(taken: ColumnRole, held: Profile) -> ColumnView:
    used = taken.role in EVIDENCE
    filled = ("mapped" if used else "discarded", "rows with a value", held.filled)
    return ColumnView(
        taken=taken,
        role=in_words(taken),
        used=used,
        doubtful=used and taken.certainty < DOUBTFUL,
        fill=stacked([filled], total=held.rows),
        filled=held.fill,
        distinct=held.distinct,
        examples=_examples(held),
    )


def in_words(taken: ColumnRole) -> str:
    """A role as people say it; a column may be understood and yet not needed beside another one."""
    if taken.role is Role.NOISE:
        return LOST if taken.certainty < UNDERSTOOD else "left aside"
    return taken.role.value.replace("-", " ") + (f" ({taken.scheme})" if taken.scheme else "")


def _examples(held: Profile) -> tuple[tuple[str, int], ...]:
    """The most frequent values of the sample, equal ones in their order."""
    order = np.argsort(-held.counts, kind="stable")[:EXAMPLES]
    return tuple((clipped(held.texts[int(at)].as_py(), LONGEST), int(held.counts[at])) for at in order)
