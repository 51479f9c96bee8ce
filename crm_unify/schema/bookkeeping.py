"""The tables this program remembers with: what was read, what was written, why, and what stood there before.

Columns that name a customer carry no foreign key: a person may delete a customer in the CRM, and the memory
of it must outlive the row. Nor do load stamps (see :func:`crm_unify.schema.base.load_stamp`). Every other
reference is a real foreign key.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from crm_unify.schema.base import BOOKKEEPING, load_stamp, one_of, table
from crm_unify.schema.types import key, long_text, record_id, time

RUN_STATES: Final = ("applied", "undone")
RECORD_STATES: Final = ("active", "inactive", "stale", "deleted")
"""In the current snapshot; vanished from it; turned bad since, its last good claims stay in force; vanished,
and taken out of the CRM for it."""
REKEY_STATES: Final = ("paired", "apart", "open")
"""The key stands for the record; it makes one of its own, as the record lives on under another; unclear."""
CHANGE_OPS: Final = ("create", "update", "delete")
DECISION_KINDS: Final = ("verdict", "confirm", "pin", "revoke")
VERDICTS: Final = ("same", "different", "unsure")
SUPPRESSED: Final = ("key", "row", "raw", "record", "customer", "trait")
"""What a suppression token stands for, see ``mig_suppression``."""
ERASED: Final = "erased:"
"""Begins what stands where the id of an erased row or record stood."""

mig_run = table(
    "mig_run",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("environment", sa.Text),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("state", key(32), nullable=False),
    sa.Column("started_at", time(), nullable=False),
    sa.Column("finished_at", time()),
    sa.Column("sources_hash", key()),
    sa.Column("rules_hash", key()),
    sa.Column("model_id", key()),
    sa.Column("plan_hash", key()),
    sa.Column("written_rows", sa.BigInteger, nullable=False),
    sa.Column("account", long_text()),
    sa.Column("summary", long_text()),
    one_of("state", *RUN_STATES),
    layer=BOOKKEEPING,
)

mig_lineage = table(
    "mig_lineage",
    sa.Column("id", key(), primary_key=True),
    sa.Column("map", sa.Text, nullable=False),
    sa.Column("branch", sa.Integer, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("fields", long_text(), nullable=False),
    layer=BOOKKEEPING,
)
"""How one branch of one rule file makes one record. Never deleted: older claims name older lineages."""

mig_source_record = table(
    "mig_source_record",
    sa.Column("record_id", record_id(), primary_key=True),
    sa.Column("map", sa.Text, nullable=False),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("kind", key(32), nullable=False),
    sa.Column("lineage", key(), sa.ForeignKey("mig_lineage.id")),
    sa.Column("row_hash", key(), nullable=False),
    sa.Column("created", sa.Text),
    sa.Column("updated", sa.Text),
    sa.Column("founding", sa.Text),
    sa.Column("raw", long_text()),
    sa.Column("claims", long_text()),
    sa.Column("claims_hash", key()),
    sa.Column("state", key(32), nullable=False),
    sa.Column("target_hash", key()),
    load_stamp("first_run"),
    one_of("state", *RECORD_STATES),
    layer=BOOKKEEPING,
)
"""Every record ever loaded, its raw row and everything it claims: the workspace can be rebuilt from here.

``created`` and ``updated`` are what the source says (ISO text); ``founding`` is the rank it got when it was
first loaded; ``target_hash`` is the hash of the row last written for an order, line or case.
"""

mig_rekey = table(
    "mig_rekey",
    sa.Column("id", key(), primary_key=True),
    sa.Column("new_id", record_id(), nullable=False),
    sa.Column(
        "record_id", record_id(), sa.ForeignKey("mig_source_record.record_id"), nullable=False, index=True
    ),
    sa.Column("state", key(32), nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    load_stamp("run"),
    one_of("state", *REKEY_STATES),
    layer=BOOKKEEPING,
)
"""Records whose source row came back under another key.

``record_id`` is the record that keeps its id (and with it customer, decisions and pins); ``new_id`` the
record id that one of its keys makes, ``system`` to ``part``, its first key included. Where another row bears
a key of a record that lives on under a new one, that row makes a record ``apart``. An ``open`` pair is
unclear: a person should say whether the two are one; both records stay meanwhile.
"""

mig_xref = table(
    "mig_xref",
    sa.Column("record_id", record_id(), sa.ForeignKey("mig_source_record.record_id"), primary_key=True),
    sa.Column("customer_id", key(), nullable=False, index=True),
    layer=BOOKKEEPING,
)
"""Which customer each party record belongs to."""

mig_redirect = table(
    "mig_redirect",
    sa.Column("old_id", key(), primary_key=True),
    sa.Column("new_id", key(), nullable=False),
    load_stamp("run"),
    layer=BOOKKEEPING,
)
"""Where a former customer id leads; always in one step."""

mig_model = table(
    "mig_model",
    sa.Column("id", key(), primary_key=True),
    sa.Column("kernel_version", sa.Text),
    sa.Column("model", long_text(), nullable=False),
    sa.Column("in_force", sa.Boolean, nullable=False),
    sa.Column("proposed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("trained_at", time()),
    sa.Column("trained_by", sa.Text),
    layer=BOOKKEEPING,
)
"""Every model there ever was. At most one is in force: it scored what the CRM holds. At most one is proposed:
it was trained since, and the next run scores with it and brings it into force. All others are history.

``trained_at`` and ``trained_by`` are empty for the model that the first run made for itself; ``mig_run``
tells which run used which model.
"""

mig_profile = table(
    "mig_profile",
    sa.Column("customer_id", key(), primary_key=True),
    sa.Column("profile", long_text(), nullable=False),
    sa.Column("winners", long_text()),
    sa.Column("hash", key(), nullable=False),
    layer=BOOKKEEPING,
    owner="customer_id",
)
"""What was last written for a customer, ``{table: {row id: {column: value}}}``, and which claims won."""

mig_quarantine = table(
    "mig_quarantine",
    sa.Column("id", key(), primary_key=True),
    sa.Column("map", sa.Text, nullable=False),
    sa.Column("row_id", sa.Text),
    sa.Column("record_id", record_id()),
    sa.Column("severity", key(32), nullable=False),
    sa.Column("target", sa.Text),
    sa.Column("source_column", sa.Text),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("raw", long_text()),
    sa.Column("sentence", long_text()),
    sa.Column("suggestion", long_text()),
    load_stamp("first_run"),
    layer=BOOKKEEPING,
)
"""Withheld values and quarantined rows of the current snapshot."""

mig_snapshot = table(
    "mig_snapshot",
    sa.Column("id", key(), primary_key=True),
    sa.Column("map", key(), nullable=False, index=True),
    sa.Column("row", long_text(), nullable=False),
    load_stamp("run"),
    layer=BOOKKEEPING,
)
"""Rows of sources that nobody delivers again: frozen ones, and those that deliver changes.

As JSON, with where each stood.
"""

mig_delivery = table(
    "mig_delivery",
    sa.Column("id", key(), primary_key=True),
    sa.Column("map", key(), nullable=False),
    sa.Column("file", sa.Text),
    sa.Column("digest", key(), nullable=False),
    sa.Column("header", long_text()),
    load_stamp("run"),
    layer=BOOKKEEPING,
)
"""What is kept of a map as a whole (``file`` is empty: hash of all rows, columns as JSON), and applied files.

The digest of a file is its SHA-256.
"""

mig_change = table(
    "mig_change",
    sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("table_name", key(32), nullable=False),
    sa.Column("row_id", record_id(), nullable=False),
    sa.Column("op", key(32), nullable=False),
    sa.Column("before", long_text()),
    one_of("op", *CHANGE_OPS),
    layer=BOOKKEEPING,
)
"""What stood there before a change: hash of a created row, old values of an updated, all of a deleted."""

mig_undo = table(
    "mig_undo",
    sa.Column("run", sa.Integer, sa.ForeignKey("mig_run.id"), primary_key=True, autoincrement=False),
    sa.Column("undoes", sa.Integer, sa.ForeignKey("mig_run.id"), nullable=False),
    sa.Column("undone_by", sa.Text, nullable=False),
    sa.Column("decisions", long_text(), nullable=False),
    sa.Column("holds", sa.Boolean, nullable=False),
    sa.Column("resumed_by", sa.Text),
    sa.Column("resumed_at", time()),
    layer=BOOKKEEPING,
)
"""Runs that took another run back, and whether the project waits for a person since.

``decisions`` is a JSON list of the decisions that were recorded with it. The project is on hold while
a row ``holds`` and nobody has resumed it.
"""

mig_decision = table(
    "mig_decision",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", key(32), nullable=False),
    sa.Column("verdict", key(32)),
    sa.Column("command", key(32), nullable=False),
    sa.Column("field", sa.Text),
    sa.Column("value", long_text()),
    sa.Column("record_id", record_id()),
    sa.Column("revokes", sa.Integer, sa.ForeignKey("mig_decision.id")),
    sa.Column("why", long_text(), nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", time(), nullable=False),
    one_of("kind", *DECISION_KINDS),
    one_of("verdict", *VERDICTS),
    layer=BOOKKEEPING,
)
"""What people decided. Rows are only ever added: a decision is taken back by a further one that revokes it.

``command`` is how it was said; ``field``, ``value`` and ``record_id`` belong to a pin (the value a person
gave, or the record to take it from).
"""

mig_decision_member = table(
    "mig_decision_member",
    sa.Column(
        "decision", sa.Integer, sa.ForeignKey("mig_decision.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("record_id", record_id(), primary_key=True, index=True),
    sa.Column("side", sa.Integer, nullable=False),
    sa.Column("customer_id", key()),
    sa.Column("row_hash", key()),
    sa.Column("claims_hash", key()),
    layer=BOOKKEEPING,
)
"""Which records a decision is about; a verdict holds for every two records of different sides.

``record_id`` carries no foreign key: a decision outlives its records and holds again when they come back.
``customer_id`` tells whose the record was when it was decided, ``row_hash`` and ``claims_hash`` what its
source row held and what the rules made of it.
"""

mig_assignment = table(
    "mig_assignment",
    sa.Column("id", key(), primary_key=True),
    sa.Column("left_record", record_id(), nullable=False),
    sa.Column("right_record", record_id(), nullable=False),
    sa.Column("assignee", sa.Text, nullable=False),
    sa.Column("assigned_by", sa.Text, nullable=False),
    sa.Column("assigned_at", time(), nullable=False),
    layer=BOOKKEEPING,
)
"""Who looks after a question of the review queue: by the records that lead it, ``left_record`` the lesser.

It holds for the question between the customers of these records, whatever else they hold by then.
"""

mig_erasure = table(
    "mig_erasure",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("erased_at", time(), nullable=False),
    sa.Column("erased_by", sa.Text, nullable=False),
    sa.Column("why", long_text(), nullable=False),
    sa.Column("removed", long_text(), nullable=False),
    layer=BOOKKEEPING,
)
"""Erasures. ``removed`` is JSON: by store how much was removed; nothing in it tells of the person."""

mig_suppression = table(
    "mig_suppression",
    sa.Column("token", key(), primary_key=True),
    sa.Column("what", key(32), nullable=False),
    sa.Column("erasure", sa.Integer, sa.ForeignKey("mig_erasure.id"), nullable=False),
    one_of("what", *SUPPRESSED),
    layer=BOOKKEEPING,
)
"""What must not come back, as keyed hashes: nobody can read a name out of them.

``row`` is a source row (system, map and key), ``raw`` one without a record (map and hash of its content),
``record`` one of several records of a row; all are left out of every later run. ``customer`` is the id of a
customer that was erased, ``trait`` an e-mail address, number, identifier, or name with birth date: a later
record that has it goes to review. ``key`` tells whether the key in the environment is the one the others were
made with.
"""
