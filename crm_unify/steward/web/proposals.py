"""That two confirmed customers are one: proposed by one person, agreed to by a second, wherever they say it.

A proposal names a record of each of the two. It is found again by the customers that these belong to, so it
is the same proposal whether it was made on a question, another question about the same two, or a customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.run.appending import append
from crm_unify.run.deciding import Draft
from crm_unify.schema.bookkeeping import mig_xref
from crm_unify.schema.stewards import mig_proposal
from crm_unify.steward.web.audit import moment
from matching.decisions import DIFFERENT

Ones = Sequence[Collection[str]]
"""The records of each of some confirmed customers, by the CRM and by what people said since."""


def agreed(connection: sa.Connection, ones: Ones, by: str) -> tuple[int, ...]:
    """Close what others proposed of these customers, for a second person has said the same now.

    Nothing is closed, and nothing given, where what others said does not make one of all of them.
    """
    between = dict(_between(connection, ones))
    others = [pair for pair, rows in between.items() if any(row.proposed_by != by for row in rows)]
    if not _joins(others, len(ones)):
        return ()
    return close(connection, [row.id for rows in between.values() for row in rows], "agreed", by)


def proposed(
    connection: sa.Connection, ones: Ones, records: Collection[str], *, why: str, by: str
) -> tuple[int, ...]:
    """Keep that these customers are one, of every two what nobody has proposed; the numbers.

    `records` are those that the person has before them. Raises UsageError where all of it is said already.
    """
    known = dict(_between(connection, ones))
    named = [min(record for record in one if record in records) for one in ones]
    rows = []
    for one, other in combinations(range(len(ones)), 2):
        if (one, other) not in known:
            left, right = sorted((named[one], named[other]))
            said = {"left_record": left, "right_record": right, "why": why, "proposed_by": by}
            rows.append(said | {"proposed_at": moment(), "state": "open"})
    if not rows:
        reason = "the customers were confirmed by a person, and you have said already that they are one"
        raise UsageError("a second person has to say so", why=reason, remedy="ask somebody to answer it")
    return append(connection, mig_proposal, rows)


def contradicted(connection: sa.Connection, wanted: Iterable[Draft], by: str) -> tuple[int, ...]:
    """Close proposals whose two customers are kept apart now."""
    apart = [one.sides for one in wanted if one.verdict == DIFFERENT]
    if not apart:
        return ()
    rows = _open(connection)
    customer = _customers(connection, [r for row in rows for r in (row.left_record, row.right_record)])
    customer |= _customers(connection, [r for sides in apart for side in sides for r in side])
    found = [
        row.id
        for row in rows
        if any(_parts(sides, row.left_record, row.right_record, customer) for sides in apart)
    ]
    return close(connection, found, "withdrawn", by)


def withdrawn(connection: sa.Connection, numbers: Sequence[int], by: str) -> str | None:
    """Withdraw one's proposals; in words why it cannot be, where somebody has agreed to one."""
    p = mig_proposal.c
    rows = connection.execute(sa.select(p.id, p.state, p.closed_by).where(p.id.in_(numbers))).all()
    close(connection, [row.id for row in rows if row.state == "open"], "withdrawn", by)
    who = next((row.closed_by for row in rows if row.state == "agreed"), None)
    if who is None:
        return None
    return f"{who} has agreed, so it holds; take back that decision on the canvas to undo it"


def reopened(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """Have proposals wait again: what closed them was undone."""
    mine = mig_proposal.c.id.in_(numbers)
    connection.execute(mig_proposal.update().where(mine).values(state="open", closed_by=None))


def close(connection: sa.Connection, numbers: Sequence[int], state: str, by: str) -> tuple[int, ...]:
    """These proposals wait no longer."""
    mine = mig_proposal.c.id.in_(numbers)
    connection.execute(mig_proposal.update().where(mine).values(state=state, closed_by=by))
    return tuple(numbers)


# --- which ---
def _open(connection: sa.Connection) -> Sequence[sa.Row[Any, Any, Any, Any]]:
    p = mig_proposal.c
    columns = sa.select(p.id, p.left_record, p.right_record, p.proposed_by)
    return connection.execute(columns.where(p.state == "open").order_by(p.id)).all()


def _between(
    connection: sa.Connection, ones: Ones
) -> Iterator[tuple[tuple[int, int], list[sa.Row[Any, Any, Any, Any]]]]:
    """The open proposals on every two of these customers that have one."""
    found: dict[tuple[int, int], list[sa.Row[Any, Any, Any, Any]]] = {}
    for row in _open(connection):
        both = sorted(
            at for at, one in enumerate(ones) for end in (row.left_record, row.right_record) if end in one
        )
        if len(set(both)) == 2:
            found.setdefault((both[0], both[1]), []).append(row)
    yield from found.items()


def _joins(pairs: Iterable[tuple[int, int]], size: int) -> bool:
    """Whether these pairs make one of so many."""
    group = list(range(size))
    for one, other in pairs:
        group = [group[one] if at == group[other] else at for at in group]
    return len(set(group)) == 1


def _parts(sides: Sequence[Sequence[str]], left: str, right: str, customer: Mapping[str, str]) -> bool:
    """Whether both stand on different sides, themselves or the customers they belong to."""
    places = [number for one in (left, right) for number, side in enumerate(sides) if one in side]
    if len(places) < 2:
        whose = [{customer.get(record) for record in side} - {None} for side in sides]
        if any(one & other for one, other in combinations(whose, 2)):
            return False  # one customer is parted: its records alone say which is where
        places = [at for one in (left, right) for at, some in enumerate(whose) if customer.get(one) in some]
    return len(set(places)) > 1


def _customers(connection: sa.Connection, records: Collection[str]) -> dict[str, str]:
    """By record the customer it belongs to now."""
    x = mig_xref.c
    query = sa.select(x.record_id, x.customer_id).where(x.record_id.in_(records))
    return {row.record_id: row.customer_id for row in connection.execute(query)}
