"""What a run keeps of the quality of its sources, small enough to stand in every row of ``mig_run``.

How full each column is stands in the shapes of the sources already (:mod:`pipelines.drift`). Here are the
rest: values that were withheld by column, rows that break a rule or miss their parent, rows that stand
twice, and the newest change a source has ever told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import SYS_REPEATED_ROW, Fate, Severity
from pipelines.interpret.problems import ALL_PROBLEMS, DUPLICATE_KEY

QUALITY: Final = "quality"
"""Where it stands among the figures of a run."""


def quality(
    fates: pa.Table, rejections: pa.Table, records: pa.Table, *, last: Mapping[str, Any], as_of: str
) -> dict[str, dict[str, Any]]:
    """By map ``{withheld: {column: rows}, broken, repeated, newest}``.

    `fates` and `rejections` are those of the whole snapshot; `records` those that were looked at; `last` is
    what the last run kept. `as_of` is an ISO date: a source cannot have changed later.
    """
    names = sorted(set(pc.unique(fates["map"]).to_pylist()))
    withheld, newest = _withheld(rejections), _newest(records, as_of)
    broken = _rows(rejections, pc.or_(_by_rule(rejections), pc.equal(rejections["severity"], Severity.WARN)))
    twice = _rows(rejections, pc.equal(rejections["code"], DUPLICATE_KEY))
    held = _rows(fates, pc.equal(fates["fate"], Fate.HELD))
    repeated = _rows(fates, pc.equal(fates["rule"], SYS_REPEATED_ROW))
    return {
        name: {
            "withheld": withheld.get(name, {}),
            "broken": broken.get(name, 0) + held.get(name, 0),
            "repeated": repeated.get(name, 0) + twice.get(name, 0),
            "newest": max(filter(None, (newest.get(name), last.get(name, {}).get("newest"))), default=None),
        }
        for name in names
    }


def _by_rule(rejections: pa.Table) -> pa.ChunkedArray:
    """Whether a rejection is by a rule of the project, and not by what can be wrong with any value."""
    return pc.invert(pc.is_in(rejections["code"], pa.array(sorted(ALL_PROBLEMS), pa.string())))


def _rows(table: pa.Table, chosen: pa.ChunkedArray) -> dict[str, int]:
    """Distinct rows among the chosen lines, by map."""
    counts = table.filter(chosen).group_by("map").aggregate([("row_id", "count_distinct")])
    return dict(zip(counts["map"].to_pylist(), counts["row_id_count_distinct"].to_pylist(), strict=True))


def _withheld(rejections: pa.Table) -> dict[str, dict[str, int]]:
    """Rows with a withheld value, by map and source columns as the rejection names them."""
    mine = rejections.filter(pc.equal(rejections["severity"], Severity.WITHHOLD))
    mine = mine.set_column(mine.column_names.index("column"), "column", pc.fill_null(mine["column"], ""))
    counts = mine.group_by(["map", "column"]).aggregate([("row_id", "count_distinct")]).to_pylist()
    found: dict[str, dict[str, int]] = {}
    for row in sorted(counts, key=lambda row: (row["map"], row["column"])):
        found.setdefault(row["map"], {})[row["column"]] = row["row_id_count_distinct"]
    return found


def _newest(records: pa.Table, as_of: str) -> dict[str, str]:
    """Day of the newest change that the records of a map tell of."""
    days = pc.utf8_slice_codeunits(records["updated"], 0, len(as_of))
    known = pc.fill_null(pc.less_equal(days, as_of), False)
    table = pa.table({"map": records["map"], "day": days}).filter(known)
    counts = table.group_by("map").aggregate([("day", "max")])
    return dict(zip(counts["map"].to_pylist(), counts["day_max"].to_pylist(), strict=True))
