"""The rule file and the project file together say which file or table is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_unify.errors import ConfigurationError, CrmUnifyError, SourceMissing
from crm_unify.rules.model import ProjectSource, Source
from pipelines.sources import Reader, open_reader
from tests.pipelines.sources.reading import cells, origins


def opened(root: Path, project: dict[str, Any], **source: Any) -> Reader:
    """The reader of a source described as in YAML."""
    rules = Source.model_validate({"system": "shop", "key": ["id"], **source})
    return open_reader(rules, ProjectSource.model_validate(project), root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with deliveries in it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "people.csv").write_text("title\nid;name\n1;Zoë\n", encoding="cp1252")
    return tmp_path


def test_a_file_by_its_own_path(root: Path) -> None:
    """Settings of the rule file reach the reader; paths begin at the project file."""
    reader = opened(root, {"path": "in/people.csv"}, reader="csv", encoding="cp1252", header={"row": 2})
    assert cells(reader) == [{"id": "1", "name": "Zoë"}]
    assert origins(reader, "_file", "_row") == [("people.csv", 3)]


def test_a_file_of_a_folder(root: Path) -> None:
    """A source may be a folder of which each rule file reads one file."""
    (root / "in" / "2024").mkdir()
    (root / "in" / "2024" / "people.csv").write_text("id\n1\n", encoding="utf-8")
    reader = opened(root, {"path": "in"}, reader="csv", file="2024/people.csv")
    assert origins(reader, "_file") == [("2024/people.csv",)]


@pytest.mark.parametrize(
    ("project", "source", "kind", "match"),
    [
        pytest.param({"path": "in/peopel.csv"}, {"reader": "csv"}, SourceMissing, "folder: 'people.csv'",
                     id="a file that was not delivered"),
        pytest.param({"path": "out"}, {"reader": "xlsx", "file": "a.xlsx"}, SourceMissing, "not there",
                     id="a folder that is not there"),
        pytest.param({"path": "in"}, {"reader": "csv"}, ConfigurationError, "names no file",
                     id="a folder without a file name"),
        pytest.param({"url": "sqlite:///a.db"}, {"reader": "csv"}, ConfigurationError, "no `path`",
                     id="a url for a file reader"),
        pytest.param({"path": "in"}, {"reader": "sql", "table": "t"}, ConfigurationError, "no `url`",
                     id="a path for a database reader"),
        pytest.param({"url": "sqlite:///a.db"}, {"reader": "sql"}, ConfigurationError, "either `table`",
                     id="neither table nor query"),
    ],
)
def test_sources_that_cannot_be(
    root: Path, project: dict[str, Any], source: dict[str, Any], kind: type[CrmUnifyError], match: str
) -> None:
    """What does not fit together is told before anything is read."""
    with pytest.raises(kind, match=match):
        opened(root, project, **source)
