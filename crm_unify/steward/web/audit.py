"""What people did in the application or to its users, kept for those who come later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crm_unify.schema.agreements import mig_audit


def audited(
    connection: sa.Connection,
    *,
    by: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Keep that somebody did something, in the transaction of the connection.

    No value of a customer belongs into `subject` or `detail`: ids and numbers say what it was about.
    """
    number = (connection.scalar(sa.select(sa.func.max(mig_audit.c.id))) or 0) + 1
    said = None if detail is None else json.dumps(detail, ensure_ascii=False, sort_keys=True)
    row = {"id": number, "at": moment(), "done_by": by, "action": action, "subject": subject, "detail": said}
    connection.execute(mig_audit.insert().values(**row))


def moment() -> datetime:
    """Now, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)
