"""The change set: what must be written so that the CRM is as it shall be, and not one row more."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.progress import Progress, Silent
from crm_unify.schema.tables import CHILD_TABLES, CRM_TABLES, TABLES, arrow_schema
from crm_unify.schema.target import reachable
from pipelines.carry import DELETED
from pipelines.changes.causes import causes
from pipelines.changes.children import Written, as_written, child_changes, written
from pipelines.changes.consents import consent_changes, kept_with_customers, with_customers_gone
from pipelines.changes.differences import difference, only
from pipelines.changes.interface import ChangeSet, Desired, TableChanges
from pipelines.changes.merges import without_dead_ends
from pipelines.changes.moves import moves
from pipelines.changes.parties import Parties, differing, party_changes, profile_changes, retired
from pipelines.changes.remembered import (
    lineage_changes,
    model_changes,
    quarantine_changes,
    record_changes,
    redirect_changes,
    rekey_changes,
    xref_changes,
)
from pipelines.changes.restored import with_restored
from pipelines.changes.snapshots import snapshot_changes
from pipelines.changes.standing import Settled, settle, sorted_blocked
from pipelines.changes.stood import with_stood
from pipelines.changes.users import USERS, described, user_changes
from pipelines.database.columns import canonical, sorted_by_key
from pipelines.ledger import Ledger

STEPS = 4
"""Stretches of work that progress is told about."""


def change_set(
    desired: Desired,
    ledger: Ledger,
    engine: sa.Engine,
    *,
    spool: Path | None = None,
    progress: Progress | None = None,
) -> ChangeSet:
    """What leads from what was last written to what is desired.

    `ledger` is what :func:`pipelines.ledger.read_ledger` said of the same database; rows of it that differ
    are read again from `engine`, nothing is written. With a `spool` folder the largest table is kept in a
    file there, which must outlive the change set. Raises ValueError when the desired state contradicts
    itself (two rows with one key, a row without its customer): a defect of the stage before; Unreachable
    when the database fails.
    """
    with (
        reachable(engine),
        engine.connect() as connection,
        (progress or Silent()).stage("changes", STEPS) as stage,
    ):
        kept_apart = without_dead_ends(desired.xref, desired.redirects, ledger)
        desired = replace(desired, xref=kept_apart.xref, redirects=kept_apart.redirects)
        golden = {name: canonical(name, desired.golden.get(name, _none(name))) for name in CRM_TABLES}
        recorded = golden | {USERS: described(golden[USERS])}
        children = {name: written(name, recorded[name], desired.records) for name in CHILD_TABLES}
        stage.advance()
        parties = differing(golden, desired, ledger, kept=kept_apart.kept, connection=connection)
        stage.advance()
        wanted = party_changes(parties) | _others(recorded, children, ledger, connection)
        gone = only(wanted["customer"].deletes, "id", _of_deleted(desired))["id"]
        wanted["consent"] = with_customers_gone(wanted["consent"], gone, connection)
        if desired.policies.restores:
            wanted = with_restored(wanted, recorded, connection)
        wanted[USERS] = user_changes(golden[USERS], wanted[USERS], wanted, connection)
        settled = settle(wanted, connection)
        stage.advance()
        consent = kept_with_customers(settled.tables["consent"], settled.blocked, connection)
        crm = settled.tables | {"customer": _with_retired(settled, parties), "consent": consent}
        file = None if spool is None else spool / "profiles.arrow"
        profiles = profile_changes(parties, settled.blocked, file=file)
        kept = {
            name: as_written(name, child, settled.blocked, ledger.records) for name, child in children.items()
        }
        memory = _memory(desired, kept, ledger, connection)
        crm = {name: with_stood(part, connection) for name, part in crm.items()}
        changes = {**crm, **memory, "mig_profile": profiles}
        why = causes(changes, desired, ledger, parties=parties, children=children, connection=connection)
        moved = moves(desired, ledger, crm["customer"], found=why, connection=connection)
        stage.advance()
    blocked = [_worth_saying(settled.blocked, parties), kept_apart.blocked, desired.blocked]
    whole = ChangeSet(
        tables={name: changes[name] for name in TABLES if changes[name].rows},
        blocked=sorted_blocked(blocked),
        facts=desired.facts,
        model_id=None if desired.model is None else desired.model.id,
        base=ledger.state,
        target=fingerprint(engine),
    )
    return replace(whole, cause=why.usual, causes=why.rows, moves=moved)


def fingerprint(engine: sa.Engine) -> str:
    """A short hash of which database this is; the folder of an SQLite file does not matter."""
    url = engine.url
    name = Path(url.database or "").name if engine.dialect.name == "sqlite" else url.database
    place = "|".join(str(part) for part in (engine.dialect.name, url.host, url.port, name))
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def _none(table: str) -> pa.Table:
    return arrow_schema(table).empty_table()


def _of_deleted(desired: Desired) -> pa.ChunkedArray:
    """Customers of deleted records, and their former ids: what sources said of consent goes with them."""
    records = desired.records.filter(pc.equal(desired.records["state"], DELETED))
    now = only(desired.xref, "record_id", records["record_id"])["customer_id"]
    former = only(desired.redirects, "new_id", now)["old_id"]
    return pa.chunked_array([*now.chunks, *former.chunks], pa.string())


def _others(
    golden: Mapping[str, pa.Table], children: Mapping[str, Written], ledger: Ledger, connection: sa.Connection
) -> dict[str, TableChanges]:
    """Consent, and the rows that come from one record each."""
    return {"consent": consent_changes(golden["consent"], ledger.consents)} | {
        name: child_changes(
            name,
            golden[name],
            children[name],
            ledger_records=ledger.records,
            xref=ledger.xref,
            connection=connection,
        )
        for name in CHILD_TABLES
    }


def _memory(
    desired: Desired, children: Mapping[str, Written], ledger: Ledger, connection: sa.Connection
) -> dict[str, TableChanges]:
    return {
        "mig_lineage": lineage_changes(desired.lineages, ledger),
        "mig_source_record": record_changes(desired.records, children, ledger, connection=connection),
        "mig_rekey": rekey_changes(desired.rekeyed, ledger),
        "mig_xref": xref_changes(desired.xref, ledger),
        "mig_redirect": redirect_changes(desired.redirects, ledger),
        "mig_model": model_changes(desired.model, ledger),
        "mig_quarantine": quarantine_changes(desired.rejections, ledger, connection=connection),
        **snapshot_changes(desired.snapshots, connection),
    }


def _with_retired(settled: Settled, parties: Parties) -> TableChanges:
    """Changes of ``customer``, with those that become inactive because they cannot be deleted."""
    changes, inactive = settled.tables["customer"], retired(parties, settled.blocked)
    more = difference("customer", only(parties.old["customer"], "id", inactive["id"]), inactive).updates
    return replace(changes, updates=sorted_by_key("customer", pa.concat_tables([changes.updates, more])))


def _worth_saying(blocked: pa.Table, parties: Parties) -> pa.Table:
    """What is blocked, without customers that have long been inactive because they could not be deleted."""
    customers = parties.old["customer"]
    inactive = customers.filter(pc.equal(customers["status"], "inactive"))["id"]
    old_news = pc.and_(pc.equal(blocked["table_name"], "customer"), pc.equal(blocked["op"], "delete"))
    return blocked.filter(pc.invert(pc.and_(old_news, pc.is_in(blocked["row_id"], pc.unique(inactive)))))
