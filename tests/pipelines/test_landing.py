"""Landed rows are all rows, each with an id of its content, in an order of its content."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from crm_unify.errors import AccountUnbalanced, GuardStopped, SourceMissing
from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ProjectSource, RuleFile
from crm_unify.rules.yaml_tree import Tree
from pipelines import landing
from pipelines.landed import Landed, moved, read_landed
from pipelines.landing import land
from pipelines.sources import Column, Reader, open_reader
from pipelines.sources.interface import name_columns, text_batch

BATCH = 2
"""Rows of a batch of `Rows`: runs of equal rows lie across batches."""


@dataclass(frozen=True)
class Rows:
    """A reader of rows given as lists."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    broken: bool = False

    def header(self) -> tuple[Column, ...]:
        """Columns of the headers."""
        return name_columns(self.headers)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, a few at a time; a broken reader stops after them."""
        for start in range(0, len(self.rows), BATCH):
            part = self.rows[start:start + BATCH]
            cells = [pa.array(values, pa.string()) for values in zip(*part, strict=True)]
            places = pa.array(range(start + 2, start + 2 + len(part)), pa.int64())
            yield text_batch(self.header(), cells, file="rows", row=places)
        if self.broken:
            raise SourceMissing("the rest is gone", "rows", remedy="look for it")

    def files(self) -> tuple[Path, ...]:
        """No file."""
        return ()

    def notes(self) -> tuple[str, ...]:
        """One sentence."""
        return (f"{len(self.rows)} given",)


def rules(name: str, **source: Any) -> LoadedRules:
    """A rule file with this source, as far as landing looks at it."""
    given = {"map": name, "source": {"system": "shop", "key": ["id"], "reader": "csv", **source},
             "targets": [{"discard": {"rule": "BR-1"}}]}
    return LoadedRules(RuleFile.model_validate(given), Path(f"{name}.yml"), Tree(f"{name}.yml", given, {}))


def landed(folder: Path, *rows: Sequence[str | None], headers: Sequence[str] = ("id", "name")) -> Landed:
    """Land rows under the name `people`."""
    return land([(rules("people"), Rows(headers, rows))], folder=folder, progress=Silent())[0]


def column(entry: Landed, name: str) -> list[Any]:
    """One column of what was landed."""
    values: list[Any] = pq.read_table(entry.path, columns=[name])[name].to_pylist()
    return values


def from_file(root: Path, name: str, **source: Any) -> tuple[LoadedRules, Reader]:
    """A source that is a file or database of the folder."""
    place = {"path": source.pop("path")} if "path" in source else {"url": "sqlite:///old.db"}
    loaded = rules(name, **source)
    return loaded, open_reader(loaded.rules.source, ProjectSource.model_validate(place), root)


def test_rows_are_landed_as_they_are(tmp_path: Path) -> None:
    """Texts, NULLs, NUL characters and origin arrive untouched."""
    entry = landed(tmp_path, ["007", " Zoë "], ["8", None], ["a\x00b", ""])
    table = pq.read_table(entry.path).sort_by("_row").select(["_file", "_row", "c001", "c002"])
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("rows", 2, "007", " Zoë "), ("rows", 3, "8", None), ("rows", 4, "a\x00b", ""),
    ]
    assert (entry.rows, entry.notes) == (3, ("3 given",))


def test_a_shuffled_table_gives_the_same_bytes(tmp_path: Path) -> None:
    """A database has no row numbers: its Parquet file is the same byte for byte."""
    files = []
    for order in ("id", "name DESC"):
        root = tmp_path / order
        root.mkdir()
        with sqlite3.connect(root / "old.db") as connection:
            connection.execute("CREATE TABLE source (id TEXT, name TEXT)")
            connection.executemany("INSERT INTO source VALUES (?, ?)", [(n, n % 7) for n in range(500)])
            connection.execute(f"CREATE TABLE t AS SELECT * FROM source ORDER BY {order}")
        connection.close()
        source = from_file(root, "t", reader="sql", table="t")
        files.append(land([source], folder=root / "out", progress=Silent())[0].path.read_bytes())
    assert files[0] == files[1]


def test_hidden_and_struck_rows_have_other_hashes(tmp_path: Path) -> None:
    """Striking a row out is a change of content."""
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet, struck = book.add_worksheet(), book.add_format({"font_strikeout": True})
    sheet.write_column("A1", ["id", "x", "x", "x"])
    sheet.write("A3", "x", struck)
    sheet.set_row(3, None, None, {"hidden": True})
    book.close()
    source = from_file(tmp_path, "s", reader="xlsx", path="a.xlsx")
    entry = land([source], folder=tmp_path / "out", progress=Silent())[0]
    assert len(set(column(entry, "_row_hash"))) == 3


def test_rows_that_could_not_be_read_are_landed(tmp_path: Path) -> None:
    """As many rows are landed as the file has, each unreadable one with its code and text."""
    (tmp_path / "a.csv").write_bytes(b'id,name\n1,Jon\n2\n"3,x\n4,M\xfcller\n')
    source = from_file(tmp_path, "a", reader="csv", path="a.csv")
    entry = land([source], folder=tmp_path / "out", progress=Silent())[0]
    found = zip(column(entry, "_row"), column(entry, "_problem"), column(entry, "_raw"), strict=True)
    assert sorted(found) == [
        (2, None, None), (3, "CSV-RAGGED", "2"), (4, "CSV-BROKEN-QUOTE", '"3,x'),
        (5, "ENCODING-INVALID", "4,M\\xfcller"),
    ]


def test_no_rows_are_a_table_too(tmp_path: Path) -> None:
    """A source without rows lands as a file without rows, with all columns."""
    entry = landed(tmp_path)
    assert entry.rows == 0
    assert pq.read_schema(entry.path).names[-4:] == ["c001", "c002", "_row_hash", "_row_id"]


def test_what_was_landed_can_be_read_back(tmp_path: Path) -> None:
    """The manifest holds all of it, and the folder may move."""
    first = landed(tmp_path / "here", ["1", "Jon"], headers=["Tel", "Tel"])
    assert read_landed(tmp_path / "here") == (first,)
    (tmp_path / "here").rename(tmp_path / "there")
    assert read_landed(tmp_path / "there") == moved([first], tmp_path / "there")
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["landed.json", "people.parquet"]


def test_a_reader_that_stops_leaves_nothing_behind(tmp_path: Path) -> None:
    """Its own error comes out, no manifest is written, and the next landing in the folder is complete."""
    broken = Rows(["id", "name"], [["1", "x"]] * 5, broken=True)
    with pytest.raises(SourceMissing, match="the rest is gone"):
        land([(rules("people"), broken)], folder=tmp_path, progress=Silent())
    assert list(tmp_path.iterdir()) == []
    assert landed(tmp_path, ["2", "y"]).rows == 1


def test_what_a_killed_landing_left_does_not_count(tmp_path: Path) -> None:
    """Rows that an earlier landing extracted and never loaded are gone."""
    loaded = land([(rules("people"), Rows(["id"], [["1"]]))], folder=tmp_path / "x", progress=Silent())[0]
    left = tmp_path / "y" / "_staging" / "raw" / "landed" / "t001"
    left.mkdir(parents=True)
    (left / "1.0.parquet").write_bytes(loaded.path.read_bytes())
    assert landed(tmp_path / "y", ["2", "y"]).rows == 1


@pytest.mark.parametrize("kept", [pytest.param(0, id="lost"), pytest.param(2, id="doubled")])
def test_rows_that_are_not_landed_once_stop_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """What the reader yielded is counted against the landed file; without a manifest nothing goes on."""
    extract = landing._extract

    def losing(*given: Any) -> Any:
        return {name: replace(one, files=[*one.files] * kept) for name, one in extract(*given).items()}

    monkeypatch.setattr(landing, "_extract", losing)
    with pytest.raises(AccountUnbalanced, match=rf"3 rows were read and {3 * kept} were landed; at people"):
        landed(tmp_path, ["1", "a"], ["2", "b"], ["3", "c"])
    assert not (tmp_path / "landed.json").exists()


def test_a_file_that_changes_meanwhile_stops_the_run(tmp_path: Path) -> None:
    """Half of an old and half of a new delivery is neither."""
    @dataclass(frozen=True)
    class Growing(Rows):
        def files(self) -> tuple[Path, ...]:
            return (tmp_path / "a.csv",)

        def batches(self) -> Iterator[pa.RecordBatch]:
            yield from super().batches()
            (tmp_path / "a.csv").write_text("longer than before", encoding="utf-8")

    (tmp_path / "a.csv").write_text("short", encoding="utf-8")
    with pytest.raises(GuardStopped, match="changed while it was read"):
        land([(rules("a"), Growing(["id"], [["1"]]))], folder=tmp_path / "out", progress=Silent())


def test_sources_keep_their_order_and_columns(tmp_path: Path) -> None:
    """Several sources of different width land side by side, in the order given."""
    sources = [(rules("b"), Rows(["x"], [["1"]])), (rules("a"), Rows(["x", "y"], [["1", "2"], ["3", "4"]]))]
    found = land(sources, folder=tmp_path, progress=Silent())
    assert [(entry.map, entry.rows, len(entry.columns)) for entry in found] == [("b", 1, 1), ("a", 2, 2)]


@pytest.mark.parametrize(
    ("text", "settings", "reused"),
    [
        pytest.param("id,name\n1,Jon\n", {}, True, id="the same bytes"),
        pytest.param("id,name\n1,Jim\n", {}, False, id="other bytes"),
        pytest.param("id,name\n1,Jon\n", {"delimiter": ";"}, False, id="the same bytes read in another way"),
    ],
)
def test_unchanged_files_are_not_read_again(
    tmp_path: Path, text: str, settings: dict[str, str], reused: bool
) -> None:
    """A file with the same bytes and settings is taken over as it was landed."""
    for number, (content, more) in enumerate([("id,name\n1,Jon\n", {}), (text, settings)]):
        (tmp_path / "a.csv").write_text(content, encoding="utf-8")
        source = from_file(tmp_path, "a", reader="csv", path="a.csv", **more)
        land([source], folder=tmp_path / str(number), previous=tmp_path / "0", progress=Silent())
    old, new = (read_landed(tmp_path / str(number))[0] for number in (0, 1))
    assert (new.path.stat().st_ino == old.path.stat().st_ino) == reused
    assert new.path.parent.name == "1"


ALONE = """
import sys
from pathlib import Path
from tests.pipelines.test_landing import from_file, land, Silent
root = Path(sys.argv[1])
source = from_file(root, "a", reader="csv", path="a.csv")
land([source], folder=root / sys.argv[2], previous=root / "first", progress=Silent())
print(",".join(sorted({"dlt", "pandas"} & set(sys.modules))))
"""


def test_dlt_is_imported_only_to_read(tmp_path: Path, root: Path) -> None:
    """With unchanged files neither dlt nor pandas is loaded, and dlt leaves the home folder alone."""
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    environment = {"HOME": str(tmp_path / "home"), "PATH": "", "PYTHONPATH": str(root)}
    loaded = [
        subprocess.run([sys.executable, "-c", ALONE, str(tmp_path), name], cwd=root, env=environment,
                       check=True, capture_output=True, text=True).stdout.strip()
        for name in ("first", "second")
    ]
    assert "dlt" in loaded[0].split(",")
    assert loaded[1] == ""
    assert not (tmp_path / "home").exists()
