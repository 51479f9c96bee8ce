"""One source may be a file, a pattern of files, or members of an archive, whatever packs them."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crm_unify.errors import ConfigurationError, CrmUnifyError, GuardStopped, SourceMissing
from crm_unify.rules.model import ProjectSource, Source
from pipelines.sources import Reader, open_reader
from pipelines.sources.archive import MAX_RATIO
from pipelines.sources.find import survey
from tests.pipelines.sources.reading import cells, origins, problems


def opened(root: Path, path: str, **source: Any) -> Reader:
    """The reader of a source described as in YAML."""
    rules = Source.model_validate({"system": "shop", "key": ["id"], "reader": "csv", **source})
    return open_reader(rules, ProjectSource(path=Path(path)), root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Deliveries of three months, one of them in an archive."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "2024-01.csv").write_text("id,name\n1,Ann\n")
    (tmp_path / "in" / "2024-02.csv").write_text("name,id,tel\nBob,2,030\n")
    with zipfile.ZipFile(tmp_path / "in" / "old.zip", "w") as archive:
        archive.writestr("2023/12.csv", "id,name\n0,Zoë\n")
        archive.writestr("2023/notes.txt", "none")
        archive.writestr("__MACOSX/2023/._12.csv", "x")
    return tmp_path


def test_a_pattern_is_one_table(root: Path) -> None:
    """Columns are found by name; what a file does not have is null; each row knows its file."""
    reader = opened(root, "in", file="2024-*.csv")
    assert [tuple(row.values()) for row in cells(reader)] == [("1", "Ann", None), ("2", "Bob", "030")]
    assert sorted(origins(reader, "_file", "_row")) == [("2024-01.csv", 2), ("2024-02.csv", 2)]
    assert "column 'tel' is missing in 1 of 2 files" in reader.notes()


def test_a_pattern_of_the_project_file(root: Path) -> None:
    """A source's path may be the pattern."""
    assert len(cells(opened(root, "in/*.csv"))) == 2


@pytest.mark.parametrize(
    ("path", "file"),
    [
        pytest.param("in", "old.zip/2023/12.csv", id="an archive like a folder"),
        pytest.param("in", "*.zip/2023/*.csv", id="patterns of archives and members"),
        pytest.param("in/old.zip", "2023/12.csv", id="the archive as the source"),
        pytest.param("in/old.zip", "**/*.csv", id="any folder of it"),
    ],
)
def test_a_member_of_an_archive(root: Path, path: str, file: str) -> None:
    """It is read like a file; the archive's bytes decide whether it is read again."""
    reader = opened(root, path, file=file)
    assert cells(reader) == [{"id": "0", "name": "Zoë"}]
    assert reader.files() == (root / "in" / "old.zip",)
    assert origins(reader, "_file") == [("old.zip/2023/12.csv",)]


@pytest.mark.parametrize(
    ("path", "file", "kind", "match"),
    [
        pytest.param("in", "2025-*.csv", SourceMissing, "no file fits the pattern", id="no match"),
        pytest.param("in", "old.zip/2023/13.csv", SourceMissing, "mean '2023/12.csv'", id="no member"),
        pytest.param("in/old.zip", None, ConfigurationError, "several files", id="which member"),
        pytest.param("in", "new.zip/a.csv", SourceMissing, "not there", id="no archive"),
    ],
)
def test_files_that_are_not_there(
    root: Path, path: str, file: str | None, kind: type[CrmUnifyError], match: str
) -> None:
    """What is missing is told, with the nearest name; it is never taken for no rows."""
    with pytest.raises(kind, match=match):
        opened(root, path, **({} if file is None else {"file": file})).header()


def test_memos_in_an_archive_are_found(root: Path) -> None:
    """What belongs to a table is unpacked with it."""
    with zipfile.ZipFile(root / "dbf.zip", "w") as archive:
        head = bytes([0x83, 124, 1, 2, 1, 0, 0, 0, 65, 0, 11, 0]).ljust(32, b"\0")
        column = b"M".ljust(11, b"\0") + b"M\0\0\0\0\x0a".ljust(21, b"\0")
        archive.writestr("A.DBF", head + column + b"\r          1")
        archive.writestr("a.dbt", b"\0" * 512 + b"Hello\x1a")
    reader = opened(root, "dbf.zip", file="A.DBF", reader="dbf")
    assert cells(reader) == [{"M": "Hello"}]


def test_a_bomb_is_refused(root: Path) -> None:
    """An archive that unpacks to hundreds of times its size is not unpacked at all."""
    with zipfile.ZipFile(root / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open(
        "a.csv", "w", force_zip64=True
    ) as member:
        for _ in range(MAX_RATIO + 1):
            member.write(b"0" * (1 << 20))
    with pytest.raises(GuardStopped, match="looks like a bomb"):
        opened(root, "bomb.zip").header()
    assert "looks like a bomb" in survey(root / "bomb.zip").unread[0].why


def test_archives_that_cannot_be_read(root: Path) -> None:
    """One that was cut off, one inside another, one with a password: each has its sentence."""
    archive = root / "in" / "old.zip"
    with zipfile.ZipFile(root / "outer.zip", "w") as outer:
        outer.write(archive, "old.zip")
    assert "inside an archive" in survey(root / "outer.zip").unread[0].why
    content = archive.read_bytes()
    archive.write_bytes(content[:-30])
    with pytest.raises(GuardStopped, match="damaged or was cut off"):
        opened(root, "in/old.zip", file="2023/12.csv").header()
    archive.write_bytes(content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))
    with pytest.raises(ConfigurationError, match="protected with a password"):
        opened(root, "in/old.zip", file="2023/12.csv").header()


def test_a_name_that_leads_out_of_the_archive(root: Path) -> None:
    """Members are written under their bare name, wherever their path leads."""
    with zipfile.ZipFile(root / "evil.zip", "w") as archive:
        archive.writestr("../../evil.csv", "id\n1\n")
    assert cells(opened(root, "evil.zip")) == [{"id": "1"}]
    assert not (root.parent / "evil.csv").exists()


def test_files_packed_with_gzip(root: Path) -> None:
    """They are read as if they were not packed; one that breaks off keeps its rows and says so."""
    packed = gzip.compress(b"id,name\n" + b"".join(b"%d,Name %d\n" % (n, n * n) for n in range(5000)))
    (root / "a.csv.gz").write_bytes(packed)
    assert len(cells(opened(root, "a.csv.gz"))) == 5000
    (root / "a.csv.gz").write_bytes(packed[:len(packed) // 2])
    reader = opened(root, "a.csv.gz")
    assert len(cells(reader)) > 1000
    assert problems(reader)[-1][1] in ("FILE-CUT-OFF", "CSV-RAGGED")
    assert any("breaks off" in note for note in reader.notes())
