"""A row that the database refuses: which one, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from crm_unify.errors import GuardStopped
from pipelines.load.staging import SEQUENCE, Staged

Refusal = (IntegrityError, DataError)
"""Errors of the driver that speak of a row."""
CHECK_FAILED: Final = 4025
"""Number of MariaDB for a row against a CHECK; its driver calls that an error of operation."""
Statement = Callable[[int, int], sa.Executable]
"""The statement that carries over the changes numbered from the first number to before the second."""


def executed(connection: sa.Connection, part: Staged, statement: Statement) -> None:
    """Carry over one part. Raises GuardStopped naming the first row that the database refuses."""
    last = part.first + len(part.rows)
    point = connection.begin_nested()
    try:
        connection.execute(statement(part.first, last))
    except DBAPIError as error:
        if not _refused(error):
            raise
        point.rollback()
        row = _first_refused(connection, part, statement)
        raise _explained(part, row, error) from error
    point.commit()


def _refused(error: DBAPIError) -> bool:
    """Whether the database complains of a row."""
    number = next(iter(getattr(error.orig, "args", ())), None)
    return isinstance(error, Refusal) or number == CHECK_FAILED


def _first_refused(connection: sa.Connection, part: Staged, statement: Statement) -> str:
    """Key of the first refused row, found by bisection: half of the rows, half of that half ..."""
    low, high = part.first, part.first + len(part.rows)
    while high - low > 1:
        middle = (low + high) // 2
        point = connection.begin_nested()
        try:
            connection.execute(statement(low, middle))
        except DBAPIError as error:
            if not _refused(error):
                raise
            point.rollback()
            high = middle
        else:
            point.commit()  # the whole transaction is rolled back in the end
            low = middle
    return str(part.rows[part.key][low - part.first])


def _explained(part: Staged, row: str, error: sa.exc.DBAPIError) -> GuardStopped:
    return GuardStopped(
        f"the CRM refuses to {part.op} a row",
        f"{part.target.name} {row}",
        why=reason(error),
        remedy="nothing was written; look at this row in the CRM: somebody may have changed it by hand",
    )


def reason(error: sa.exc.DBAPIError) -> str:
    """What the database said, on one line."""
    return " ".join(str(error.orig).split())


def numbered(part: Staged, first: int, last: int) -> sa.ColumnElement[bool]:
    """Condition: these changes of the staged part."""
    return part.place.c[SEQUENCE].between(first, last - 1)
