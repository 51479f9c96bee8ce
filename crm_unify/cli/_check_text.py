"""What `check` says to people: a table of rule files, and what they should look at."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Final

from crm_unify.cli._examples import coverage_lines
from crm_unify.wording import counted

if TYPE_CHECKING:
    from crm_unify.cli._checked import Checked, CheckedMap

HEADS: Final = ("map", "source", "status", "columns", "claimed", "ignored", "unclaimed", "codes", "examples")


def checked_text(checked: Checked) -> str:
    """A table on a terminal, plain lines elsewhere."""
    return "\n".join([*_table(checked.maps), *_findings(checked)])


def _cells(one: CheckedMap) -> tuple[str, ...]:
    rules, columns = one.loaded.rules, one.columns
    source = rules.source
    place = source.table or source.sheet or source.file or ("query" if source.query is not None else "")
    kinds = (columns.claimed, columns.ignored, columns.unclaimed)
    codes = sum(len(table.codes) for table in one.loaded.code_tables.values())
    counts = (sum(map(len, kinds)), *map(len, kinds), codes, len(rules.tests))
    return (rules.map, f"{source.system} {place}".strip(), rules.status, *map(str, counts))


def _table(maps: Sequence[CheckedMap]) -> Iterator[str]:
    rows = [_cells(one) for one in maps]
    if sys.stdout.isatty():
        yield _rich_table(rows)
        return
    widths = [max(len(row[i]) for row in (HEADS, *rows)) for i in range(len(HEADS))]
    for row in (HEADS, *rows):
        cells = (
            cell.ljust(w) if i < 3 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _rich_table(rows: Sequence[tuple[str, ...]]) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, head in enumerate(HEADS):
        table.add_column(head, justify="left" if i < 3 else "right")
    for row in rows:
        table.add_row(*row)
    console = Console(file=StringIO(), force_terminal=True, width=Console().width)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip("\n")


def _findings(checked: Checked) -> Iterator[str]:
    """What people should look at, and the sum of it."""
    for one in checked.maps:
        if one.columns.unclaimed:
            names = ", ".join(one.columns.unclaimed)
            yield f"\ncolumns nobody takes in {one.loaded.rules.map}: {names}"
    yield ""
    yield from coverage_lines([one.coverage for one in checked.maps])
    if checked.unread:
        yield f"\nsources no rule file reads: {', '.join(checked.unread)}"
    if checked.questions:
        yield "\nopen questions:"
    for question in checked.questions:
        owner = f" ({question.owner})" if question.owner is not None else ""
        yield f"  {question.map} {question.rule} {question.status}: {question.what}{owner}"
    if checked.differing:
        yield "\nthe files and the approvals say different things:"
    for rule in checked.differing:
        yield f"  {rule.name}: the file says {rule.claimed}, in the target it is {rule.state}"
    if checked.untold:
        yield f"\napprovals are not known: {checked.untold}"
    examples = sum(len(one.loaded.rules.tests) for one in checked.maps)
    passes = "passes" if examples == 1 else "pass"
    yield (
        f"\n{checked.project}: {counted(len(checked.maps), 'rule file')} valid, "
        f"{counted(examples, 'example')} {passes}, {counted(len(checked.questions), 'open question')}"
    )
