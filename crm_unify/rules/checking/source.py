"""Mistakes in the `source` block: options that do not fit the reader, and words that mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from crm_unify.errors import ConfigurationError, nearest_name
from crm_unify.normalise.date_formats import format_pattern
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ContentKey, Source
from crm_unify.rules.source_model import READER_KEYS
from crm_unify.rules.yaml_tree import Path

_READING: Final = frozenset().union(*READER_KEYS.values())
"""Keys that say what is read; each means something to some readers only."""
_NEEDED: Final = {"fixed": "columns", "access": "table", "xml": "row_path", "cobol": "copybook"}
"""What a reader cannot do without."""


def source_mistakes(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    """Everything wrong in `source` that shows without the source."""
    source = loaded.rules.source
    yield from _reader_mistakes(loaded, source)
    yield from _parse_mistakes(loaded)
    yield from _key_mistakes(loaded, source)
    yield from _delta_mistakes(loaded, source)
    yield from _join_mistakes(loaded, source)
    yield from _cursor_mistakes(loaded, source)


def _join_mistakes(loaded: LoadedRules, source: Source) -> Iterator[ConfigurationError]:
    """Lines are rows of one key, and all of them are there."""
    if source.join_rows is None:
        return
    path: Path = ("source", "join_rows")
    if isinstance(source.key, ContentKey):
        what = "rows are lines of one where they have one key, and the key of these is their content"
        yield loaded.wrong(what, path, remedy="write key: [COLUMN]")
    if source.delivery == "delta":
        what = "lines cannot be put together out of changes: the last row of a key stands"
        yield loaded.wrong(what, path, remedy="leave it out, or let whole files be delivered")
    if source.cursor is not None:
        what = "lines cannot be put together out of new rows alone: they replace each other by their key"
        yield loaded.wrong(what, path, remedy="leave the cursor out; the table is read whole then")
    for column in source.join_rows.columns:
        if not isinstance(source.key, ContentKey) and column in source.key:
            what = f"'{column}' is the key of all lines, and cannot be put together"
            yield loaded.wrong(what, (*path, "columns", column), remedy="leave it out")
    order, count = source.join_rows.order, source.join_rows.count
    for column in source.join_rows.columns:
        if column in (order, count):
            what = f"'{column}' numbers the lines, and cannot be put together"
            yield loaded.wrong(what, (*path, "columns", column), remedy="leave it out")
    if count == order:
        what = f"'{count}' is the number of the line, and cannot say how many there are"
        yield loaded.wrong(what, (*path, "count"), remedy="name the column that counts them, or leave it out")


def _delta_mistakes(loaded: LoadedRules, source: Source) -> Iterator[ConfigurationError]:
    """Changes are applied by key, out of files."""
    if source.delivery == "delta" and isinstance(source.key, ContentKey):
        what = "a delta needs a key of columns: changes find their row by it"
        yield loaded.wrong(what, ("source", "key"), remedy="write key: [COLUMN]")
    if source.delivery == "delta" and source.reader == "sql":
        what = "'delivery: delta' means files; a database is read as it stands"
        yield loaded.wrong(what, ("source", "delivery"), remedy="leave it out")
    for name in ("op_column", "op_delete"):
        if name in source.model_fields_set and source.delivery != "delta":
            what = f"'{name}' means nothing without 'delivery: delta'"
            yield loaded.wrong(what, ("source", name), remedy="add it, or leave this out")


def _cursor_mistakes(loaded: LoadedRules, source: Source) -> Iterator[ConfigurationError]:
    """A cursor asks a table of a database, and what it finds replaces rows by their key."""
    if source.cursor is None:
        return
    if source.reader != "sql":
        what = f"'cursor' means nothing to the reader '{source.reader}'"
        yield loaded.wrong(what, ("source", "cursor"), remedy="leave it out: files are read whole")
    elif source.table is None:
        what = "a cursor needs a table; nobody knows which rows of a query are new"
        yield loaded.wrong(what, ("source", "cursor"), remedy="name table: in place of query:")
    if isinstance(source.key, ContentKey):
        what = "a cursor needs a key of columns: new rows find the old ones by it"
        yield loaded.wrong(what, ("source", "key"), remedy="write key: [COLUMN]")


def _reader_mistakes(loaded: LoadedRules, source: Source) -> Iterator[ConfigurationError]:
    given = source.model_fields_set
    for key in sorted(given & (_READING - READER_KEYS[source.reader])):
        what = f"'{key}' means nothing to the reader '{source.reader}'"
        yield loaded.wrong(what, ("source", key), remedy="leave it out, or name another reader")
    if source.reader == "sql" and (source.table is None) == (source.query is None):
        what = "the reader 'sql' needs either a table or a query"
        yield loaded.wrong(what, ("source", "reader"), remedy="add table: or query:")
    if (needed := _NEEDED.get(source.reader)) is not None and getattr(source, needed) is None:
        what = f"the reader '{source.reader}' needs `{needed}`"
        yield loaded.wrong(what, ("source", "reader"), remedy=f"add {needed}: to the source")
    if source.encoding is not None and not _is_encoding(source.encoding):
        yield loaded.wrong(
            f"unknown encoding '{source.encoding}'",
            ("source", "encoding"),
            remedy="for example utf-8, cp1252, latin-1 or cp850",
        )


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except LookupError:
        return False
    return True


def _key_mistakes(loaded: LoadedRules, source: Source) -> Iterator[ConfigurationError]:
    content = isinstance(source.key, ContentKey)
    columns = source.key.content if isinstance(source.key, ContentKey) else source.key
    for i, column in enumerate(columns):
        path = ("source", "key", "content", i) if content else ("source", "key", i)
        if column in columns[:i]:
            yield loaded.wrong(f"column '{column}' stands twice in the key", path, remedy="name it once")
    for column, reason in source.ignore.items():
        if not reason.strip():
            yield loaded.wrong(
                f"why is column '{column}' ignored?",
                ("source", "ignore", column),
                remedy="say the reason in a few words",
            )


def _parse_mistakes(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    parse = loaded.rules.source.parse
    for i, text in enumerate(parse.dates):
        if (reason := _date_format_problem(text)) is not None:
            yield loaded.wrong(
                reason,
                ("source", "parse", "dates", i),
                remedy="write it as strptime does, for example %d/%m/%Y",
            )
    if not _is_timezone(parse.timezone):
        near = nearest_name(parse.timezone, available_timezones()) or "Europe/Berlin"
        yield loaded.wrong(
            f"unknown timezone '{parse.timezone}'",
            ("source", "parse", "timezone"),
            remedy=f"did you mean '{near}'?",
        )
    for key in ("phone_country", "country"):
        code = getattr(parse, key)
        if code is not None and code not in _countries():
            yield loaded.wrong(
                f"'{code}' is no ISO 3166 country code",
                ("source", "parse", key),
                remedy="write two capital letters, for example DE, GB or US",
            )
    if parse.currency not in _currencies():
        yield loaded.wrong(
            f"'{parse.currency}' is no ISO 4217 currency",
            ("source", "parse", "currency"),
            remedy="write three capital letters, for example EUR, GBP or USD",
        )


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; a path instead of a name; a folder
        return False
    return True


def _date_format_problem(text: str) -> str | None:
    """Why a format reads no whole date; None when it does."""
    try:
        format_pattern(text)
    except ValueError as error:
        return str(error)
    return None


def _countries() -> frozenset[str]:
    import pycountry  # 30 ms, and only for files that name a country

    return frozenset(country.alpha_2 for country in pycountry.countries)


def _currencies() -> frozenset[str]:
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)
