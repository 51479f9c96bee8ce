"""Workbooks of OpenDocument (ods): sheets as text, with what hides or strikes out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from crm_unify.errors import ConfigurationError
from crm_unify.rules.model import Source
from pipelines.sources.archive import ZIP_ERRORS, check_ratio
from pipelines.sources.compound import damaged_workbook
from pipelines.sources.interface import Format, FoundTable, Given, Reader, Sample
from pipelines.sources.ods_sheet import ContentPass
from pipelines.sources.sheet_reader import SheetReader, Table, sheet_tables
from pipelines.sources.sheet_rows import Extent, Seen, Sheet, SheetRow
from pipelines.sources.xlsx_strings import local_name

_CONTENT: Final = "content.xml"
_TYPE: Final = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_CHUNK: Final = 1 << 20


class OdsBook:
    """An open workbook."""

    def __init__(self, path: Path) -> None:
        """Open the archive and list its sheets; what is no readable workbook is named."""
        self._path = path
        with _told(path):
            self._archive = zipfile.ZipFile(path)
            check_ratio(self._archive, path)
            self._refuse_encrypted()
            with self._content() as stream:
                self.sheets = tuple(_sheets(stream))

    def extent(self, sheet: Sheet) -> Extent:
        """Columns in use and merged ranges, by reading the sheet."""
        last: dict[int, int] = {}
        sweep = ContentPass(int(sheet.part), Seen())
        with _told(self._path), self._content() as stream:
            for rows in sweep.rows(stream):
                for row in rows:
                    last.update(dict.fromkeys(row.cells, row.number))
        return Extent(last, tuple(sorted(sweep.merged)))

    def rows(self, sheet: Sheet, seen: Seen, *, until: int | None = None) -> Iterator[list[SheetRow]]:
        """Rows with a filled cell."""
        with _told(self._path), self._content() as stream:
            yield from ContentPass(int(sheet.part), seen).rows(stream, until=until)

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def _content(self) -> IO[bytes]:
        return self._archive.open(_CONTENT)

    def _refuse_encrypted(self) -> None:
        names = self._archive.namelist()
        manifest = "META-INF/manifest.xml"
        if manifest in names and b"encryption-data" in self._archive.read(manifest):
            raise ConfigurationError("the workbook is protected with a password", self._path,
                                     remedy="save it without a password and run again")
        if _CONTENT not in names:
            raise ConfigurationError("the file is not an ods workbook", self._path,
                                     why="the archive holds no document",
                                     remedy="correct `reader` in the rule file")


def _sheets(stream: IO[bytes]) -> Iterator[Sheet]:
    """Tables of the document; a style of theirs may hide them."""
    found: list[tuple[str, str]] = []
    hidden: set[str] = set()
    style, depth = "", 0

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal style, depth
        name = local_name(tag)
        attributes = {key.rpartition(":")[2]: value for key, value in given.items()}
        if name == "style":
            style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            hidden.add(style)
        elif name == "table":
            if depth == 0:
                found.append((attributes.get("name", ""), attributes.get("style-name", "")))
            depth += 1

    def end(tag: str) -> None:
        nonlocal depth
        depth -= local_name(tag) == "table"

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return iter([Sheet(name, str(n), look in hidden) for n, (name, look) in enumerate(found)])


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """A workbook that breaks off is named."""
    try:
        yield
    except (expat.ExpatError, *ZIP_ERRORS) as error:
        raise damaged_workbook(path, str(error)) from None


def _is_ods(sample: Sample) -> bool:
    """An archive whose first member says what it is (OpenDocument 1.3, part 2, 3.3), or one that holds it."""
    if not sample.head.startswith(b"PK"):
        return False
    if _TYPE in sample.head[:200]:
        return True
    try:
        with zipfile.ZipFile(sample.path) as archive:
            kind = archive.read("mimetype") if "mimetype" in archive.namelist() else b""
            return kind.startswith(_TYPE.removeprefix(b"mimetype"))
    except ZIP_ERRORS:
        return False


def _tables(given: Given) -> Iterator[FoundTable]:
    yield from sheet_tables(given, OdsBook, "ods")


def _open(source: Source, given: Given) -> Reader:
    return SheetReader(given, OdsBook, Table.of(source, given.path))


FORMAT: Final = Format("ods", "an ods workbook", _is_ods, _tables, _open)
