"""What is in a file, a folder or a database: every table, sheet and list, and how each could be opened.

    for table in find_tables(Path("deliveries")):
        print(table.file, table.name, table.reader, dict(table.options), *table.notes)
        for batch in open_found(table, Path("deliveries")).batches():
            ...

Formats are told by content, never by name. A file that cannot be read (an unknown format, a password, damage)
is no table: `survey` lists it with the reason, so that nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from crm_unify.errors import CrmUnifyError, SourceMissing
from crm_unify.rules.model import ProjectSource, Source
from pipelines.sources.archive import each_member, is_archive
from pipelines.sources.cobol.find import copybooks_near, described, is_copybook
from pipelines.sources.interface import FoundTable, Given, Reader, Sample
from pipelines.sources.open import open_reader
from pipelines.sources.packed import SAMPLE, beginning
from pipelines.sources.registry import format_of

_COMPANIONS: Final = frozenset({".fpt", ".dbt", ".cdx", ".mdx", ".ndx", ".idx", ".ntx", ".dcx", ".dct"})
"""Endings of files that belong to a dBase or FoxPro table: memos and indexes."""


_UNKNOWN: Final = ("no format that this version reads; fixed columns and COBOL records need a description, "
                   "see docs/formats.md")  # fmt: skip


_SQLITE: Final = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file in which no table was found."""

    file: str
    """Relative to the folder that was looked in."""
    why: str
    """One sentence: what is wrong with it, and what could be done."""
    belongs: bool = False
    """It is part of a table that was found: nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that lies in one place."""

    tables: tuple[FoundTable, ...]
    unread: tuple[Unread, ...]


def find_tables(place: Path | str) -> tuple[FoundTable, ...]:
    """The tables in a file, an archive, a folder with all folders below it, or at a database URL.

    In the order of file names, and inside a file in its own order. What each needs to be opened stands in it:
    `open_found` does, and so does a rule file with `reader`, `file` and `options` under `source`. Raises
    SourceMissing when there is no such place, Unreachable when a database does not answer.
    """
    return survey(place).tables


def survey(place: Path | str) -> Survey:
    """The tables in a place, and the files in which none was found, with the reason."""
    if isinstance(place, str) and "://" in place:
        from pipelines.sources.sql import tables_at

        return Survey(tuple(tables_at(place, Path.cwd())), ())
    tables: list[FoundTable] = []
    unread: list[Unread] = []
    silent: list[Given] = []
    for given in _files(Path(place)):
        found = list(_looked_into(given))
        tables += [entry for entry in found if isinstance(entry, FoundTable)]
        unread += [entry for entry in found if isinstance(entry, Unread)]
        silent += [given for entry in found if isinstance(entry, Unread) and entry.why == _UNKNOWN]
    records = _records(silent, Path(place)) if silent else {}
    found_later = {table.file for table in records.values()}
    return Survey((*tables, *records.values()), tuple(one for one in unread if one.file not in found_later))


def _records(silent: Sequence[Given], place: Path) -> dict[str, FoundTable]:
    """Of files that say nothing of themselves those that a copybook in or beside the place describes."""
    copybooks = copybooks_near(place)
    tried = ((given, described(given, copybooks)) for given in silent if given.path not in copybooks)
    return {given.name: table for given, table in tried if table is not None}


def open_found(table: FoundTable, place: Path | str) -> Reader:
    """The reader of a table that was found in this place."""
    source = Source.model_validate(
        {"system": "found", "key": ["any"], "reader": table.reader, **table.options}
    )
    root = Path(place)
    if table.url is not None:
        return open_reader(source, ProjectSource(url=table.url), root.parent if root.is_file() else root)
    if not root.is_file() or is_archive(root):
        source = source.model_copy(update={"file": table.file})
    return open_reader(source, ProjectSource(path=root.resolve()), root)


def _files(place: Path) -> Iterator[Given]:
    """The files of a place, sorted by name; hidden ones and folders of programs left out."""
    if place.is_file():
        yield Given(place, place.name)
    elif place.is_dir():
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                yield Given(path, name.as_posix())
    else:
        raise SourceMissing("there is no such file or folder", str(place), remedy="correct the path")


def _looked_into(given: Given) -> Iterator[FoundTable | Unread]:
    """The tables of one file, or why there are none."""
    try:
        if is_archive(given.path):
            for member in each_member(given):
                if is_archive(member.path) or beginning(member.path, 16) == _SQLITE:
                    yield Unread(member.name, "an archive or a database inside an archive: unpack that one")
                else:
                    yield from _looked_into(member)
            return
        yield from _tables_of(given)
    except CrmUnifyError as error:
        yield Unread(given.name, str(error))


def _tables_of(given: Given) -> Iterator[FoundTable | Unread]:
    head = beginning(given.path)
    if not head:
        yield Unread(given.name, "the file is empty")
        return
    if is_copybook(given.path):
        yield Unread(given.name, "a copybook: it describes records of another file")
        return
    found = format_of(Sample(given.path, head, whole=len(head) < SAMPLE))
    if found is not None and found.name == "sql":
        yield from (replace(t, file=given.name, url=f"sqlite:///{given.name}") for t in found.tables(given))
    elif found is not None:
        tables = list(found.tables(given))
        yield from tables
        if not tables:
            yield Unread(given.name, f"{found.what} in which nothing is filled in")
    elif given.path.suffix.lower() in _COMPANIONS:
        yield Unread(given.name, "memos or an index that belong to a table beside it", belongs=True)
    else:
        yield Unread(given.name, _UNKNOWN)
