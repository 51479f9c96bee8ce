"""The sources of a project, opened: headers held against the rules before any data row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_unify.rules.columns import ColumnCheck, check_columns
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from pipelines.sources import open_reader
from pipelines.sources.interface import Reader


@dataclass(frozen=True, slots=True)
class OpenSource:
    """One rule file with the reader of its source."""

    rules: LoadedRules
    reader: Reader
    headers: tuple[str, ...]
    """Names of its columns today."""
    columns: ColumnCheck


def open_sources(
    project: LoadedProject, *, last_headers: Mapping[str, Sequence[str]]
) -> tuple[OpenSource, ...]:
    """Every source of the project, in order of map name.

    ``last_headers`` are the columns of the last run by map. Raises what the readers and the column check
    raise: a missing file or table is a guard, a column nobody ever saw a mistake in the rule file.
    """
    return tuple(_opened(rules, project, last_headers.get(rules.rules.map)) for rules in project.files)


def _opened(rules: LoadedRules, project: LoadedProject, last: Sequence[str] | None) -> OpenSource:
    source = rules.rules.source
    reader = open_reader(source, project.project.sources[source.system], project.root)
    headers = tuple(column.header for column in reader.header())
    return OpenSource(rules, reader, headers, check_columns(rules, headers, last))
