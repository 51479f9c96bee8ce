"""Which addresses and numbers several customers have."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from crm_unify.schema.crm import contact_point


def shared_by(connection: sa.Connection, texts: Iterable[str]) -> dict[str, int]:
    """Customers that have each of these addresses and numbers, where they are several."""
    asked = sorted({text for text in texts if "@" in text or text.startswith("+")})
    if not asked:
        return {}
    c = contact_point.c
    number = sa.func.count(c.customer_id.distinct())
    query = sa.select(c.value_norm, number).where(c.value_norm.in_(asked)).group_by(c.value_norm)
    return {row[0]: row[1] for row in connection.execute(query.having(number > 1))}
