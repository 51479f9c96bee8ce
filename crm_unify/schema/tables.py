"""All tables by name, in loading order, and their columns as the stages between see them."""

from __future__ import annotations

from functools import cache
from typing import Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema import agreements, bookkeeping, crm, stewards
from crm_unify.schema.base import BOOKKEEPING, CRM, LOAD_STAMP, metadata
from crm_unify.schema.types import arrow_type

TABLES: Final[dict[str, sa.Table]] = {
    t.name: t
    for t in (
        crm.app_user,
        crm.customer,
        crm.person,
        crm.organisation,
        crm.organisation_person,
        crm.contact_point,
        crm.address,
        crm.party_identifier,
        crm.account,
        crm.consent,
        crm.sales_order,
        crm.order_line,
        crm.support_case,
        crm.opportunity,
        crm.activity,
        bookkeeping.mig_lineage,
        bookkeeping.mig_source_record,
        bookkeeping.mig_rekey,
        bookkeeping.mig_xref,
        bookkeeping.mig_redirect,
        bookkeeping.mig_model,
        bookkeeping.mig_profile,
        bookkeeping.mig_quarantine,
        bookkeeping.mig_snapshot,
        bookkeeping.mig_delivery,
    )
}
"""Every table a change set can write, parents before children (the reverse is the order of deletes)."""

PROFILE_TABLES: Final = tuple(
    name for name, t in TABLES.items() if t.info["layer"] == CRM and t.info["owner"] is not None
)
"""Tables whose rows make up the profile of a customer."""

CHILD_TABLES: Final = ("app_user", "sales_order", "order_line", "support_case", "opportunity", "activity")
"""Tables whose rows come from one source record each."""

AGREEMENTS: Final = tuple(
    t.name
    for t in (
        agreements.mig_correction,
        agreements.mig_approval,
        agreements.mig_rehearsal,
        agreements.mig_accuracy,
        agreements.mig_audit,
    )
)
"""Tables of what people agreed on; no change set writes them."""

STEWARDS: Final = tuple(
    t.name
    for t in (
        stewards.mig_user,
        stewards.mig_session,
        stewards.mig_answer,
        stewards.mig_proposal,
        stewards.mig_note,
    )
)
"""Tables of the review application; no change set writes them."""

CRM_TABLES: Final = tuple(n for n, t in TABLES.items() if t.info["layer"] == CRM)
BOOKKEEPING_TABLES: Final = tuple(n for n, t in TABLES.items() if t.info["layer"] == BOOKKEEPING)

__all__ = [
    "AGREEMENTS",
    "BOOKKEEPING_TABLES",
    "CHILD_TABLES",
    "CRM_TABLES",
    "PROFILE_TABLES",
    "STEWARDS",
    "TABLES",
    "arrow_schema",
    "key_of",
    "metadata",
    "owner_of",
    "stamp_of",
]


def key_of(table: str) -> str:
    """Name of the one primary key column."""
    (column,) = TABLES[table].primary_key.columns
    return column.name


def owner_of(table: str) -> str:
    """Name of the column that says whose profile a row belongs to."""
    owner = TABLES[table].info["owner"]
    assert isinstance(owner, str), f"{table} belongs to no profile"
    return owner


def stamp_of(table: str) -> str | None:
    """Name of the column that the load fills with the number of its run, if there is one."""
    return next((c.name for c in TABLES[table].columns if c.info.get(LOAD_STAMP)), None)


@cache
def arrow_schema(table: str) -> pa.Schema:
    """Columns of a table between the stages, in table order and without load stamps."""
    columns = [c for c in TABLES[table].columns if not c.info.get(LOAD_STAMP)]
    return pa.schema([pa.field(c.name, arrow_type(c.type)) for c in columns])
