"""The formats there are, in the order in which a file is asked whether it is one of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from pipelines.sources.interface import Format, Sample

MODULES: Final = {
    "xlsx": "pipelines.sources.xlsx",
    "xls": "pipelines.sources.xls",
    "ods": "pipelines.sources.ods",
    "sql": "pipelines.sources.sql",
    "parquet": "pipelines.sources.parquet",
    "access": "pipelines.sources.access",
    "dbf": "pipelines.sources.dbf.reader",
    "vcard": "pipelines.sources.vcard",
    "ldif": "pipelines.sources.ldif",
    "xml": "pipelines.sources.xml_list",
    "json": "pipelines.sources.json_list",
    "fixed": "pipelines.sources.fixed",
    "cobol": "pipelines.sources.cobol.reader",
    "csv": "pipelines.sources.delimited",
}
"""Format -> module with its `FORMAT`. Unmistakable ones first; delimited text, which almost any text could
be, last. A module is imported when it is asked."""

_UNMISTAKABLE: Final = ("xlsx", "xls", "ods", "access", "sql", "parquet")
"""Formats whose first bytes no other file has."""


@cache
def format_named(name: str) -> Format:
    """The format a rule file names under `reader`."""
    found: Format = import_module(MODULES[name]).FORMAT
    return found


def formats() -> list[Format]:
    """All of them, in the order of asking."""
    return [format_named(name) for name in MODULES]


def other_format(sample: Sample, declared: str) -> Format | None:
    """The format a file certainly has, where that is not the declared one."""
    found = next((name for name in _UNMISTAKABLE if format_named(name).identify(sample)), declared)
    return None if found == declared else format_named(found)


def format_of(sample: Sample) -> Format | None:
    """The format a file looks like by its content; None when no reader knows it."""
    return next((form for form in formats() if form.identify(sample)), None)
