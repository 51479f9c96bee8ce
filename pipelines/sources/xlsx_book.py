"""The parts of an xlsx workbook around its cells: sheets, shared strings, cell styles."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree as ET

from crm_unify.errors import ConfigurationError
from pipelines.sources.archive import ZIP_ERRORS, check_ratio
from pipelines.sources.compound import MAGIC, damaged_workbook
from pipelines.sources.sheet_rows import Sheet
from pipelines.sources.xlsx_formats import NumberFormat, number_format
from pipelines.sources.xlsx_strings import Strings, is_on, local_name

ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that holds a workbook with a password, as a compound file writes it"""


@dataclass(frozen=True, slots=True)
class Style:
    """What the format of a cell says about its value."""

    number: NumberFormat
    struck: bool


class Workbook:
    """An open workbook."""

    def __init__(self, path: Path) -> None:
        """Open the archive and read its table of contents; what is no readable workbook is named."""
        self.path = path
        self._archive = _open_archive(path)
        self._parts = set(self._archive.namelist())
        main = self._main_part()
        root = self._xml(main)
        properties = _first(root, "workbookPr")
        self.from_1904 = properties is not None and is_on(properties.attrib, "date1904")
        """Dates count from 1904, as on old Macintosh computers."""
        self._targets = self._relations(main)
        self.sheets = tuple(self._sheets(root))

    def open_sheet(self, sheet: Sheet) -> IO[bytes]:
        """The XML of a sheet."""
        return self._archive.open(sheet.part)

    def styles(self) -> list[Style]:
        """Cell styles by their index."""
        part = self._part_of_type("styles")
        if part is None:
            return []
        root = self._xml(part)
        defined = _all(root, "numFmts", "numFmt")
        codes = {int(form.get("numFmtId", "0")): form.get("formatCode", "") for form in defined}
        struck = [_is_struck(font) for font in _all(root, "fonts", "font")]
        return [_style(xf, codes, struck) for xf in _all(root, "cellXfs", "xf")]

    @contextmanager
    def strings(self) -> Iterator[Strings]:
        """Shared strings by their index."""
        part = self._part_of_type("sharedStrings")
        if part is None:
            yield Strings(None)
            return
        with self._archive.open(part) as stream:
            yield Strings(stream)

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def _main_part(self) -> str:
        for kind, target in self._relations("").values():
            if kind == "officeDocument":
                return target
        raise _no_workbook(self.path, "the archive holds no workbook")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Id -> (last word of the type, part name) of what a part refers to."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._parts:
            return {}
        found = {}
        for relation in self._xml(relations):
            target = relation.get("Target", "")
            full = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], full)
        return found

    def _sheets(self, root: ET.Element) -> Iterator[Sheet]:
        for element in _all(root, "sheets", "sheet"):
            key = next((value for name, value in element.items() if name.endswith("}id")), "")
            kind, part = self._targets.get(key, ("", ""))
            if kind == "worksheet" and part in self._parts:
                yield Sheet(element.get("name", ""), part, element.get("state", "visible") != "visible")

    def _part_of_type(self, wanted: str) -> str | None:
        for kind, part in self._targets.values():
            if kind == wanted and part in self._parts:
                return part
        return None

    def _xml(self, part: str) -> ET.Element:
        try:
            return ET.fromstring(self._archive.read(part))
        except (ET.ParseError, KeyError, *ZIP_ERRORS) as error:
            raise damaged_workbook(self.path, f"{part}: {error}") from None


def _open_archive(path: Path) -> zipfile.ZipFile:
    """The workbook's archive; other kinds of file are told apart by their first bytes."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
        compound = start == MAGIC and ENCRYPTED in file.read()
    if compound:
        raise ConfigurationError("the workbook is protected with a password", path,
                                 remedy="save it without a password and run again")
    if start == MAGIC:
        raise _no_workbook(path, "it is a workbook of the format before 2007 (xls)")
    if not start.startswith(b"PK"):
        raise _no_workbook(path, "it is no archive, perhaps a text file with the name of a workbook")
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_ERRORS as error:
        raise damaged_workbook(path, str(error)) from None
    check_ratio(archive, path)
    return archive


def _no_workbook(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError("the file is not an xlsx workbook", path, why=why,
                              remedy="save it as xlsx, or correct `reader` in the rule file")


def _first(root: ET.Element, name: str) -> ET.Element | None:
    return next((child for child in root if local_name(child.tag) == name), None)


def _all(root: ET.Element, parent: str, name: str) -> list[ET.Element]:
    holder = _first(root, parent)
    return [] if holder is None else [child for child in holder if local_name(child.tag) == name]


def _is_struck(font: ET.Element) -> bool:
    mark = _first(font, "strike")
    return mark is not None and is_on(mark.attrib, "val", absent=True)


def _style(xf: ET.Element, codes: dict[int, str], struck: list[bool]) -> Style:
    number, font = int(xf.get("numFmtId", "0")), int(xf.get("fontId", "0"))
    return Style(number_format(number, codes.get(number)), struck[font] if font < len(struck) else False)
