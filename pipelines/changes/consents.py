"""Consent is append-only: which rows are new, and which must be said again.

Only with a customer that leaves the CRM, all its records being deleted, go the rows that its sources said.

A row is appended when nobody said it before, when its flag, its date or (of anything but an objection, which
needs none) its evidence changed, or when a record goes back to an
earlier status (yes, no, yes again): the newest word of a record is the one appended last, so an old row
cannot serve twice. A repeated row gets an ordinal behind its key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import CHARACTERS
from crm_unify.schema.crm import CONSENT_STATUSES, consent
from crm_unify.schema.tables import arrow_schema
from pipelines.changes.differences import without
from pipelines.changes.interface import TableChanges, deletes_schema, no_changes
from pipelines.database.columns import engine
from pipelines.database.read import matching

ID_LENGTH: Final = len("CO-") + CHARACTERS
_SEVERITY: Final = (
    "CASE {status} " + " ".join(f"WHEN '{s}' THEN {i}" for i, s in enumerate(CONSENT_STATUSES)) + " END"
)
_KEY: Final = "source_record_id, channel, coalesce(value_norm, '')"

_NEW: Final = f"""
WITH wanted AS (
    SELECT *, {_SEVERITY.format(status="status")} AS severity,
           min({_SEVERITY.format(status="status")}) OVER (PARTITION BY {_KEY}) AS shall
    FROM desired
), said AS (
    SELECT *, left(id, {ID_LENGTH}) AS base, {_SEVERITY.format(status="status")} AS severity FROM ledger
), newest AS (
    SELECT *, count(*) OVER (PARTITION BY base) AS times,
           row_number() OVER (PARTITION BY base ORDER BY run DESC, id DESC) AS place
    FROM said
), in_force AS (
    SELECT source_record_id, channel, coalesce(value_norm, '') AS value, severity AS holds
    FROM (SELECT *, rank() OVER (PARTITION BY {_KEY} ORDER BY run DESC, severity) AS place FROM said)
    WHERE place = 1 GROUP BY ALL
), compared AS (
    SELECT w.*, n.times,
           n.base IS NULL
           OR (n.raw_flag, n.given_at) IS DISTINCT FROM (w.raw_flag, w.given_at)
           OR (w.status <> 'opted_out' AND n.evidence IS DISTINCT FROM w.evidence)
           OR (f.holds <> w.shall AND w.severity = w.shall) AS fresh
    FROM wanted w
    LEFT JOIN newest n ON n.base = w.id AND n.place = 1
    LEFT JOIN in_force f ON f.source_record_id = w.source_record_id AND f.channel = w.channel
                        AND f.value = coalesce(w.value_norm, '')
), weighed AS (
    SELECT *, min(CASE WHEN fresh THEN severity END) OVER (PARTITION BY {_KEY}) AS says FROM compared
)
SELECT * REPLACE (CASE WHEN times IS NULL THEN id ELSE id || '-' || (times + 1) END AS id)
FROM weighed WHERE fresh OR (says > shall AND severity = shall) ORDER BY id
"""


def consent_changes(desired: pa.Table, ledger: pa.Table) -> TableChanges:
    """Rows to append. `desired` is canonical, `ledger` what source records said before."""
    if len(desired) == 0:
        return no_changes("consent")
    schema = arrow_schema("consent")
    with engine(desired=desired, ledger=ledger) as con:
        rows = con.sql(_NEW).to_arrow_table().select(schema.names).cast(schema)
    return TableChanges(
        "consent", creates=rows, updates=(nothing := no_changes("consent")).updates, deletes=nothing.deletes
    )


def with_customers_gone(
    changes: TableChanges, customers: pa.ChunkedArray, connection: sa.Connection
) -> TableChanges:
    """With what sources said of customers that are deleted; what people wrote there holds its customer."""
    c = consent.c
    query = sa.select(c.id).where(c.source_record_id.is_not(None))
    ids = matching(connection, query, c.customer_id, customers)["id"]
    rows = pa.table([ids, pa.nulls(len(ids), pa.string())], schema=deletes_schema("consent"))
    return replace(changes, deletes=rows.sort_by("id"))


def kept_with_customers(changes: TableChanges, blocked: pa.Table, connection: sa.Connection) -> TableChanges:
    """Without what was said of customers that are not deleted after all."""
    mine = pc.and_(pc.equal(blocked["table_name"], "customer"), pc.equal(blocked["op"], "delete"))
    staying = blocked.filter(mine)["row_id"]
    if len(staying) == 0 or len(changes.deletes) == 0:
        return changes
    ids = matching(connection, sa.select(consent.c.id), consent.c.customer_id, staying)["id"]
    return replace(changes, deletes=without(changes.deletes, "id", ids))
