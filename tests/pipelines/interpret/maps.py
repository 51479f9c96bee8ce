"""Small rule files and rows for the tests of interpreting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crm_unify.progress import Silent
from crm_unify.rules.load import LoadedRules, load_project, rules_from_text
from pipelines.interpret.example import example_table
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.stage import interpret, interpret_rows
from pipelines.landed import Landed

AS_OF = date(2026, 3, 2)
Row = Mapping[str, str | None]

PERSON = "person: {full_name: {from: NAME}}"
"""The smallest entry that makes a record."""


def rule_text(
    targets: str, *, name: str = "people", source: str = "", key: str = "[ID]", rest: str = ""
) -> str:
    """A rule file in YAML; `targets` are the lines below that key, `source` more keys of the source."""
    indented = "\n".join(f"  {line}" for line in targets.strip("\n").splitlines())
    more = f", {source}" if source else ""
    head = f"map: {name}\nsource: {{system: shop, reader: csv, file: {name}.csv, key: {key}{more}}}\n"
    return f"{head}targets:\n{indented}\n{rest}\n"


def entries(*lines: str) -> str:
    """One branch for all rows, with these entries."""
    return "- when: 'TRUE'\n" + "\n".join(f"  {line}" for line in lines)


def loaded(text: str, folder: Path | None = None) -> LoadedRules:
    """The rule file, checked."""
    return rules_from_text(text, path=(folder or Path()) / "rules.yml")


def out(text: str, *rows: Row, folder: Path | None = None) -> Interpreted:
    """What interpreting makes of the rows under the rule file."""
    return interpret_rows(loaded(text, folder), rows, as_of=AS_OF)


def claimed(found: Interpreted, kind: str) -> list[dict[str, Any]]:
    """The claims of a kind without nulls and ids, in their order."""
    rows = found.claims[kind].to_pylist()
    return [{k: v for k, v in row.items() if v is not None and k != "record_id"} for row in rows]


def refused(found: Interpreted, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the rejections."""
    return [tuple(row[c] for c in columns) for row in found.rejections.to_pylist()]


def went(found: Interpreted) -> dict[str | None, tuple[str, str | None]]:
    """Fate and rule of each row by its key."""
    return {row["key"]: (row["fate"], row["rule"]) for row in found.fates.to_pylist()}


def project_of(folder: Path, files: Mapping[str, tuple[str, Sequence[Row]]]) -> Interpreted:
    """Interpret several maps (rule file text and rows, by map name) as landed files of one project."""
    landed = []
    (folder / "crm_unify.yml").write_text(
        "project: trial\nsources: {shop: {path: data}}\nrules: ['*.rules.yml']\n"
    )
    for name, (text, rows) in files.items():
        (folder / f"{name}.rules.yml").write_text(text)
        table, columns = example_table(loaded(text, folder).rules, rows)
        pq.write_table(table, folder / f"{name}.parquet")
        landed.append(Landed(name, folder / f"{name}.parquet", columns, len(rows), "", {}, ""))
    project = load_project(folder)
    return interpret(landed, project, as_of=AS_OF, progress=Silent())
