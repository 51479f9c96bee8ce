"""What the CRM database remembers about single records and customers, read as plain values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from crm_unify.schema.crm import CONSENT_STATUSES
from crm_unify.schema.tables import TABLES
from crm_unify.schema.views import consent_current


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record with everything it claims and how each claim came about."""

    record_id: str
    map: str
    system: str
    kind: str
    key: str
    row_hash: str
    state: str
    """``active``, ``stale`` or ``inactive``."""
    created: str | None
    updated: str | None
    raw: dict[str, str]
    """The source row by header, empty cells left out."""
    claims: dict[str, Any]
    """Own fields under the kind, what stands beside them as lists."""
    lineage: tuple[dict[str, Any], ...]
    """Per field: ``target``, ``columns``, ``how``, ``rule``."""
    customer_id: str | None
    """None for an order, line or case."""


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer as it was last written."""

    id: str
    profile: dict[str, dict[str, dict[str, Any]]]
    """``{table: {row id: {column: value}}}``."""
    winners: dict[str, dict[str, Any]]
    """By field: the winning record, what decided it, how many records claim it."""
    stands: bool = True
    """Whether the CRM holds it; a person may have deleted it since."""


class LedgerView:
    """Questions to the bookkeeping tables over one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read by this connection."""
        self._con = connection

    def records(self, *where: sa.ColumnElement[bool]) -> list[KnownRecord]:
        """Records under a condition on ``mig_source_record`` or ``mig_xref``, sorted by record id."""
        known, xref, lineage = (TABLES[n] for n in ("mig_source_record", "mig_xref", "mig_lineage"))
        query = (
            sa.select(known, xref.c.customer_id, lineage.c.fields)
            .outerjoin(xref, xref.c.record_id == known.c.record_id)
            .outerjoin(lineage, lineage.c.id == known.c.lineage)
            .where(*where)
            .order_by(known.c.record_id)
        )
        return [_record(row) for row in self._con.execute(query).mappings()]

    def record(self, record_id: str) -> KnownRecord | None:
        """One record by id."""
        found = self.records(TABLES["mig_source_record"].c.record_id == record_id)
        return found[0] if found else None

    def of_row(self, map_name: str, row_hash: str) -> list[KnownRecord]:
        """The records that a row of a map made."""
        known = TABLES["mig_source_record"]
        return self.records(known.c.map == map_name, known.c.row_hash == row_hash)

    def members(self, customer_id: str) -> list[KnownRecord]:
        """The records of a customer."""
        return self.records(TABLES["mig_xref"].c.customer_id == customer_id)

    def customer(self, customer_id: str) -> KnownCustomer | None:
        """A customer by its present id."""
        profile = TABLES["mig_profile"]
        row = (
            self._con.execute(sa.select(profile).where(profile.c.customer_id == customer_id))
            .mappings()
            .first()
        )
        if row is None:
            return None
        profile_rows, winners = json.loads(row["profile"]), json.loads(row["winners"] or "{}")
        return KnownCustomer(
            customer_id, profile_rows, winners, bool(self.rows("customer", "id", [customer_id]))
        )

    def redirect(self, old_id: str) -> str | None:
        """Where a former id leads."""
        table = TABLES["mig_redirect"]
        return self._con.execute(sa.select(table.c.new_id).where(table.c.old_id == old_id)).scalar()

    def consent(self, customer_id: str, channel: str) -> str | None:
        """The most restrictive word that holds for a customer on a channel, about any address or number."""
        c = consent_current.c
        query = sa.select(c.status).where(c.customer_id == customer_id, c.channel == channel)
        said = set(self._con.execute(query).scalars())
        return next((status for status in CONSENT_STATUSES if status in said), None)

    def rows(self, table: str, column: str, values: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of a table whose column is one of these values, sorted by key."""
        found = TABLES[table]
        query = sa.select(found).where(found.c[column].in_(values)).order_by(*found.primary_key.columns)
        return [dict(row) for row in self._con.execute(query).mappings()]


def _record(row: sa.RowMapping) -> KnownRecord:
    plain = {
        n: row[n]
        for n in ("record_id", "map", "system", "kind", "key", "row_hash", "state", "created", "updated")
    }
    return KnownRecord(
        **plain,
        raw=json.loads(row["raw"] or "{}"),
        claims=json.loads(row["claims"] or "{}"),
        lineage=_lineage(row["fields"] or "[]"),
        customer_id=row["customer_id"],
    )


@lru_cache(maxsize=256)
def _lineage(text: str) -> tuple[dict[str, Any], ...]:
    """How the fields came about; one for all records of a branch of a rule file, so it is read once."""
    return tuple(json.loads(text))
