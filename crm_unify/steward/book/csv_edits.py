"""Cells of a code table changed, and rows added, and not a byte besides: quotes and line ends stay."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final

_CELL: Final = re.compile(r'"(?:[^"]|"")*"|[^,\r\n]*')


def with_rows(
    text: str, changed: Mapping[str, Mapping[str, str | None]], added: Mapping[str, Mapping[str, str | None]]
) -> str:
    """The text of a code table with values by code and column changed, and rows added at its end.

    Raises KeyError for a column that the table has not.
    """
    lines = list(_records(text))
    head = [value.strip() for value in next(csv.reader([lines[0]]))]
    head[0] = head[0].removeprefix("\ufeff")
    made = [lines[0]]
    for line in lines[1:]:
        cells, ending = _cells(line)
        code = _value(cells[head.index("source_value")]).strip() if cells else ""
        own = changed.get(code, {}) if any(cell.strip() for cell in cells) else {}
        for column, value in own.items():
            at = head.index(column) if column in head else -1
            if at < 0:
                raise KeyError(column)
            cells += [""] * (at + 1 - len(cells))
            cells[at] = _written(value)
        made.append(",".join(cells) + ending if own else line)
    return "".join([*made, *_new(made, head, added)])


def _new(made: list[str], head: list[str], added: Mapping[str, Mapping[str, str | None]]) -> Iterator[str]:
    ending = "\r\n" if made[0].endswith("\r\n") else "\n"
    if added and not made[-1].endswith("\n"):
        yield ending
    for code, values in added.items():
        missing = [column for column, value in values.items() if value is not None and column not in head]
        if missing:
            raise KeyError(missing[0])
        yield ",".join(_written({"source_value": code, **values}.get(name)) for name in head) + ending


def _records(text: str) -> Iterator[str]:
    """The rows as they stand, line ends included; a quoted cell may hold line breaks."""
    held = ""
    for line in re.findall(r"[^\n]*\n|[^\n]+$", text):
        held += line
        if held.count('"') % 2 == 0:
            yield held
            held = ""
    if held:
        yield held


def _cells(line: str) -> tuple[list[str], str]:
    """The cells of a row as they are written, and its line end."""
    bare = line.rstrip("\r\n")
    cells, at = [], 0
    while True:
        found = _CELL.match(bare, at)
        assert found is not None, "a cell may be empty"
        cells.append(found.group())
        at = found.end() + 1
        if at > len(bare):
            return cells, line[len(bare) :]


def _value(cell: str) -> str:
    return next(csv.reader([cell]), [""])[0] if cell else ""


def _written(value: str | None) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if value is None else value])
    text = out.getvalue()
    return "" if text == '""' else text
