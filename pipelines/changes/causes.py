"""Why rows change: the source says something new, a person decided, a rule is another, the model or the day.

A record tells by itself: its source row has another hash, or the same one and the rules make something else
of it. A customer changes for what its records tell and for decisions that name them; where neither says
anything the cause lies in what is different about the run as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import child_ids
from crm_unify.schema.bookkeeping import mig_decision_member
from crm_unify.schema.tables import CHILD_TABLES, PROFILE_TABLES, key_of, owner_of
from pipelines.changes.children import Written
from pipelines.changes.differences import touches
from pipelines.changes.interface import CAUSES, Desired, TableChanges
from pipelines.changes.parties import Parties
from pipelines.database.columns import engine, quoted
from pipelines.database.read import fetch
from pipelines.ledger import Ledger

SOURCE: Final = "source"
DECISION: Final = "decision"
RULE: Final = "rule"
MODEL: Final = "model"
DATE: Final = "date"


@dataclass(frozen=True, slots=True)
class Causes:
    """Why the rows of one change set change."""

    usual: str
    """Of every row that ``rows`` does not name."""
    customers: pa.Table
    """``customer_id, cause``."""
    rows: pa.Table
    """CAUSES: rows of the CRM that change for another cause than the usual one."""


def causes(
    changes: Mapping[str, TableChanges],
    desired: Desired,
    ledger: Ledger,
    *,
    parties: Parties,
    children: Mapping[str, Written],
    connection: sa.Connection,
) -> Causes:
    """Why each row of the CRM changes; of the first load of a CRM everything comes from its sources."""
    usual = _usual(desired, ledger)
    none = Causes(usual, pa.table({"customer_id": [], "cause": []}, schema=_CUSTOMERS), _NO_ROWS)
    if ledger.last_run is None or not any(len(part) for c in changes.values() for part in _parts(c)):
        return none
    records = _records(changes["mig_source_record"], usual)
    decided = _decided(ledger, connection)
    customers = _customers(pa.concat_tables([records, decided]), desired.xref, ledger.xref)
    found = [_NO_ROWS]
    for name in (*PROFILE_TABLES, "consent"):
        owned = _owned(name, changes[name], parties)
        found.append(_rows(name, owned, "customer_id", customers))
    for name in CHILD_TABLES:
        made = _of_records(name, changes[name], children[name], ledger)
        found.append(_rows(name, made, "record_id", records))
        found.append(_led(name, changes[name], made, records, customers))
    every = pa.concat_tables(found)
    return Causes(usual, customers, every.filter(pc.not_equal(every["cause"], usual)))


_CUSTOMERS: Final = pa.schema([("customer_id", pa.string()), ("cause", pa.string())])
_NO_ROWS: Final = pa.Table.from_batches([], CAUSES)


def _parts(changes: TableChanges) -> tuple[pa.Table, pa.Table, pa.Table]:
    return changes.creates, changes.updates, changes.deletes


# --- the run as a whole ---
def _usual(desired: Desired, ledger: Ledger) -> str:
    """What is different about this run, where no record says it."""
    last = ledger.last_run
    if last is None:
        return SOURCE
    if desired.model is not None and ledger.model is not None and desired.model.id != ledger.model.id:
        return MODEL
    if desired.facts.rules_hash != last.rules_hash:
        return RULE
    if _newest_decision(ledger.state.split("/")[1]) > _last_decided(ledger):
        return DECISION
    changed = desired.facts.sources_hash != last.sources_hash
    return DATE if not changed and desired.facts.as_of.isoformat() != last.as_of else SOURCE


def _last_decided(ledger: Ledger) -> int:
    """The newest decision that the last run obeyed."""
    under: dict[str, Any] = ledger.summary.get("under", {})
    return _newest_decision(str(under.get("decided", "0")).partition("/")[0])


def _newest_decision(said: str) -> int:
    return int(said or 0)


# --- records and customers ---
def _records(changes: TableChanges, usual: str) -> pa.Table:
    """``record_id, cause`` of the records that say something else, or are made into something else."""
    new = pa.table({"record_id": changes.creates["record_id"]})
    new = new.append_column("cause", pa.repeat(pa.scalar(SOURCE), len(new)))
    from_source = touches(changes.updates, "mig_source_record", "row_hash")
    other = RULE if usual in (RULE, MODEL) else (DATE if usual == DATE else SOURCE)
    cause = pc.if_else(from_source, SOURCE, other)
    moved = pa.table({"record_id": changes.updates["record_id"], "cause": cause})
    return pa.concat_tables([new.cast(_RECORDS), moved.cast(_RECORDS)])


_RECORDS: Final = pa.schema([("record_id", pa.string()), ("cause", pa.string())])


def _decided(ledger: Ledger, connection: sa.Connection) -> pa.Table:
    """``record_id, cause`` of the records that were decided on since the last run."""
    m = mig_decision_member.c
    query = sa.select(m.record_id).where(m.decision > _last_decided(ledger)).distinct()
    named = fetch(connection, query.order_by(m.record_id))
    return named.append_column("cause", pa.repeat(pa.scalar(DECISION), len(named))).cast(_RECORDS)


def _customers(records: pa.Table, now: pa.Table, before: pa.Table) -> pa.Table:
    """``customer_id, cause``: what the records of a customer tell, those it has and those it had."""
    both = {"now": now.select(["record_id", "customer_id"]), "before": before}
    with engine(records=records, **both) as con:
        return (
            con.sql(
                "SELECT customer_id, string_agg(DISTINCT cause, '+' ORDER BY cause) AS cause "
                "FROM (SELECT * FROM now UNION ALL SELECT * FROM before) JOIN records USING (record_id) "
                "GROUP BY customer_id ORDER BY customer_id"
            )
            .to_arrow_table()
            .cast(_CUSTOMERS)
        )


# --- rows ---
def _owned(name: str, changes: TableChanges, parties: Parties) -> pa.Table:
    """``row_id, customer_id`` of the changed rows of a table that customers own."""
    key = key_of(name)
    owner = "customer_id" if name == "consent" else owner_of(name)
    known = [changes.creates.select([key, owner]).rename_columns(["row_id", "customer_id"])]
    if name != "consent":
        rows = pa.concat_tables([parties.old[name], parties.new[name]])
        pairs = pa.table({"row_id": rows[key], "customer_id": rows[owner]})
        keys = [chunk for part in _parts(changes)[1:] for chunk in part[key].chunks]
        known.append(pairs.filter(pc.is_in(pairs["row_id"], pa.chunked_array(keys, pa.string()))))
    return pa.concat_tables(known)


def _of_records(name: str, changes: TableChanges, now: Written, ledger: Ledger) -> pa.Table:
    """``row_id, record_id`` of the changed rows that come from one record each."""
    gone = ledger.records.filter(pc.equal(ledger.records["kind"], name))["record_id"]
    before = pa.table([child_ids(name, gone), gone], names=["row_id", "record_id"])
    both = pa.concat_tables([now.rows.select(["row_id", "record_id"]), before])
    keys = [chunk for part in _parts(changes) for chunk in part[key_of(name)].chunks]
    return both.filter(pc.is_in(both["row_id"], pa.chunked_array(keys, pa.string())))


def _rows(name: str, rows: pa.Table, by: str, known: pa.Table) -> pa.Table:
    """CAUSES of these rows, by what is known of their customer or record; several are told together."""
    if len(rows) == 0 or len(known) == 0:
        return _NO_ROWS
    with engine(rows=rows, known=known) as con:
        return (
            con.sql(
                f"SELECT '{name}' AS table_name, row_id, string_agg(DISTINCT cause, '+' ORDER BY cause) "
                f"AS cause FROM rows JOIN known USING ({quoted(by)}) GROUP BY row_id ORDER BY row_id"
            )
            .to_arrow_table()
            .cast(CAUSES)
        )


def _led(
    name: str, changes: TableChanges, made: pa.Table, records: pa.Table, customers: pa.Table
) -> pa.Table:
    """CAUSES of rows that follow their customer, and whose record says what it said."""
    if "customer_id" not in changes.creates.column_names:
        return _NO_ROWS
    said = made.filter(pc.is_in(made["record_id"], records["record_id"].combine_chunks()))["row_id"]
    moved = changes.updates.filter(touches(changes.updates, name, "customer_id"))
    moved = moved.filter(pc.invert(pc.is_in(moved[key_of(name)], pc.unique(said))))
    rows = pa.table({"row_id": moved[key_of(name)], "customer_id": moved["new.customer_id"]})
    return _rows(name, rows, "customer_id", customers)
