"""Who was merged by a run, and who belongs to whom once it is taken back."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.changes.differences import only, without
from pipelines.database.columns import engine
from pipelines.undo.images import RunImages, parsed_sql


@dataclass(frozen=True, slots=True)
class Belonging:
    """The cross reference around a run."""

    now: pa.Table
    """``record_id, customer_id`` as the run left it."""
    before: pa.Table
    """``record_id, customer_id`` as it was."""


def belonging(now: pa.Table, images: RunImages) -> Belonging:
    """The cross reference now, and before the run that kept these images."""
    changed, made = images.of("mig_xref", "update"), images.created("mig_xref")
    with engine(now=without(now, "record_id", made), images=changed) as con:
        before = con.sql(
            "SELECT record_id, coalesce(i.b.customer_id, now.customer_id) AS customer_id FROM now "
            f"LEFT JOIN ({parsed_sql('mig_xref', 'images')}) i ON i.row_id = record_id ORDER BY record_id"
        ).to_arrow_table()
    return Belonging(now.select(["record_id", "customer_id"]), before)


def merged(found: Belonging) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """For each survivor of a merge the records of the customers it is made of, two or more, all sorted.

    A customer was merged when none of its records bears its id any more. A record that merely moved
    from one customer to another, both of which there still are, is no merge.
    """
    with engine(now=found.now, before=found.before) as con:
        rows = con.sql(_MERGED).fetchall()
    sides: dict[str, list[tuple[str, ...]]] = {}
    for survivor, _, records in rows:
        sides.setdefault(survivor, []).append(tuple(records))
    return tuple(tuple(parts) for parts in sides.values() if len(parts) > 1)


_MERGED = """
WITH moved AS (
    SELECT b.record_id, b.customer_id AS was, n.customer_id AS survivor
    FROM before b JOIN now n USING (record_id)
), gone AS (
    SELECT DISTINCT was FROM moved WHERE was NOT IN (SELECT customer_id FROM now)
), merges AS (
    SELECT DISTINCT survivor, was FROM moved SEMI JOIN gone USING (was)
)
SELECT survivor, was, list(record_id ORDER BY record_id) AS records FROM moved
WHERE (survivor, was) IN (SELECT (survivor, was) FROM merges)
   OR (survivor = was AND survivor IN (SELECT survivor FROM merges))
GROUP BY survivor, was ORDER BY survivor, was
"""


def led_on(found: Belonging, founding: pa.Table, known: pa.ChunkedArray) -> pa.Table:
    """``old_id, new_id`` for the ids that name no customer afterwards, but have records that do.

    Every id that was ever given out answers: a customer that came of a split leads to where its founding
    record belongs again. ``founding`` is ``record_id, founding``; ids in `known` are left out.
    """
    own = without(found.now, "customer_id", pc.unique(found.before["customer_id"]))
    own = without(own, "customer_id", known)
    back = only(found.before, "record_id", own["record_id"])
    with engine(own=own, back=back, founding=founding) as con:
        return con.sql(
            "SELECT old_id, new_id FROM (SELECT own.customer_id AS old_id, back.customer_id AS new_id, "
            "row_number() OVER (PARTITION BY own.customer_id ORDER BY founding, record_id) AS place "
            "FROM own JOIN back USING (record_id) JOIN founding USING (record_id)) "
            "WHERE place = 1 ORDER BY old_id"
        ).to_arrow_table()
