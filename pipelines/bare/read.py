"""Bare files into tables of text: CSV (also .gz), Parquet, Excel, and whatever else a project can read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa

from crm_unify.errors import UsageError, nearest_name
from pipelines.bare.encode import as_given, encode
from pipelines.bare.interface import BareTable, Found

_THREADS: Final = 2
"""Columns encoded at a time; each needs memory of its own"""
_PARQUET: Final = b"PAR1"
_OTHERS: Final = (b"PK", b"\xd0\xcf\x11\xe0", b"SQLite format 3", b"{", b"[", b"<?xml")
"""First bytes of workbooks, archives, databases, lists in JSON or XML"""


def read_tables(paths: Sequence[Path], *, exact: Collection[str] = ()) -> list[BareTable]:
    """The tables of some files; a workbook has one for each sheet with data.

    Cells of the columns `exact` stay as they are to the last character: keys, truth. Raises UsageError for a
    file that is not there, GuardStopped for one that cannot be read.
    """
    return [
        _encoded(found, exact)
        for path, label in zip(paths, _labels(paths), strict=True)
        for found in _tables(path, label)
    ]


def _tables(path: Path, label: str) -> Iterator[Found]:
    if not path.is_file():
        raise _no_file(path)
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(_PARQUET):
        from pipelines.bare.parquet import read_parquet

        yield read_parquet(path, label)
        return
    if not start.startswith(_OTHERS):
        from pipelines.bare.delimited import read_delimited

        quick = read_delimited(path, label)
        if quick is not None:
            yield quick
            return
    from pipelines.bare.row_by_row import read_row_by_row

    yield from read_row_by_row(path, label)


def _encoded(found: Found, exact: Collection[str]) -> BareTable:
    """A table with each value held once, two columns at a time; text columns are given up one by one."""
    rows = len(found.columns[0]) if found.columns else 0
    texts: dict[str, pa.ChunkedArray] = dict(zip(found.names, found.columns, strict=True))
    found.columns.clear()

    def made(name: str) -> pa.DictionaryArray:
        column = texts.pop(name)
        return as_given(column) if name in exact else encode(column)

    with ThreadPoolExecutor(_THREADS) as pool:
        columns = tuple(pool.map(made, found.names))
    return BareTable(found.label, found.names, columns, rows, found.notes)


def _labels(paths: Sequence[Path]) -> list[str]:
    """The files' names, with as much of their folders as tells them apart."""
    for parts in range(1, max((len(path.parts) for path in paths), default=1) + 1):
        labels = ["/".join(path.parts[-parts:]) for path in paths]
        if len(set(labels)) == len(labels):
            return labels
    raise UsageError("a file is named twice", ", ".join(map(str, paths)), remedy="name each file once")


def _no_file(path: Path) -> UsageError:
    folder = path.parent
    there = [file.name for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
    nearest = nearest_name(path.name, there)
    remedy = f"did you mean '{nearest}'?" if nearest else "name a CSV, Parquet or Excel file"
    what = "this is a folder" if path.is_dir() else "the file is not there"
    return UsageError(what, str(path), remedy=remedy)
