"""Records of xls workbooks become cells as a person sees them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, GuardStopped
from pipelines.sources.compound import MAGIC, CompoundFile
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells, origins
from tests.pipelines.sources.xls_writer import compound, framed, label, number, record, workbook

TEXTS = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), min_size=1, max_size=12)


def test_values_as_shown(tmp_path: Path) -> None:
    """Formats fill up with zeros and make dates; packed numbers, errors and truth values are told apart."""
    rows = [
        [label(0), label(1), label(2), label(3)],
        [number(1067.0, style=1), number(45292.5, style=2), record(0x027E, struct.pack("<I", (250 << 2) | 3)),
         record(0x0205, struct.pack("<BB", 0x2A, 1))],
    ]
    heads, formats = ["zip", "day", "amount", "error"], ["00000", "yyyy-mm-dd"]
    path = workbook(tmp_path / "a.xls", heads, rows, formats=formats)
    assert cells(reader_of(path, "xls")) == [
        {"zip": "01067", "day": "2024-01-01T12:00:00", "amount": "2.5", "error": "#N/A"}
    ]


@given(st.lists(TEXTS, min_size=1, max_size=30), st.integers(12, 200))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], cut: int
) -> None:
    """Shared strings are cut between records anywhere; each comes back whole."""
    rows = [[label(0)], *([label(place)] for place in range(1, len(texts) + 1))]
    path = workbook(tmp_path_factory.mktemp("xls") / "a.xls", ["head", *texts], rows, cut=cut)
    assert [row["head"] for row in cells(reader_of(path, "xls"))] == texts


def test_results_of_formulas(tmp_path: Path) -> None:
    """The stored result counts: a text behind the formula, a truth value, an error, a number."""
    result = framed(0x0207, b"\x02\x00\x00ok")
    text = record(0x0006, b"\x00" * 6 + b"\xff\xff" + b"\x00" * 8, behind=result)
    truth = record(0x0006, b"\x01\x00\x01" + b"\x00" * 3 + b"\xff\xff" + b"\x00" * 8)
    plain = record(0x0006, struct.pack("<d", 1.5) + b"\x00" * 8)
    rows = [[label(0), label(1), label(2)], [text, truth, plain]]
    path = workbook(tmp_path / "a.xls", ["a", "b", "c"], rows)
    assert cells(reader_of(path, "xls")) == [{"a": "ok", "b": "TRUE", "c": "1.5"}]


def test_hidden_rows_and_dates_from_1904(tmp_path: Path) -> None:
    """A hidden row is marked; day 1 of the other calendar is 2 January 1904."""
    hidden = framed(0x0208, struct.pack("<HHHHHHHH", 1, 0, 1, 255, 0, 0, 0x20, 0))
    rows = [[label(0)], [number(1.0, style=1)]]
    path = workbook(tmp_path / "a.xls", ["day"], rows, formats=["yyyy-mm-dd"], extra=hidden, from_1904=True)
    reader = reader_of(path, "xls")
    assert (cells(reader), origins(reader, "_row", "_hidden")) == ([{"day": "1904-01-02"}], [(2, True)])


def test_told_by_content(tmp_path: Path) -> None:
    """The first bytes and the stream inside decide."""
    path = workbook(tmp_path / "a.bin", ["id", "name"], [[label(0), label(1)]])
    assert (format_by_content(path), options(path)) == ("xls", [("S", {"sheet": "S"})])


def test_protected_workbooks_are_named(tmp_path: Path) -> None:
    """A record in front of encrypted ones, or a whole encrypted package."""
    path = workbook(tmp_path / "a.xls", ["id"], [[label(0)]], before=struct.pack("<HHH", 0x002F, 2, 1))
    with pytest.raises(ConfigurationError, match="password"):
        reader_of(path, "xls").header()
    (tmp_path / "b.xls").write_bytes(compound("EncryptedPackage", b"x" * 5000))
    with pytest.raises(ConfigurationError, match="password"):
        reader_of(tmp_path / "b.xls", "xls").header()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_was_cut_off_stops_the_run(tmp_path: Path, share: float) -> None:
    """Wherever it breaks off, a sentence says so."""
    texts = [f"text {n}" for n in range(2000)]
    path = workbook(tmp_path / "a.xls", texts, [[label(n)] for n in range(2000)])
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * share)])
    with pytest.raises(GuardStopped, match="damaged or was cut off"):
        list(reader_of(path, "xls").batches())


def test_sectors_that_lead_in_a_circle(tmp_path: Path) -> None:
    """A damaged allocation table does not keep the reader busy for ever."""
    path = tmp_path / "a.xls"
    content = bytearray(compound("Workbook", b"x" * 5000))
    content[512 + 4:512 + 8] = struct.pack("<I", 1)  # the directory's sector follows itself
    path.write_bytes(bytes(content))
    with pytest.raises(GuardStopped, match="circle"):
        CompoundFile(path)


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    """A text file with the name of a workbook, and a header with nothing behind it."""
    path = tmp_path / "a.xls"
    path.write_text("id,name\n1,Ann\n")
    with pytest.raises(ConfigurationError, match="not an xls workbook"):
        reader_of(path, "xls").header()
    path.write_bytes(MAGIC + b"\x00" * 8)
    with pytest.raises(GuardStopped, match="damaged"):
        reader_of(path, "xls").header()


def test_a_stream_that_ends_in_a_record(tmp_path: Path) -> None:
    """Records that break off inside the stream are damage, also in front of the sheets."""
    path = tmp_path / "a.xls"
    broken = struct.pack("<HH", 0x31, 9999)
    path.write_bytes(compound("Workbook", framed(0x0809, b"\x00\x06\x05\x00") + broken))
    with pytest.raises(GuardStopped, match="it ends in the middle"):
        reader_of(path, "xls").header()
