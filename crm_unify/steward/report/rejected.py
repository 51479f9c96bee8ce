"""Values that were left out and rows in quarantine: how many for each reason, and what they look like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import Severity
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.values import Example, Problem
from pipelines.interpret.problems import ALL_PROBLEMS

SHOWN: Final = 4
"""Examples of each reason."""
SAME_TEXT: Final = ("code", "map", "column", "raw")
"""Rejections that agree in these are one example."""


def problems(left: Leavings, severity: Severity) -> tuple[Problem, ...]:
    """Rejections of one severity by reason, most frequent first; a row counts once for each reason."""
    found = left.rejections.filter(pc.equal(left.rejections["severity"], severity))
    whole = severity is Severity.QUARANTINE
    counts = _counts(found, whole=whole)
    examples = _examples(found, left, whole=whole)
    reasons = sorted(counts, key=lambda code: (-sum(counts[code].values()), code))
    return tuple(_problem(code, counts[code], examples[code]) for code in reasons)


def _counts(found: pa.Table, *, whole: bool) -> dict[str, dict[str, int]]:
    """By code and map the number of values, or of rows."""
    how = "count_distinct" if whole else "count"
    rows = found.group_by(["code", "map"]).aggregate([("row_id", how, pc.CountOptions(mode="all"))])
    counts: dict[str, dict[str, int]] = {}
    for row in rows.to_pylist():
        counts.setdefault(row["code"], {})[row["map"]] = row[f"row_id_{how}"]
    return counts


def _examples(found: pa.Table, left: Leavings, *, whole: bool) -> dict[str, list[Example]]:
    """For each code the texts found most often, and where one of them stands."""
    firsts = [(name, "min") for name in ("row_id", "target", "sentence", "suggestion")]
    texts = found.group_by(list(SAME_TEXT)).aggregate([("code", "count"), *firsts]).to_pylist()
    texts.sort(key=lambda t: (t["code"], -t["code_count"], t["map"], t["column"] or "", t["raw"] or ""))
    chosen: dict[str, list[dict[str, Any]]] = {}
    for text in texts:
        held = chosen.setdefault(text["code"], [])
        if len(held) < SHOWN:
            held.append(text)
    rows = [(t["map"], t["row_id_min"]) for held in chosen.values() for t in held if t["row_id_min"]]
    places = left.places(rows)
    return {
        code: [_example(text, left, places, whole=whole) for text in held] for code, held in chosen.items()
    }


def _example(
    text: Mapping[str, Any], left: Leavings, places: Mapping[tuple[str, str], str], *, whole: bool
) -> Example:
    """What was found; of a row in quarantine its cells, in the order of the source."""
    headers = left.figures.get("headers", {})
    cells = _cells(text["raw"], headers.get(text["map"], ())) if whole else ()
    return Example(
        map=text["map"],
        column=text["column"],
        place=places.get((text["map"], text["row_id_min"])),
        raw=None if cells else text["raw"],
        cells=cells,
        times=text["code_count"],
        sentence=text["sentence_min"],
        suggestion=text["suggestion_min"],
    )


def _cells(raw: str | None, headers: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The filled cells of a whole row; empty when the text is no row (a line that could not be read)."""
    try:
        row = json.loads(raw or "")
    except ValueError:
        return ()
    if not isinstance(row, dict):
        return ()
    rank = {header: place for place, header in enumerate(headers)}
    filled = [(str(header), str(text)) for header, text in row.items() if text is not None]
    return tuple(sorted(filled, key=lambda cell: (rank.get(cell[0], len(rank)), cell[0])))


def _problem(code: str, tables: Mapping[str, int], examples: Sequence[Example]) -> Problem:
    known = ALL_PROBLEMS.get(code)
    first = examples[0]
    return Problem(
        code=code,
        title=(first.sentence or code) if known is None else known.title,
        advice=first.suggestion if known is None else known.suggestion,
        count=sum(tables.values()),
        tables=tuple(sorted(tables.items(), key=lambda entry: (-entry[1], entry[0]))),
        examples=tuple(examples),
    )
