"""What changes for customers and everything in their profiles.

The base is the profile last written, never the row as it stands: a value that a CRM user edited since
differs from neither side and is left alone for as long as the sources say what they said. A customer that
was merged into another keeps its row, with status ``merged``; a customer without any record left loses its
rows, or becomes ``inactive`` when rows hang on it that are not ours to delete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_profile
from crm_unify.schema.tables import PROFILE_TABLES, arrow_schema, key_of, owner_of
from pipelines.changes.differences import difference, only, without
from pipelines.changes.interface import Desired, TableChanges, no_changes
from pipelines.changes.policies import Dates, edited, governed, kept_winners, newer_fields
from pipelines.changes.profiles import profile_hashes, profile_rows, unfolded
from pipelines.database.columns import engine, sorted_by_key
from pipelines.database.read import matching
from pipelines.ledger import BETWEEN, COMPARED, Ledger

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True)
class Parties:
    """The customers that differ from what was last written, before and after."""

    profiles: pa.Table
    """Their rows of ``mig_profile`` as they stand."""
    old: Tables
    """The rows last written for them, by table."""
    new: Tables
    """The rows they shall have."""
    winners: pa.Table
    """Who won their fields; of a value that is held back, who won it before."""


def differing(
    golden: Tables,
    desired: Desired,
    ledger: Ledger,
    *,
    kept: pa.ChunkedArray,
    connection: sa.Connection,
) -> Parties:
    """The customers whose profile differs from the one last written; `golden` is canonical.

    Customers in `kept` stay as they are although nothing in `golden` speaks of them. Write policies have been
    asked: what they hold back is as it was last written.
    """
    winners, policies = desired.winners, desired.policies
    if len(ledger.profiles) == 0:
        _refuse_strays(golden)
        nothing = {name: arrow_schema(name).empty_table() for name in PROFILE_TABLES}
        return Parties(
            arrow_schema("mig_profile").empty_table(),
            nothing,
            {n: golden[n] for n in PROFILE_TABLES},
            winners,
        )
    now = profile_hashes(golden, winners)
    if len(now) != len(golden["customer"]):
        _refuse_strays(golden)
    changed = _changed(now, ledger.profiles)
    overruled = edited(golden, policies, connection)
    if len(overruled):
        changed = pa.chunked_array([pc.unique(pa.chunked_array([*changed.chunks, *overruled.chunks])).sort()])
    gone = without(ledger.profiles, "customer_id", golden["customer"]["id"])["customer_id"]
    gone = without(pa.table({"id": gone}), "id", ledger.redirects["old_id"])["id"]
    gone = without(pa.table({"id": gone}), "id", kept)["id"]
    gone = _unless_deleted_by_hand(gone, desired, ledger)
    former = only(ledger.profiles, "customer_id", led_to(gone, desired.redirects))["customer_id"]
    former = without(pa.table({"id": former}), "id", gone)["id"]
    former = without(pa.table({"id": former}), "id", ledger.deleted["customer_id"])["id"]
    gone = pa.chunked_array([*gone.chunks, *former.chunks], pa.string())
    asked = pa.chunked_array([*changed.chunks, *gone.chunks], pa.string())
    columns = [mig_profile.columns[name] for name in arrow_schema("mig_profile").names]
    profiles = matching(connection, sa.select(*columns), mig_profile.c.customer_id, asked)
    rows = governed(
        unfolded(profiles),
        {name: only(golden[name], owner_of(name), changed) for name in PROFILE_TABLES},
        policies,
        newer=newer_fields(profiles, winners, policies, _dates(desired, ledger)),
        connection=connection,
    )
    staying = without(desired.redirects, "old_id", led_to(gone, desired.redirects))["old_id"]
    merged = only(only(rows.old["customer"], "id", gone), "id", staying)
    customers = pa.concat_tables([rows.new["customer"], _with_status(merged, "merged")])
    new = {**rows.new, "customer": sorted_by_key("customer", customers)}
    return Parties(profiles, rows.old, new, kept_winners(profiles, winners, rows.held))


def _unless_deleted_by_hand(gone: pa.ChunkedArray, desired: Desired, ledger: Ledger) -> pa.ChunkedArray:
    """Customers without a record left, but for those a person deleted in the CRM.

    Their profile alone knows of that: without it they would come back with their rows.
    """
    by_hand = without(ledger.deleted, "customer_id", desired.redirects["old_id"])["customer_id"]
    return without(pa.table({"id": gone}), "id", by_hand)["id"]


def led_to(gone: pa.ChunkedArray, redirects: pa.Table) -> pa.ChunkedArray:
    """Former ids of the customers that leave: their rows, which still bear a name, leave with them."""
    leaving = without(pa.table({"id": gone}), "id", redirects["old_id"])["id"]
    return only(redirects, "new_id", leaving)["old_id"]


def _dates(desired: Desired, ledger: Ledger) -> Dates:
    """When records were changed at their source, now and as of the last load; asked by one policy only."""
    policies = desired.policies
    if "if_newer" not in (policies.default, *policies.fields.values()):
        return Dates({}, {})
    place = COMPARED.index("updated")
    then = [text.split(BETWEEN)[place] for text in ledger.records["compared"].to_pylist()]
    now = pc.fill_null(desired.records["updated"], "").to_pylist()
    return Dates(
        dict(zip(desired.records["record_id"].to_pylist(), now, strict=True)),
        dict(zip(ledger.records["record_id"].to_pylist(), then, strict=True)),
    )


def _changed(now: pa.Table, before: pa.Table) -> pa.ChunkedArray:
    """Customers that are new or whose hash differs."""
    with engine(now=now, before=before) as con:
        query = "SELECT customer_id FROM now ANTI JOIN before USING (customer_id, hash) ORDER BY 1"
        return con.sql(query).to_arrow_table()["customer_id"]


def _refuse_strays(golden: Tables) -> None:
    """Raise ValueError for a row of a customer that is not there: a defect of the stage before."""
    for name in PROFILE_TABLES:
        known = pc.is_in(golden[name][owner_of(name)], golden["customer"]["id"].combine_chunks())
        if not pc.all(known, min_count=0).as_py():
            stray = golden[name].filter(pc.invert(known))[key_of(name)][0]
            msg = f"{name} {stray} belongs to no customer of this run"
            raise ValueError(msg)


def _with_status(customers: pa.Table, status: str) -> pa.Table:
    place = customers.column_names.index("status")
    return customers.set_column(place, "status", pa.repeat(pa.scalar(status), len(customers)))


def party_changes(parties: Parties) -> dict[str, TableChanges]:
    """What changes in each table of the profiles, before anything in the CRM is looked at."""
    return {name: difference(name, parties.old[name], parties.new[name]) for name in PROFILE_TABLES}


def retired(parties: Parties, blocked: pa.Table) -> pa.Table:
    """Customers that were to be deleted and cannot be: their last written rows, with status ``inactive``."""
    held = only(parties.old["customer"], "id", _blocked(blocked, "customer", "delete"))
    merged = held.filter(pc.equal(held["status"], "merged"))
    return pa.concat_tables([_with_status(without(held, "id", merged["id"]), "inactive"), merged])


def profile_changes(parties: Parties, blocked: pa.Table, *, file: Path | None) -> TableChanges:
    """What changes in ``mig_profile``: it tells what is written, so what is blocked stays as it was."""
    effective = {name: _effective(name, parties, blocked) for name in PROFILE_TABLES}
    if len(effective["customer"]) + len(parties.profiles) == 0:
        return no_changes("mig_profile")
    everyone, winners = len(parties.profiles) == 0, parties.winners
    won = winners if everyone else only(winners, "customer_id", effective["customer"]["id"])
    return difference("mig_profile", parties.profiles, profile_rows(effective, won, file=file))


def _effective(name: str, parties: Parties, blocked: pa.Table) -> pa.Table:
    """The rows of a table as last written once everything that is not blocked has been done."""
    if len(blocked) == 0:
        return parties.new[name]
    key = key_of(name)
    done = without(parties.new[name], key, _blocked(blocked, name, "create", "update"))
    left = only(parties.old[name], key, _blocked(blocked, name, "update"))
    held = only(parties.old[name], key, _blocked(blocked, name, "delete"))
    held = retired(parties, blocked) if name == "customer" else held
    return sorted_by_key(name, pa.concat_tables([done, left, held]))


def _blocked(blocked: pa.Table, table: str, *ops: str) -> pa.ChunkedArray:
    own = pc.and_(pc.equal(blocked["table_name"], table), pc.is_in(blocked["op"], pa.array(ops)))
    keys: pa.ChunkedArray = blocked.filter(own)["row_id"]
    return keys
