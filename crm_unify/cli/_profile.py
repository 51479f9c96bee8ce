"""What `profile` answers: a table of columns for each table, then what should be looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any, Final

from pipelines.profile.findings import Finding, findings
from pipelines.profile.interface import CandidateKey, ColumnProfile, Profiled, Reference, TableProfile

FINDINGS_SHOWN: Final = 12
"""Of each table; all stand in the page and in the JSON answer"""
_HEADS: Final = ("column", "filled", "different", "type", "role", "looks like", "most frequent")
_RIGHT: Final = (1, 2)
_CELL: Final = 28
_EXAMPLES: Final = 3
_KEYS: Final = 3
_MARKS: Final = {3: "!!", 2: " !", 1: "  "}


def as_json(found: Profiled) -> dict[str, Any]:
    """The answer as plain values."""
    return {
        "as_of": found.as_of.isoformat(),
        "sources": list(found.sources),
        "tables": [_table_json(table) for table in found.tables],
        "references": [asdict(one) for one in found.references],
        "findings": [_finding_json(one) for one in findings(found)],
        "not_read": [asdict(one) for one in found.not_read],
        "views": list(found.views),
    }


def _finding_json(one: Finding) -> dict[str, Any]:
    return {**asdict(one), "title": one.title, "weight": one.weight, "told": one.told}


def _table_json(table: TableProfile) -> dict[str, Any]:
    keys = [{**asdict(key), "holds": key.holds} for key in table.keys]
    columns = [{**asdict(column), "fill": round(column.fill, 6)} for column in table.columns]
    plain = {"options": dict(table.options), "unreadable": dict(table.unreadable)}
    return {**asdict(table), **plain, "keys": keys, "columns": columns}


def as_text(found: Profiled) -> str:
    """The answer for people."""
    told = findings(found)
    lines: list[str] = []
    for table in found.tables:
        lines += ["", *_table_text(table), *_findings_text([one for one in told if one.table == table.name])]
    if found.references:
        told_references = [f"  {_reference(one)}" for one in found.references]
        lines += ["", "tables that refer to each other:", *told_references]
    if found.views:
        lines += ["", f"views, which --table NAME profiles: {', '.join(found.views)}"]
    lost = [one for one in found.not_read if not one.belongs]
    if lost:
        lines += ["", "not read:", *(f"  {one.file}: {one.why}" for one in lost)]
    return "\n".join(lines[1:])


def _table_text(table: TableProfile) -> Iterator[str]:
    place = table.file or table.source
    yield f"{seen(table.name)}: {_rows(table.rows)}, {len(table.columns):,} columns ({table.reader}, {place})"
    yield from (f"  note: {note}" for note in table.notes)
    yield from _grid([_row(column) for column in table.columns])
    yield from (f"  {_key(key)}" for key in table.keys[:_KEYS])
    if len(table.keys) > _KEYS:
        yield f"  and {len(table.keys) - _KEYS} more columns do"


def _row(column: ColumnProfile) -> tuple[str, ...]:
    role = column.role.role.value + (f":{column.role.scheme}" if column.role.scheme else "")
    pattern = column.patterns.top[0].text if column.patterns.top else ""
    top = f"{column.top[0].value} ({column.top[0].rows:,})" if column.top and column.top[0].rows > 1 else ""
    return (
        seen(column.name), _percent(column.fill), f"{column.distinct:,}", column.type.name,
        f"{role} {column.role.certainty:.2f}", seen(pattern), seen(top),
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share in (0.0, 1.0) else f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def _key(key: CandidateKey) -> str:
    name = " and ".join(map(seen, key.columns))
    if key.holds:
        return f"{name} {'tells' if len(key.columns) == 1 else 'together tell'} the rows apart"
    slips = f"{_rows(key.repeated)} share a value, {key.blank:,} have none"
    return f"{name} nearly tells the rows apart: {slips}"


def _reference(one: Reference) -> str:
    lost = f"{one.orphans:,} of {one.rows:,} rows find none" if one.orphans else "every row finds one"
    how = " (without leading zeros)" if one.unpadded else ""
    child, parent = (
        f"{seen(table)}.{seen(column)}"
        for table, column in ((one.table, one.column), (one.to_table, one.to_column))
    )
    return f"{child} refers to {parent}{how}: {lost}"


def _findings_text(told: Sequence[Finding]) -> Iterator[str]:
    for one in told[:FINDINGS_SHOWN]:
        where = f"{seen(one.column)}: " if one.column is not None else ""
        examples = ", ".join(f"'{seen(example.value)}'" for example in one.examples[:_EXAMPLES])
        likely = f", probably '{seen(one.likely)}'" if one.likely is not None else ""
        yield f" {_MARKS[one.weight]} {where}{one.told}" + (f": {examples}{likely}" if examples else "")
    if len(told) > FINDINGS_SHOWN:
        yield f"    and {len(told) - FINDINGS_SHOWN} more, see --html or --json"


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _grid(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Aligned columns; on a terminal with its width and a bold header."""
    if sys.stdout.isatty():
        yield _rich_grid(rows)
        return
    widths = [max(len(row[at]) for row in (_HEADS, *rows)) for at in range(len(_HEADS))]
    for row in (_HEADS, *rows):
        cells = (
            cell.rjust(width) if at in _RIGHT else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"  {'  '.join(cells)}".rstrip()


def _rich_grid(rows: Sequence[tuple[str, ...]]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, head in enumerate(_HEADS):
        table.add_column(head, justify="right" if at in _RIGHT else "left", overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(file=StringIO(), force_terminal=True, width=Console().width)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip("\n")


def seen(text: str, longest: int = _CELL) -> str:
    r"""A text of the data on one line: what cannot be seen is spelt, a long one cut.

    >>> seen("Jon\x00\nSmith")
    'Jon\\x00\\nSmith'
    """
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in cut)
