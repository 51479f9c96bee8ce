"""Where rows come from: one reader a format behind one interface."""

from __future__ import annotations

from pathlib import Path

from crm_unify.errors import ConfigurationError, SourceMissing, nearest_name
from crm_unify.rules.model import ProjectSource, Source
from pipelines.sources.interface import Column, Reader

__all__ = ["Column", "Reader", "open_reader"]


def open_reader(source: Source, project_source: ProjectSource, root: Path) -> Reader:
    """The reader of one rule file's source; paths start at `root`, the folder of the project file.

    Reads nothing yet, but a file that is not there stops the run here.
    """
    if source.reader == "sql":
        return _sql_reader(source, project_source, root)
    path, name = _file_of(source, project_source, root)
    header = {"header_row": source.header.row, "header_rows": source.header.rows}
    if source.reader == "xlsx":
        from pipelines.sources.xlsx import XlsxReader

        return XlsxReader(path, name=name, sheet=source.sheet, **header)
    from pipelines.sources.csv import CsvReader

    return CsvReader(path, name=name, encoding=source.encoding, delimiter=source.delimiter, **header)


def _sql_reader(source: Source, project_source: ProjectSource, root: Path) -> Reader:
    """A reader of a table or query."""
    from pipelines.sources.sql import SqlReader

    if project_source.url is None:
        raise ConfigurationError(f"source '{source.system}' is read by sql but has no `url`", root,
                                 remedy="give the source a `url` in the project file, or correct `reader`")
    if (source.table is None) == (source.query is None):
        raise ConfigurationError(f"source '{source.system}' needs either `table` or `query`", root,
                                 remedy="name one of them under `source` in the rule file")
    return SqlReader(
        project_source.url, root=root, table=source.table, query=source.query, encoding=source.encoding
    )


def _file_of(source: Source, project_source: ProjectSource, root: Path) -> tuple[Path, str]:
    """The file to read, and its name relative to the source's folder."""
    if project_source.path is None:
        what = f"source '{source.system}' is read by {source.reader} but has no `path`"
        raise ConfigurationError(what, root, remedy="give it a `path` in the project file")
    place = root / project_source.path
    if place.is_dir() and source.file is None:
        what = f"source '{source.system}' is a folder, and the rule file names no file"
        raise ConfigurationError(what, place, remedy="name the `file` under `source` in the rule file")
    inside = source.file is not None and not place.is_file()
    path = place / source.file if inside and source.file is not None else place
    if not path.is_file():
        raise _no_file(path)
    return path, source.file if inside and source.file is not None else path.name


def _no_file(path: Path) -> SourceMissing:
    """The guard for a file that was not delivered; never taken for a delete."""
    there = sorted(file.name for file in path.parent.iterdir()) if path.parent.is_dir() else []
    nearest = nearest_name(path.name, there)
    return SourceMissing("the source file is not there", str(path),
                         why=f"nearest name in that folder: '{nearest}'" if nearest else "",
                         remedy="deliver the file, or correct the path in the project file or rule file")
