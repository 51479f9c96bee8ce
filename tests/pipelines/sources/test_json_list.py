"""JSON comes back value by value, numbers as they are written, whatever the list is wrapped in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import GuardStopped
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells, origins, problems

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.mark.parametrize(
    ("text", "row_path"),
    [
        pytest.param('[{"id": 007.10, "ok": true}, {"id": "x"}]'.replace("007", "7"), None, id="a list"),
        pytest.param('{"id": 7.10, "ok": true}\n\n{"id": "x"}', None, id="a line each"),
        pytest.param('{"id": 7.10,\n "ok": true}{"id": "x"}', None, id="one behind the other"),
        pytest.param('{"a": [1], "b": {"c": [{"id": 7.10, "ok": true}, {"id": "x"}]}, "d": 1}', "b.c",
                     id="a list inside an object"),
    ],
)
def test_each_object_is_a_row(tmp_path: Path, text: str, row_path: str | None) -> None:
    """Numbers keep their digits, truth values are words, what a record lacks is null."""
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    reader = reader_of(tmp_path / "a.json", "json", **({"row_path": row_path} if row_path else {}))
    assert cells(reader) == [{"id": "7.10", "ok": "true"}, {"id": "x", "ok": None}]


def test_objects_and_lists_inside_a_row(tmp_path: Path) -> None:
    """Objects give dotted names; elements of lists are numbered like repeated headers; long lists end."""
    row = {"name": {"first": "Ann"}, "tel": ["1", "2"], "adr": [{"city": "Bonn"}, {"city": "Kiel"}], "no": []}
    (tmp_path / "a.json").write_text(json.dumps([row, {"tel": list(map(str, range(60)))}]))
    first, second = cells(reader_of(tmp_path / "a.json", "json"))
    assert (first["name.first"], first["tel"], first["tel (2)"]) == ("Ann", "1", "2")
    assert (first["adr.city"], first["adr (2).city"], first["no"]) == ("Bonn", "Kiel", None)
    assert json.loads(second["tel (rest)"] or "") == list(map(str, range(50, 60)))


@given(st.lists(st.dictionaries(st.sampled_from("abc"), TEXTS, min_size=1), min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]) -> None:
    """Quotation marks, line breaks, emoji, NUL: what was written is read."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    found = cells(reader_of(path, "json"))
    assert [{name: text for name, text in row.items() if text is not None} for row in found] == rows


def test_a_broken_line_costs_its_row_alone(tmp_path: Path) -> None:
    """JSON lines go on behind a line that is none; it is kept as it is."""
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n{"id": 2,,\n{"id": 3}\n')
    reader = reader_of(tmp_path / "a.jsonl", "json")
    assert [row["id"] for row in cells(reader)] == ["1", "3"]
    assert problems(reader) == [(2, "RECORD-DAMAGED", '{"id": 2,,')]


def test_a_list_that_breaks_off_keeps_what_can_be_read(tmp_path: Path) -> None:
    """Behind the break nothing can be told apart: the rest is one row with its text."""
    (tmp_path / "a.json").write_text('[{"id": 1},\n{"id": 2}, {"id": ')
    reader = reader_of(tmp_path / "a.json", "json")
    assert origins(reader, "_row", "_problem") == [(1, None), (2, None), (2, "FILE-CUT-OFF")]
    assert problems(reader)[0][2].endswith('{"id": ')


def test_bytes_and_escapes_that_are_no_characters(tmp_path: Path) -> None:
    """Half of a surrogate pair and undecodable bytes cost their row."""
    (tmp_path / "a.json").write_bytes(b'{"id": "\\ud83d"}\n{"id": "\xfc"}\n{"id": "ok"}\n')
    reader = reader_of(tmp_path / "a.json", "json")
    assert [row["id"] for row in cells(reader)] == ["ok"]
    assert [raw for _, _, raw in problems(reader)] == ["id: \\ud83d", "id: \\xfc"]


def test_lists_are_found_with_their_path(tmp_path: Path) -> None:
    """An object that holds lists of objects is as many tables."""
    path = tmp_path / "a.json"
    path.write_text('{"meta": {"n": 2}, "data": {"people": [{"id": 1}], "firms": [{"id": 2}]}, "x": [1, 2]}')
    assert format_by_content(path) == "json"
    assert options(path) == [("people", {"row_path": "data.people"}), ("firms", {"row_path": "data.firms"})]


def test_values_inside_values_without_end(tmp_path: Path) -> None:
    """A nesting bomb is a broken record, not a crash."""
    (tmp_path / "a.json").write_text('{"a": ' + "[" * 100_000)
    assert problems(reader_of(tmp_path / "a.json", "json"))[0][1] == "RECORD-DAMAGED"


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    """The name that is not there is told."""
    (tmp_path / "a.json").write_text('{"data": {"people": []}}')
    with pytest.raises(GuardStopped, match="there is no 'persons'"):
        reader_of(tmp_path / "a.json", "json", row_path="data.persons").header()
