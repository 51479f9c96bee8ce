"""Consent: unknown is not consent, and an objection needs no evidence.

A consent claim speaks of the contact values of its record on that channel: an N in the newsletter list speaks
of the address in that row. An objection holds for the customer and for every other customer that carries the
same address or number; so does one on a row that made no record, because it is in quarantine. What is shown
is the most restrictive (view ``consent_current``); what was said is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.arrow_sql import engine
from crm_unify.ids import crm_ids
from matching.survivorship import Parties

OPTED_OUT: Final = "opted_out"
SPEAKS_OF: Final = pa.table(
    {
        "channel": ["email", "phone", "phone", "any", "any", "any"],
        "kind": ["email", "phone", "fax", "email", "phone", "fax"],
    }
)
"""Kinds of contact point that a channel is about; ``post`` is about the customer alone."""
NOT_LOADED: Final = " that is in quarantine, waits or was deleted"
"""Why there is no record that says it."""
COLUMNS: Final = (
    "id",
    "customer_id",
    "channel",
    "value_norm",
    "status",
    "raw_flag",
    "given_at",
    "evidence",
    "system",
    "source_record_id",
    "carrier_record_id",
)


def consents(parties: Parties, claims: pa.Table, contacts: pa.Table, unheard: pa.Table) -> pa.Table:
    """One row for each claim and value it speaks of (a null value speaks of the customer as a whole).

    ``unheard`` are OBJECTIONS of rows that made no record.
    """
    said = _with_customer(parties, claims, "record_id")
    said = said.append_column("system", parties.column("system", parties.places(said["record_id"])))
    own = pa.concat_tables(
        [said.append_column("value_norm", pa.nulls(len(said), pa.string())), _values(said, contacts)],
        promote_options="permissive",
    )
    carriers = _carriers(parties, contacts)
    rows = pa.concat_tables(
        [
            _named(own, carrier=own["record_id"]),
            _carried(own, carriers),
            *_unheard(parties, unheard, carriers),
        ]
    )
    return (
        rows.group_by("id")
        .aggregate([(name, "min") for name in COLUMNS[1:]])
        .rename_columns([*COLUMNS])
        .sort_by("id")
    )


def _with_customer(parties: Parties, table: pa.Table, record_column: str) -> pa.Table:
    customer = parties.column("customer_id", parties.places(table[record_column]))
    return table.append_column("customer_id", customer)


def _values(said: pa.Table, contacts: pa.Table) -> pa.Table:
    """Claims once for each value of their record that the channel is about."""
    values = contacts.select(["record_id", "kind", "value_norm"])
    spoken = said.join(SPEAKS_OF, "channel", join_type="inner")
    return spoken.join(values, ["record_id", "kind"], join_type="inner").select(
        [*said.column_names, "value_norm"]
    )


def _carriers(parties: Parties, contacts: pa.Table) -> pa.Table:
    """``carrier, kind, value_norm, carried_by``: the records and customers that have each value."""
    values = _with_customer(parties, contacts.select(["record_id", "kind", "value_norm"]), "record_id")
    return values.rename_columns(["carrier", "kind", "value_norm", "carried_by"])


def _carried(own: pa.Table, carriers: pa.Table) -> pa.Table:
    """Objections to values, once for each other customer that carries the value."""
    objections = own.filter((pc.field("status") == OPTED_OUT) & pc.field("value_norm").is_valid())
    because = pc.binary_join_element_wise(
        "objection made for this address or number by ", objections["record_id"], ""
    )
    return _reached(objections.drop_columns(["evidence"]).append_column("evidence", because), carriers)


def _unheard(parties: Parties, unheard: pa.Table, carriers: pa.Table) -> Iterator[pa.Table]:
    """Objections of rows that made no record, once for each customer that carries the value.

    Where an earlier row made the record, its customer has objected as a whole.
    """
    nothing = pa.nulls(len(unheard), pa.string())
    status = pa.repeat(pa.scalar(OPTED_OUT), len(unheard))
    because = pc.binary_join_element_wise("objection on a row of ", unheard["map"], NOT_LOADED, "")
    said = unheard.append_column("status", status).append_column("given_at", nothing)
    said = said.append_column("evidence", because)
    about = said.join(SPEAKS_OF, ["channel", "kind"], join_type="inner")
    yield _reached(about.append_column("customer_id", pa.nulls(len(about), pa.string())), carriers)
    known = pc.is_in(said["record_id"], parties.table["record_id"].combine_chunks())
    whole = _with_customer(parties, said.filter(pc.and_(known, said["value_norm"].is_null())), "record_id")
    yield _named(whole, carrier=whole["record_id"])


_REACHED: Final = """
WITH objectors AS (
    SELECT channel, value_norm, customer_id, min(record_id) AS record_id, count(DISTINCT record_id) AS many
    FROM objections GROUP BY ALL
), ranked AS (
    SELECT *, row_number() OVER w AS place, sum(many) OVER (PARTITION BY channel, value_norm) AS every
    FROM objectors WINDOW w AS (PARTITION BY channel, value_norm ORDER BY record_id, customer_id)
), carrying AS (
    SELECT channel, value_norm, carried_by, min(carrier) AS carrier
    FROM carriers JOIN speaks_of USING (kind) GROUP BY ALL
), reached AS (
    SELECT c.channel, c.value_norm, c.carried_by AS customer_id, c.carrier,
           CASE WHEN one.customer_id = c.carried_by THEN two.record_id ELSE one.record_id END AS record_id,
           one.every - coalesce(own.many, 0) AS many
    FROM carrying c
    JOIN (FROM ranked WHERE place = 1) one USING (channel, value_norm)
    LEFT JOIN (FROM ranked WHERE place = 2) two USING (channel, value_norm)
    LEFT JOIN objectors own ON (own.channel, own.value_norm, own.customer_id)
                             = (c.channel, c.value_norm, c.carried_by)
), words AS (
    SELECT channel, value_norm, record_id, min(raw_flag) AS raw_flag, min(given_at) AS given_at,
           min(evidence) AS evidence, min(system) AS system, min(status) AS status
    FROM objections GROUP BY ALL
)
SELECT r.record_id, r.customer_id, channel, value_norm, w.status, w.raw_flag, w.given_at, w.system, r.carrier,
       w.evidence || CASE WHEN r.many > 1 THEN ', one of ' || r.many || ' records that object' ELSE '' END
       AS evidence
FROM reached r JOIN words w USING (channel, value_norm, record_id)
"""
"""For each channel and value the objectors by customer, so that a customer is reached by the least record of
the *other* customers: the least of all, or the next where that is its own."""


def _reached(objections: pa.Table, carriers: pa.Table) -> pa.Table:
    """One row for each channel, value and carrying customer, named after the least record that objects.

    Every objector with every carrier would be millions of rows for one switchboard. ``customer_id`` of an
    objection is null where no customer made it.
    """
    with engine(objections=objections, carriers=carriers, speaks_of=SPEAKS_OF) as con:
        rows = con.sql(_REACHED).to_arrow_table()
    return _named(rows.drop_columns(["carrier"]), carrier=rows["carrier"])


def _named(rows: pa.Table, *, carrier: pa.ChunkedArray) -> pa.Table:
    """Rows with their key: who said it, through which record it reaches the customer, and what was said."""
    ids = crm_ids("CO", rows["record_id"], carrier, rows["channel"], rows["value_norm"], rows["status"])
    table = rows.append_column("id", ids).append_column("carrier_record_id", carrier)
    names = ["source_record_id" if n == "record_id" else n for n in table.column_names]
    return table.rename_columns(names).select(COLUMNS)
