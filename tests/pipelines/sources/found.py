"""A file's content, told by a registry of formats, and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_unify.rules.model import Source
from pipelines.sources.interface import Given, Reader, Sample
from pipelines.sources.packed import SAMPLE, beginning
from pipelines.sources.registry import format_named, format_of


def reader_of(path: Path, reader: str, **source: Any) -> Reader:
    """The reader of a file as a rule file describes it."""
    described = Source.model_validate({"system": "old", "key": ["id"], "reader": reader, **source})
    return format_named(reader).open(described, Given(path, path.name))


def format_by_content(path: Path) -> str | None:
    """Name of the format that a file looks like."""
    head = beginning(path)
    found = format_of(Sample(path, head, whole=len(head) < SAMPLE))
    return None if found is None else found.name


def options(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Names of the tables in a file, with what opens them."""
    head = beginning(path)
    found = format_of(Sample(path, head, whole=len(head) < SAMPLE))
    assert found is not None
    return [(table.name, dict(table.options)) for table in found.tables(Given(path, path.name))]
