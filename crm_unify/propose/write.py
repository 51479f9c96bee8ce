"""A proposal as files: project file, rule files, code tables, and the JSON Schemas for editors."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Final

from crm_unify.errors import UsageError
from crm_unify.propose.interface import Codes, Proposal
from crm_unify.propose.yaml_text import SCHEMAS, code_file, project_file, rule_file
from crm_unify.rules.code_tables import COLUMNS
from crm_unify.rules.json_schema import as_text, schemas
from crm_unify.rules.load import PROJECT_FILE

RULES: Final = "rules"


def files_of(proposal: Proposal) -> dict[str, str]:
    """The text of every file by its path in the project's folder."""
    return {
        PROJECT_FILE: project_file(proposal),
        **{f"{RULES}/{one.name}.yml": rule_file(one) for one in proposal.maps},
        **dict(_code_tables(proposal)),
        **{f"{SCHEMAS}/{name}": as_text(schema) for name, schema in schemas().items()},
    }


def write_project(files: dict[str, str], folder: Path) -> None:
    """Write the files of a project; raises UsageError when the folder cannot be written."""
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            "the project cannot be written",
            str(folder),
            why=error.strerror or "",
            remedy="name a folder you may write to",
        ) from error


def _code_tables(proposal: Proposal) -> Iterator[tuple[str, str]]:
    for one in proposal.maps:
        for codes in one.codes:
            yield f"{RULES}/{code_file(one, codes)}", _csv(codes)


def _csv(codes: Codes) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(codes.rows)
    return out.getvalue()
