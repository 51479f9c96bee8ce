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
from pipelines.changes.interface import TableChanges, no_changes
from pipelines.changes.profiles import profile_hashes, profile_rows, unfolded
from pipelines.database.columns import engine, sorted_by_key
from pipelines.database.read import matching
from pipelines.ledger import Ledger

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


def differing(
    golden: Tables,
    winners: pa.Table,
    ledger: Ledger,
    *,
    redirects: pa.Table,
    kept: pa.ChunkedArray,
    connection: sa.Connection,
) -> Parties:
    """The customers whose profile differs from the one last written; `golden` is canonical.

    Customers in `kept` stay as they are although nothing in `golden` speaks of them.
    """
    if len(ledger.profiles) == 0:
        _refuse_strays(golden)
        nothing = {name: arrow_schema(name).empty_table() for name in PROFILE_TABLES}
        return Parties(
            arrow_schema("mig_profile").empty_table(), nothing, {n: golden[n] for n in PROFILE_TABLES}
        )
    now = profile_hashes(golden, winners)
    if len(now) != len(golden["customer"]):
        _refuse_strays(golden)
    changed = _changed(now, ledger.profiles)
    gone = without(ledger.profiles, "customer_id", golden["customer"]["id"])["customer_id"]
    gone = without(pa.table({"id": gone}), "id", ledger.redirects["old_id"])["id"]
    gone = without(pa.table({"id": gone}), "id", kept)["id"]
    asked = pa.chunked_array([*changed.chunks, *gone.chunks], pa.string())
    columns = [mig_profile.columns[name] for name in arrow_schema("mig_profile").names]
    profiles = matching(connection, sa.select(*columns), mig_profile.c.customer_id, asked)
    old = unfolded(profiles)
    new = {name: only(golden[name], owner_of(name), changed) for name in PROFILE_TABLES}
    merged = only(only(old["customer"], "id", gone), "id", redirects["old_id"])
    customers = pa.concat_tables([new["customer"], _with_status(merged, "merged")])
    return Parties(profiles, old, {**new, "customer": sorted_by_key("customer", customers)})


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
    return _with_status(held, "inactive")


def profile_changes(
    parties: Parties, blocked: pa.Table, winners: pa.Table, *, file: Path | None
) -> TableChanges:
    """What changes in ``mig_profile``: it tells what is written, so what is blocked stays as it was."""
    effective = {name: _effective(name, parties, blocked) for name in PROFILE_TABLES}
    if len(effective["customer"]) + len(parties.profiles) == 0:
        return no_changes("mig_profile")
    everyone = len(parties.profiles) == 0
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
