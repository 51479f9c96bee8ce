"""Every file of a folder of real legacy files: rows read, rows another program sees in it, and the verdict.

    CRM_UNIFY_DATA=... python -m benchmarks.legacy_files

The other programs: Python's csv module, python-calamine, and for the rest what `PROBE.json`, the files
`*_summary.txt` and the JSON of the COBOL files say (dbfread, mdbtools, vobject, cobrix). Nothing of the data
is kept here.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from pipelines.sources.csv_text import Utf8Stream, find_encoding, from_utf8
from pipelines.sources.find import open_found, survey
from pipelines.sources.interface import FoundTable, Given, Reader
from pipelines.sources.packed import beginning
from pipelines.sources.registry import format_named

DECLARED: Final[Mapping[str, dict[str, Any]]] = {
    "fixed_width/census/censusText.col": {"reader": "fixed", "columns": [
        {"name": name, "width": width} for name, width in (
            ("file", 1), ("id", 21), ("surname", 13), ("given", 12), ("initial", 1), ("number", 5),
            ("street", 21))
    ]},
    **{f"cobol_ebcdic/cobrix/{name}": {"reader": "cobol", "copybook": copybook} for name, copybook in {
        "test3_data/TRAN2.AUG31.DATA.dat": {"file": "test3_copybook.cob"},
        "test4_data/COMP.DETAILS.SEP30.DATA.dat": {
            "file": "test4_copybook.cob", "format": "rdw_little", "code_page": "latin-1"},
        "test5_data/COMP.DETAILS.SEP30.DATA.dat": {"file": "test5_copybook.cob", "format": "rdw_little"},
        "test11_data/COMP.DETAILS.MAY30.DATA.dat": {"file": "test11_copybook.cob", "record_header": {
            "length": 5, "size_at": 3, "byte_order": "little", "valid_at": 0}},
        "test16_data/ENTITY.DB.AUG12.DATA.FIX.LEN.dat": {
            "file": "test16_fix_len_segments.cob",
            "segments": {name: {"field": "SEGMENT-ID", "values": [value]}
                         for name, value in (("PERSON", "P"), ("COMPANY", "C"), ("PO-BOX", "B"))}},
        "test17/HIERARCHICAL.DATA.RDW.dat": {
            "file": "test17_hierarchical.cob", "format": "rdw_little",
            "segments": {name: {"field": "SEGMENT-ID", "values": [str(value)]} for value, name in enumerate(
                ("COMPANY", "DEPT", "EMPLOYEE", "OFFICE", "CUSTOMER", "CONTACT", "CONTRACT"), 1)}},
        "test19_display_num/data.dat": {"file": "test19_display_num.cob"},
        "test24_data/INTEGR.TYPES.NOV28.DATA.dat": {"file": "test24_copybook.cob", "floats": "ieee"},
    }.items()},
}
"""Files that say nothing of themselves, with what a rule file would say under `source`."""

RECORDS: Final = {
    "TRAN2.AUG31.DATA.dat": 1000, "COMP.DETAILS.SEP30.DATA.dat": 1000, "COMP.DETAILS.MAY30.DATA.dat": 1000,
    "ENTITY.DB.AUG12.DATA.FIX.LEN.dat": 50, "HIERARCHICAL.DATA.RDW.dat": None, "data.dat": 7,
    "INTEGR.TYPES.NOV28.DATA.dat": 100, "censusText.col": 841,
}
"""Rows that the description of the files names; None: not said, the file ends with its last record."""

REASONS: Final = {
    "John_Doe_ANDROID.vcf": "one card holds a broken quoted-printable character: quarantined with its text",
    "mazovia.dbf": "dbfread takes the zero byte in front of live records for the end; both are read",
    "csvtext_BOM_UTF32BE.csv": "UTF-32 behind the byte order mark of UTF-16: no text in any encoding",
    "csvtext_BOM_UTF32LE.csv": "UTF-32 behind the byte order mark of UTF-16: no text in any encoding",
    "multiline-headers.xlsx": "five header rows of merged cells, which other readers count as rows",
    "weird_head_padding.csv": "rows of other widths around its several tables are quarantined as ragged",
    "misc_biff5_parsing.xls": "no cell of its eleven sheets is filled in (calamine sees none either)",
    "pass_protected.xlsx": "protected with a password: named",
    "encrypted_no_password.xls": "protected with a password: named",
    "any_sheets.xlsb": "xlsb is not built (and the file is cut off: calamine fails too)",
    **dict.fromkeys(("1904.slk", "crlf.fods", "crlfq9.wb3", "crlfq9.wk1", "crlfq9.wk3", "write.dif",
                     "write_L2.wk1"), "a format that is not built"),
}
"""Why a file is not read like the others, or is not read."""
_NO_TABLE: Final = re.compile(
    r"license|readme|\.md$|\.txt$|\.cob$|\.cdx$|\.fpt$|\.dbt$|\.json$|_layout|_expected/", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Line:
    """One table of one file."""

    file: str
    table: str
    rows: int
    """Rows that can be read."""
    problems: int
    """Rows put aside with a code."""
    expected: int | None
    """What another program counts; None where none is known."""
    status: str
    """"equal", or the reason why not."""

    @property
    def fine(self) -> bool:
        """Equal, or different for a known reason."""
        return self.status == "equal" or not self.status.startswith("?")


def legacy_folder() -> Path | None:
    """The folder of files, where the environment names it."""
    data = os.environ.get("CRM_UNIFY_DATA")
    folder = Path(data) / "legacy" if data else None
    return folder if folder is not None and folder.is_dir() else None


def files_of(folder: Path) -> list[str]:
    """The files, descriptions and licences left out."""
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return [name for name in names if not _NO_TABLE.search(name)]


def lines_of(folder: Path, name: str) -> list[Line]:
    """What is read of one file, a line a table."""
    path, probe = folder / name, _probe(folder, name)
    if name in DECLARED:
        reader = _declared(path, DECLARED[name])
        return [_line(name, "", reader, RECORDS[path.name])]
    found = survey(path)
    if not found.tables:
        why = "; ".join(entry.why.split(";")[0] for entry in found.unread)
        return [Line(name, "", 0, 0, None, REASONS.get(path.name, f"? {why}"))]
    return [
        _line(name, table.name, open_found(table, path), _expected(folder, path, table, probe))
        for table in found.tables
    ]


def _line(name: str, table: str, reader: Reader, expected: int | None) -> Line:
    rows = problems = 0
    for batch in reader.batches():
        bad = batch.num_rows - batch.column("_problem").null_count
        problems, rows = problems + bad, rows + batch.num_rows - bad
    equal = expected in (rows, None) and not problems
    unlike = f"? {rows} of {expected}, {problems} problems"
    status = "equal" if equal else REASONS.get(Path(name).name, unlike)
    return Line(name, table, rows, problems, expected, status)


def _declared(path: Path, options: Mapping[str, Any]) -> Reader:
    from crm_unify.rules.model import Source

    source = Source.model_validate({"system": "legacy", "key": ["any"], **options})
    return format_named(source.reader).open(source, Given(path, path.name))


def _probe(folder: Path, name: str) -> dict[str, Any]:
    entries = json.loads((folder / "PROBE.json").read_text(encoding="utf-8"))
    return next((entry for entry in entries if entry["file"] == name), {})


def _expected(folder: Path, path: Path, table: FoundTable, probe: Mapping[str, Any]) -> int | None:
    """Rows as another program counts them."""
    match table.reader:
        case "dbf":
            return _records(path, probe)
        case "access":
            counted: int | None = probe.get("tables", {}).get(table.name)
            return counted
        case "vcard" | "ldif":
            found: int | None = probe.get("cards", probe.get("entries"))
            return found
        case "csv":
            return _csv_rows(path, table)
        case "xlsx" | "xls" | "ods":
            return _sheet_rows(path, table)
    return None


def _records(path: Path, probe: Mapping[str, Any]) -> int:
    """Records by dbfread, by the summary, or by the header."""
    summary = path.with_name(f"{path.stem}_summary.txt")
    if summary.is_file():
        return int(re.findall(r"Records: (\d+)", summary.read_text(encoding="utf-8"))[0])
    if "rows" in probe:
        return int(probe["rows"]) + int(probe["deleted"])
    return int.from_bytes(path.read_bytes()[4:8], "little")


def _csv_rows(path: Path, table: FoundTable) -> int:
    """Rows below the header that Python's csv module sees, blank ones left out."""
    encoding = find_encoding(beginning(path), table.options.get("encoding"), path)
    text = "".join(from_utf8(chunk) for chunk in Utf8Stream(path, encoding, size=1 << 20))
    lines = io.StringIO(text, newline=None)  # CR alone ends a line too
    header = table.options.get("header", {}).get("row", 1)
    for _ in range(header - 1):
        lines.readline()
    rows = csv.reader(lines, delimiter=table.options["delimiter"])
    return sum(1 for row in rows if row) - 1


def _sheet_rows(path: Path, table: FoundTable) -> int:
    """Rows below the header in which calamine sees a value."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(table.options["sheet"])
    header = table.options.get("header", {}).get("row", 1)
    cells = sheet.to_python(skip_empty_area=False)
    return sum(any(cell != "" for cell in row) for row in cells[header:])


# --- COBOL, value by value ---
def cobol_differences(folder: Path, name: str) -> tuple[int, list[tuple[int, str, Any, str | None]]]:
    """Number of values that equal the expected JSON of a file; the others with record, name, values."""
    ours = _rows(_declared(folder / name, DECLARED[name]))
    test = Path(name).parts[2].removesuffix("_data")
    expected = next(folder.glob(f"cobol_ebcdic/cobrix/{test}_expected/test*[0-9a].txt"))
    equal, different = 0, []
    theirs = _objects(expected.read_text(encoding="utf-8"))
    for number, (record, row) in enumerate(zip(theirs, ours, strict=False)):
        for path, value in _leaves(record, ()):
            mine = _ours(path, row)
            if _same(value, mine):
                equal += 1
            else:
                different.append((number, path[-1], value, mine))
    return equal, different


def _rows(reader: Reader) -> list[dict[str, str | None]]:
    headers = {column.field: column.header for column in reader.header()}
    rows = [row for batch in reader.batches() for row in batch.to_pylist() if row["_problem"] is None]
    return [{headers[name]: row[name] for name in headers} for row in rows]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Objects one behind the other, or in a list."""
    decoder, at = json.JSONDecoder(parse_float=Decimal), 0
    text = text.strip().removeprefix("[").removesuffix("]")
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        yield found
        while at < len(text) and text[at] in ", \r\n\t":
            at += 1


def _leaves(value: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values with their path; what cobrix adds of its own left out."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, (*path, name.replace("_", "-")))
        elif not name.endswith("_debug") and not re.match("File_Id|Record_|Seg_Id", name):
            yield (*path, name.replace("_", "-")), inner


def _ours(path: tuple[str, ...], row: Mapping[str, str | None]) -> str | None:
    return row.get(".".join(path[-2:]), row.get(path[-1]))


def _same(theirs: Any, ours: str | None) -> bool:
    """Numbers of the same value; texts of the same printable characters, all that cobrix keeps."""
    if isinstance(theirs, str):
        return _printable(theirs) == _printable(ours or "")
    try:
        number = Decimal(ours or "")
    except InvalidOperation:
        return False
    return abs(number - Decimal(str(theirs))) <= abs(number) * Decimal("1e-13")


def _printable(text: str) -> str:
    return "".join(character for character in text if "!" <= character <= "~")


def main() -> None:
    """Print the table."""
    folder = legacy_folder()
    if folder is None:
        raise SystemExit("CRM_UNIFY_DATA does not name a folder with legacy files in it")
    lines = [line for name in files_of(folder) for line in lines_of(folder, name)]
    for line in lines:
        expected = "-" if line.expected is None else line.expected
        counts = f"{line.rows:6} {line.problems:4} {expected!s:>6}"
        print(f"{line.file:70} {line.table[:20]:20} {counts}  {line.status}")
    print(f"{len(lines)} tables, {sum(line.status == 'equal' for line in lines)} equal, "
          f"{sum(not line.fine for line in lines)} not explained")
    for name in DECLARED:
        if DECLARED[name]["reader"] == "cobol":
            equal, different = cobol_differences(folder, name)
            print(f"{name:70} {equal} values equal, {len(different)} different {different[:2]}")


if __name__ == "__main__":
    main()
