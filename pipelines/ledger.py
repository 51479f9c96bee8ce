"""What the CRM database remembers of earlier loads, as Arrow tables: the base of every difference.

The ledger leaves out what is long (raw rows, claims, profiles): hashes stand for them, and
:func:`read_records` and the change set read the long texts of the few rows they need.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.agreements import mig_correction
from crm_unify.schema.bookkeeping import (
    mig_decision,
    mig_erasure,
    mig_lineage,
    mig_model,
    mig_profile,
    mig_quarantine,
    mig_redirect,
    mig_rekey,
    mig_run,
    mig_source_record,
    mig_xref,
)
from crm_unify.schema.crm import consent, customer
from crm_unify.schema.tables import arrow_schema
from crm_unify.schema.target import reachable
from pipelines.database.read import fetch, matching
from pipelines.ledger_cache import kept

COMPARED: Final = ("system", "entity", "part", "lineage", "row_hash", "created", "updated", "claims_hash")
"""Columns of a source record that nothing but a comparison asks for: one text of the ledger holds them all.

A value costs its driver as much as the next, so half as many of them are read in half the time.
"""
BETWEEN: Final = chr(31)
"""Stands between their values."""
CONSENT_COLUMNS: Final = (
    "id",
    "source_record_id",
    "channel",
    "value_norm",
    "status",
    "raw_flag",
    "given_at",
    "evidence",
    "run",
)


@dataclass(frozen=True, slots=True)
class ModelInForce:
    """The matching model that scored this state."""

    id: str
    kernel_version: str
    json: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest row of ``mig_run``."""

    id: int
    as_of: str
    """ISO date."""
    state: str
    sources_hash: str | None
    rules_hash: str | None
    model_id: str | None
    plan_hash: str | None
    account: str | None
    """JSON."""
    summary: str | None
    """JSON."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The memory of a CRM database; tables are sorted by their first column."""

    records: pa.Table
    """``record_id, map, key, kind, state, founding, target_hash`` of every record ever loaded, and
    ``compared``: the columns COMPARED as one text."""
    xref: pa.Table
    """``record_id, customer_id``."""
    redirects: pa.Table
    """``old_id, new_id``."""
    rekeyed: pa.Table
    """Rows of ``mig_rekey``: records whose source row has, or may have, another key than before."""
    profiles: pa.Table
    """``customer_id, hash`` of what was last written for each customer."""
    deleted: pa.Table
    """``customer_id`` of customers that were written and that a person has deleted in the CRM since."""
    consents: pa.Table
    """Rows of ``consent`` that came from a source record, with the run that appended them."""
    quarantine: pa.Table
    """``id`` of every entry."""
    lineages: pa.Table
    """``id`` of every lineage ever used."""
    model: ModelInForce | None
    """The one in force."""
    proposed: ModelInForce | None
    """One that was trained since; it comes into force with the next run."""
    last_run: LastRun | None
    state: str
    """Changes with every load that wrote a row, every decision, training and correction: a change set applies
    to the state it was computed from."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the last run said of itself; nothing before there was one."""
        last = self.last_run
        found: dict[str, Any] = {} if last is None or last.summary is None else json.loads(last.summary)
        return found

    @property
    def next_model(self) -> ModelInForce | None:
        """The model the next run scores with: one that was trained since, else the one in force."""
        return self.model if self.proposed is None else self.proposed

    @property
    def next_run(self) -> int:
        """Number the next run gets."""
        return 1 if self.last_run is None else self.last_run.id + 1


def read_ledger(engine: sa.Engine, *, folder: Path | None = None) -> Ledger:
    """Everything a change set is computed against. Raises Unreachable when the database does not answer.

    In the `folder` of the newest run its long tables may be at hand.
    """
    with reachable(engine), engine.connect() as connection:
        return ledger_of(connection, folder=folder)


def ledger_of(connection: sa.Connection, *, folder: Path | None = None) -> Ledger:
    """The same within a transaction that is under way."""
    now = state(connection)
    long = None if folder is None else kept(folder, now, connection)
    if long is None:
        long = {
            "records": _records(connection),
            "xref": _sorted(connection, *mig_xref.columns),
            "profiles": _sorted(connection, mig_profile.c.customer_id, mig_profile.c.hash),
        }
    return Ledger(
        **long,
        redirects=_sorted(connection, mig_redirect.c.old_id, mig_redirect.c.new_id),
        rekeyed=_sorted(connection, *(mig_rekey.c[name] for name in arrow_schema("mig_rekey").names)),
        deleted=fetch(connection, deleted_customers()),
        consents=_consents(connection),
        quarantine=_sorted(connection, mig_quarantine.c.id),
        lineages=_sorted(connection, mig_lineage.c.id),
        model=model_in_force(connection),
        proposed=proposed_model(connection),
        last_run=last_run(connection),
        state=now,
    )


def newest(engine: sa.Engine) -> LastRun | None:
    """The newest run of a CRM database. Raises Unreachable when it does not answer."""
    with reachable(engine), engine.connect() as connection:
        return last_run(connection)


def read_rekeyed(engine: sa.Engine) -> pa.Table:
    """Rows of ``mig_rekey``: under which ids records live on whose keys have changed."""
    with reachable(engine), engine.connect() as connection:
        return _sorted(connection, *(mig_rekey.c[name] for name in arrow_schema("mig_rekey").names))


def read_records(engine: sa.Engine, record_ids: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Whole rows of ``mig_source_record`` (raw row and claims too) for these record ids, sorted by record id.

    This is how a record that is gone from its source, or has turned bad, keeps its last good claims.
    """
    with reachable(engine), engine.connect() as connection:
        query = sa.select(mig_source_record)
        return matching(connection, query, mig_source_record.c.record_id, record_ids).sort_by("record_id")


def state(connection: sa.Connection) -> str:
    """What a change set was computed from: ``LOADS/DECISION/MODEL/CORRECTION``, and ``/ERASURE`` if any.

    A hash over all loads that wrote rows, the number of the newest decision (they are only ever added), the
    model that waits for the next run, if one does, and the numbers of the newest correction and erasure.
    """
    c = mig_run.c
    loads = connection.execute(
        sa.select(c.id, c.state, c.plan_hash, c.sources_hash, c.rules_hash, c.written_rows)
        .where(c.written_rows > 0)
        .order_by(c.id)
    )
    loaded = hashlib.sha256(json.dumps([list(row) for row in loads]).encode()).hexdigest()[:32]
    decided = connection.scalar(sa.select(sa.func.max(mig_decision.c.id)))
    waiting = connection.scalar(sa.select(mig_model.c.id).where(mig_model.c.proposed))
    corrected = connection.scalar(sa.select(sa.func.max(mig_correction.c.id)))
    erased = connection.scalar(sa.select(sa.func.max(mig_erasure.c.id)))
    said = f"{loaded}/{decided or 0}/{waiting or ''}/{corrected or 0}"
    return said + (f"/{erased}" if erased else "")


def last_run(connection: sa.Connection) -> LastRun | None:
    """The newest run, whether it wrote anything or not."""
    c = mig_run.c
    row = connection.execute(
        sa.select(
            c.id,
            c.as_of,
            c.state,
            c.sources_hash,
            c.rules_hash,
            c.model_id,
            c.plan_hash,
            c.account,
            c.summary,
        )
        .order_by(c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else LastRun(row.id, row.as_of.isoformat(), *row[2:])


def model_in_force(connection: sa.Connection) -> ModelInForce | None:
    """The model that scored what this CRM holds."""
    return _model(connection, mig_model.c.in_force)


def proposed_model(connection: sa.Connection) -> ModelInForce | None:
    """A model that was trained since the last run and comes into force with the next one."""
    return _model(connection, mig_model.c.proposed)


def _model(connection: sa.Connection, which: sa.ColumnElement[bool]) -> ModelInForce | None:
    c = mig_model.c
    row = connection.execute(sa.select(c.id, c.kernel_version, c.model).where(which)).first()
    return None if row is None else ModelInForce(row.id, row.kernel_version, row.model)


def _records(connection: sa.Connection) -> pa.Table:
    c = mig_source_record.c
    values: list[sa.ColumnElement[Any]] = [sa.func.coalesce(c[name], "") for name in COMPARED]
    text = reduce(lambda left, right: left + sa.literal(BETWEEN) + right, values)
    compared = sa.type_coerce(text, sa.Text()).label("compared")
    own = (c.record_id, c.map, c.key, c.kind, c.state, c.founding, c.target_hash)
    return fetch(connection, sa.select(*own, compared).order_by(c.record_id))


def _sorted(connection: sa.Connection, *columns: sa.Column[Any]) -> pa.Table:
    return fetch(connection, sa.select(*columns).order_by(columns[0]))


def deleted_customers() -> sa.Select[tuple[str]]:
    """Ids of the customers that were written and that a person has deleted in the CRM since."""
    profile, stands = mig_profile.c.customer_id, customer.c.id
    query = sa.select(profile).outerjoin_from(mig_profile, customer, profile == stands)
    return query.where(stands.is_(None)).order_by(profile)


def _consents(connection: sa.Connection) -> pa.Table:
    columns = [consent.columns[name] for name in CONSENT_COLUMNS]
    query = sa.select(*columns).where(consent.c.source_record_id.is_not(None)).order_by(consent.c.id)
    return fetch(connection, query)
