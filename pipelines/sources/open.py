"""From what a rule file and the project say to the reader of it: files found, archives unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crm_unify.errors import ConfigurationError
from crm_unify.rules.model import ProjectSource, Source
from pipelines.sources.interface import Given, Reader, Sample
from pipelines.sources.many import ManyFiles
from pipelines.sources.packed import SAMPLE, beginning
from pipelines.sources.places import Place, places_of
from pipelines.sources.registry import format_named, other_format
from pipelines.sources.unpacked import UnpackedReader


def open_reader(source: Source, project_source: ProjectSource, root: Path) -> Reader:
    """The reader of one rule file's source; paths start at `root`, the folder of the project file.

    Reads no data yet, but a file that is not there stops the run here. Several files (a `file` with `*`) are
    read as one table.
    """
    if source.reader == "sql" and project_source.url is not None:
        return _sql_reader(source, project_source.url, root)
    if project_source.path is None:
        what = f"source '{source.system}' is read by {source.reader} but has no `path`"
        raise ConfigurationError(what, root, remedy="give it a `path` in the project file")
    if source.reader == "sql":
        raise ConfigurationError(f"source '{source.system}' is read by sql but has no `url`", root,
                                 remedy="give the source a `url` in the project file, or correct `reader`")
    readers = _readers(source, places_of(source, project_source.path, root))
    return readers[0] if len(readers) == 1 else ManyFiles(readers)


def header_of(reader: Reader) -> tuple[str, ...]:
    """The columns of a source, for rules to be held against.

    Raises GuardStopped for a list of which no record can be read: it has no columns that could be missing.
    """
    from pipelines.sources.lists import ListReader

    if isinstance(reader, ListReader):
        reader.refuse_unreadable()
    return tuple(column.header for column in reader.header())


def _readers(source: Source, places: Sequence[Place]) -> list[Reader]:
    """One reader a file."""
    return [
        _opened(source, Given(place.path, place.name)) if place.member is None
        else UnpackedReader(place, lambda given: _opened(source, given))
        for place in places
    ]


def _opened(source: Source, given: Given) -> Reader:
    """The reader of a file; one that certainly has another format is named."""
    form, head = format_named(source.reader), beginning(given.path)
    other = other_format(Sample(given.path, head, whole=len(head) < SAMPLE), source.reader)
    if other is not None:
        raise ConfigurationError(f"the file is not {form.what}: it is {other.what}", given.path,
                                 remedy=f"declare `reader: {other.name}`, or deliver the right file")
    return form.open(source, given)


def _sql_reader(source: Source, url: str, root: Path) -> Reader:
    """A reader of a table or query."""
    from pipelines.sources.sql import SqlReader

    if (source.table is None) == (source.query is None):
        raise ConfigurationError(f"source '{source.system}' needs either `table` or `query`", root,
                                 remedy="name one of them under `source` in the rule file")
    return SqlReader(url, root=root, table=source.table, query=source.query, encoding=source.encoding)
