"""How files that this program made are told from those of others: by what they say of themselves.

The report, the pages and the workbooks name their maker; a CSV file is known by its first line.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Final

from crm_unify.schema.tables import CRM_TABLES
from crm_unify.schema.views import customer_xref

OURS: Final = "crm-unify"
"""Stands in the properties of every workbook that this program makes."""
GENERATOR: Final = b'<meta name="generator" content="crm-unify">'
"""Stands in every page that this program makes."""
PRINTED: Final = b"\n%crm-unify\n"
"""Ends every PDF that this program prints: a comment behind the end."""
EVIDENCE: Final = "evidence pack"
"""A sign-off: it was signed as it is, and a change would show."""
OTHER: Final = "other"
LOGS: Final = (".log", ".out", ".err")
FIRST_LINES: Final = {
    ("file", "sheet", "line", "key", "customer_id", "record_id"): "row file",
    ("file", "sheet", "line", "key", "fate", "code", "reason", "suggestion"): "row file",
    ("map", "column", "parent_map", "parent_key", "parent_is", "waiting_rows"): "row file",
    ("Cluster", "Side", "Answer"): "review pack",
}
"""How first lines of CSV files begin: loaded and rejected rows, missing parents, questions, samples."""
MOST: Final = 1 << 20
"""Bytes of a first line that are looked at."""


def kind_of(path: Path) -> str:
    """What a file is, if it is of our making; ``other`` if not."""
    if path.suffix in LOGS:
        return "log"
    if path.name.endswith(".design.json"):
        return "review pack"
    if path.name == "rule_book.md":
        return "rule book"
    match path.suffix:
        case ".jsonl" if b'"plan":' in _first_line(path):
            return "plan"
        case ".html" if GENERATOR in path.read_bytes():
            return "report"
        case ".pdf" if is_our_print(path):
            return "report"
        case ".csv":
            return _table(path)
        case ".xlsx" if _is_our_workbook(path):
            return "workbook"
        case ".zip" if _is_signed(path):
            return EVIDENCE
    return OTHER


def is_our_print(path: Path) -> bool:
    """Whether a PDF was printed by this program, which writes so behind its end."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(PRINTED), 0))
        return file.read() == PRINTED


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(MOST)


def _table(path: Path) -> str:
    """What a CSV file is: an exported table by its name, others by their first line."""
    if path.stem in (*CRM_TABLES, customer_xref.name):
        return "export"
    said = _first_line(path).decode("utf-8-sig", errors="replace").strip().replace('"', "").split(",")
    for begins, kind in FIRST_LINES.items():
        if tuple(said[: len(begins)]) == begins:
            return kind
    return OTHER


def _is_our_workbook(path: Path) -> bool:
    """Whether a workbook's properties name this program as its maker."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if name.startswith("docProps/")]
        return any(OURS.encode() in packed.read(name) for name in names)


def _is_signed(path: Path) -> bool:
    """Whether an archive is the evidence pack of a sign-off."""
    try:
        with zipfile.ZipFile(path) as packed:
            return "signed" in json.loads(packed.read("manifest.json"))
    except (zipfile.BadZipFile, KeyError, ValueError):  # no archive, none with a manifest, or none of ours
        return False
