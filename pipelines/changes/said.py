"""What a project says about writing over, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from crm_unify.schema.tables import arrow_schema

USUAL: Final = "if_source_changed"
GOVERNED: Final = {
    "person": tuple(n for n in arrow_schema("person").names if n != "customer_id"),
    "organisation": tuple(n for n in arrow_schema("organisation").names if n != "customer_id"),
    "organisation_person": ("role",),
    "contact_point": ("label",),
    "address": ("line1", "line2", "postal_code", "city", "region", "country_code", "label"),
    "account": ("balance", "credit_limit", "currency", "terms", "opened"),
}
"""Columns that a policy may be said of, by table; all others are written as the sources say."""
DETAILS: Final = ("person", "organisation")
"""Tables whose values have a winner, so that one can be newer than another."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What a project says about writing over."""

    default: str = USUAL
    fields: Mapping[str, str] = field(default_factory=dict)
    restores: bool = False
    """Rows that a person deleted in the CRM are made again while the sources have them."""

    def of(self, table: str) -> dict[str, str]:
        """The policy of each column of a table that has another one than the usual."""
        named = {c: self.fields.get(f"{table}.{c}", self._default(table)) for c in GOVERNED.get(table, ())}
        return {column: policy for column, policy in named.items() if policy != USUAL}

    def _default(self, table: str) -> str:
        no_winner = self.default == "if_newer" and table not in DETAILS
        return USUAL if no_winner or self.default == "most_restrictive" else self.default
