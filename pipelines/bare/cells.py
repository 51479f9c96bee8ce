"""Columns of a bare table by role: each distinct value parsed once, the answers spread over the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, glue
from crm_unify.roles.date_order import iso_texts
from crm_unify.roles.interface import ColumnRole, Role, Roles
from pipelines.bare.interface import BareTable


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A bare table and what its columns are."""

    table: BareTable
    roles: Roles

    def text(self, column: ColumnRole) -> Strings:
        """The values of a column, a row each."""
        coded = self.table.column(column.column)
        found: Strings = coded.dictionary.take(coded.indices)
        return found

    def parsed(self, column: ColumnRole, parse: Callable[[Strings], Any]) -> Any:
        """What a function of the distinct values answers, a row each."""
        coded = self.table.column(column.column)
        return parse(coded.dictionary).take(coded.indices)

    def whole(self, *roles: Role, group: str | None = None) -> Strings:
        """All columns of some roles joined with spaces, in the order of the roles; null where all are."""
        columns = [c for role in roles for c in self.roles.of(role) if group is None or c.group == group]
        texts = [self.text(column) for column in columns]
        if not texts:
            return self.nothing()
        return texts[0] if len(texts) == 1 else glue(*texts, separator=" ")

    def one(self, role: Role, *, group: str | None = None) -> Strings:
        """The values of the column of a role, of its fallbacks where it is empty."""
        columns = [c for c in self.roles.of(role) if group is None or c.group == group]
        found: Strings = first_of([self.text(column) for column in columns], self.nothing())
        return found

    def dates(self) -> Strings:
        """Birth dates as ISO text, years where only the year is known."""
        columns = self.roles.of(Role.BIRTH_DATE, Role.BIRTH_YEAR)
        found = [self.parsed(column, partial(iso_texts, order=column.order or "ymd")) for column in columns]
        return first_of(found, self.nothing())

    def nothing(self) -> Strings:
        """A text column of nulls."""
        none: Strings = pa.nulls(self.table.rows, pa.string())
        return none


def first_of(columns: Sequence[Any], nothing: Any) -> Any:
    """For each row the first value there is."""
    if not columns:
        return nothing
    return columns[0] if len(columns) == 1 else pc.coalesce(*columns)
