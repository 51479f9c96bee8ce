"""The tables of the review application: who may sign in, who is signed in, and what they have said.

Nothing here is needed by a run: the program works without anybody who signs in.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from crm_unify.schema.base import BOOKKEEPING, one_of, table
from crm_unify.schema.types import key, long_text, record_id, time

ROLES: Final = ("viewer", "steward", "admin")
"""Who may do what in the review application, each more than the one before."""
PROPOSAL_STATES: Final = ("open", "agreed", "withdrawn")

mig_user = table(
    "mig_user",
    sa.Column("id", key(), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", key(32), nullable=False),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", time(), nullable=False),
    one_of("role", *ROLES),
    layer=BOOKKEEPING,
)
"""People who may sign in. ``id`` is the name in small letters; ``password`` an argon2 hash."""

mig_session = table(
    "mig_session",
    sa.Column("id", key(), primary_key=True),
    sa.Column("user_id", key(), sa.ForeignKey("mig_user.id"), nullable=False, index=True),
    sa.Column("begun_at", time(), nullable=False),
    sa.Column("seen_at", time(), nullable=False),
    layer=BOOKKEEPING,
)
"""People who are signed in. ``id`` is the hash of the token their browser holds; the token is nowhere."""

mig_answer = table(
    "mig_answer",
    sa.Column("id", key(), primary_key=True),
    sa.Column("answered_by", sa.Text, nullable=False),
    sa.Column("answered_at", time(), nullable=False),
    sa.Column("acts", long_text(), nullable=False),
    sa.Column("answer", long_text(), nullable=False),
    sa.Column("undone_at", time()),
    layer=BOOKKEEPING,
)
"""Answers that browsers sent, by the key each browser made up: sent twice, an answer counts once.

``acts`` is JSON: numbers of the decisions, notes and proposals recorded with it; ``answer`` what the browser
was told. One with acts can be undone, which is an answer without any.
"""

mig_proposal = table(
    "mig_proposal",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("left_record", record_id(), nullable=False),
    sa.Column("right_record", record_id(), nullable=False),
    sa.Column("why", long_text(), nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", time(), nullable=False),
    sa.Column("state", key(32), nullable=False),
    sa.Column("closed_by", sa.Text),
    one_of("state", *PROPOSAL_STATES),
    layer=BOOKKEEPING,
)
"""Merges of two confirmed customers that one person wants; a second one has to say the same."""

mig_note = table(
    "mig_note",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("record_id", record_id(), nullable=False, index=True),
    sa.Column("text", long_text(), nullable=False),
    sa.Column("written_by", sa.Text, nullable=False),
    sa.Column("written_at", time(), nullable=False),
    sa.Column("withdrawn_at", time()),
    layer=BOOKKEEPING,
)
"""What people noted beside a record and all others of its customer."""
