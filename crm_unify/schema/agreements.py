"""The tables of what people agreed on: repaired source rows, approved rules, rehearsals, and who signed.

As with decisions, rows are only ever added: what holds no longer is taken back by a further row. No run
writes here and no undo removes anything: a person's word outlives the run it was given in.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from crm_unify.schema.base import BOOKKEEPING, one_of, table
from crm_unify.schema.types import key, long_text, record_id, time

CORRECTION_KINDS: Final = ("correct", "waive", "revoke")
"""Another text for one cell; a row that shall not be loaded; the end of an earlier one."""

MEASURES: Final = ("precision", "recall")

mig_correction = table(
    "mig_correction",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", key(32), nullable=False),
    sa.Column("system", sa.Text),
    sa.Column("entity", sa.Text),
    sa.Column("key", record_id()),
    sa.Column("row_hash", key()),
    sa.Column("by_row", sa.Boolean, nullable=False),
    sa.Column("rest_hash", key()),
    sa.Column("field", sa.Text),
    sa.Column("old_value", long_text()),
    sa.Column("new_value", long_text()),
    sa.Column("revokes", sa.Integer, sa.ForeignKey("mig_correction.id")),
    sa.Column("why", long_text(), nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", time(), nullable=False),
    one_of("kind", *CORRECTION_KINDS),
    layer=BOOKKEEPING,
)
"""Source rows that people repaired: applied at every run before the rules, on the text as found.

A row is found again by its ``key``, where it has one of its own; ``by_row`` says that its content as it was
(``row_hash``) has to be the same, too: rows without a key, rows that share one, rows that are waived.
``rest_hash`` is over the cells besides the key, by which a row is known whose key was changed. A correction
holds while the column ``field`` says ``old_value``.
"""

mig_approval = table(
    "mig_approval",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("map", sa.Text, nullable=False),
    sa.Column("rule", sa.Text),
    sa.Column("meaning_hash", key(), nullable=False),
    sa.Column("meaning", long_text(), nullable=False),
    sa.Column("decided_where", sa.Text),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.Column("approved_at", time(), nullable=False),
    sa.Column("revokes", sa.Integer, sa.ForeignKey("mig_approval.id")),
    layer=BOOKKEEPING,
)
"""Business rules that people approved, each with what its rule file did then.

``rule`` is empty where the whole file was approved. ``meaning`` is the text the hash is over
(:mod:`crm_unify.rules.meaning`): sources, targets, code tables and checks, one fact a line.
"""

mig_rehearsal = table(
    "mig_rehearsal",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rehearsed_by", sa.Text, nullable=False),
    sa.Column("started_at", time(), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("go", sa.Boolean, nullable=False),
    sa.Column("card", long_text(), nullable=False),
    layer=BOOKKEEPING,
)
"""Every rehearsal with its score card as JSON."""

mig_accuracy = table(
    "mig_accuracy",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("sample", key(), nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("measure", key(32), nullable=False),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("low", sa.Float, nullable=False),
    sa.Column("high", sa.Float, nullable=False),
    sa.Column("answers", sa.Integer, nullable=False),
    sa.Column("alert", long_text()),
    sa.Column("estimated_by", sa.Text, nullable=False),
    sa.Column("estimated_at", time(), nullable=False),
    one_of("measure", *MEASURES),
    layer=BOOKKEEPING,
)
"""How right the customers of a run were, by the answers to a blind sample; 0 to 1, with 95 % intervals.

``sample`` names the sample; of one that was estimated twice the later counts. ``source`` is a pair of source
systems, or empty for all of them; ``alert`` says what has become worse since an earlier sample. ``run``
carries no foreign key: undoing a run does not undo what people found in it.
"""

mig_audit = table(
    "mig_audit",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", time(), nullable=False),
    sa.Column("done_by", sa.Text, nullable=False),
    sa.Column("action", key(32), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", long_text()),
    layer=BOOKKEEPING,
)
"""What people did that is no decision on data: signed an evidence pack.

What passed without approvals stands in the summary of its run.
"""
