"""Rows of a CSV are found without losing or merging any, however the file is cut."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.sources.csv_rows import (
    BROKEN,
    MAX_ROW,
    Found,
    Grammar,
    _by_arrays,
    _by_expression,
    find_rows,
    pieces,
    values_of,
)

COMMA = Grammar(b",")
AWKWARD = st.text(alphabet='"",\n\r a\x00é', max_size=40).map(str.encode)


def rows_of(text: bytes, found: Found) -> list[bytes]:
    """The text of each row."""
    return [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


def read_in_chunks(chunks: list[bytes]) -> list[tuple[bytes, int, int]]:
    """Text, number of values and line of each row of a text in chunks."""
    return [
        (row, int(values), int(line))
        for piece in pieces(chunks, COMMA, line=1, skip=0)
        for row, values, line in zip(
            rows_of(piece.text, piece.found), piece.found.values, piece.lines, strict=True
        )
    ]


@given(AWKWARD)
def test_rows_tile_the_text(text: bytes) -> None:
    """Every byte of any text is in exactly one row."""
    text += b"\n"
    assert b"".join(rows_of(text, find_rows(text, COMMA, final=True))) == text


@given(AWKWARD)
def test_arrays_and_expression_agree(text: bytes) -> None:
    """Where every quotation mark is in place, both ways find the same rows and numbers of values."""
    text += b"\n"
    fast = _by_arrays(np.frombuffer(text, np.uint8), ord(","), final=True)
    if fast is None or len(fast.ends) == 0 or fast.ends[-1] < len(text):
        return  # a mark is out of place or open: only the expression reads such a text
    slow = _by_expression(text, COMMA, final=True)
    assert rows_of(text, fast) == rows_of(text, slow)
    assert fast.values.tolist() == slow.values.tolist()


@given(AWKWARD, st.lists(st.integers(1, 10), min_size=1))
@example(b'a,"b"c', [1])
@example(b'"a"b\r\n', [5, 1])
def test_cuts_make_no_difference(text: bytes, sizes: list[int]) -> None:
    """Read at once or in chunks of any size, a text has the same rows on the same lines."""
    chunks: list[bytes] = []
    at = 0
    while at < len(text):
        chunks.append(text[at:at + sizes[len(chunks) % len(sizes)]])
        at += len(chunks[-1])
    assert read_in_chunks(chunks) == read_in_chunks([text])


@given(st.lists(st.lists(st.text(alphabet='ab",\n\r', max_size=5), min_size=2, max_size=4), min_size=1))
def test_written_rows_come_back(rows: list[list[str]]) -> None:
    """What a writer that follows RFC 4180 writes is read as it was, value by value."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    text = buffer.getvalue().encode()
    found = rows_of(text, find_rows(text, COMMA, final=True))
    assert [[value.decode() for value in values_of(row, COMMA)] for row in found] == rows


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param(b'1,"open\n2,b\n', [BROKEN, 2], id="a mark that never closes costs its line"),
        pytest.param(b'"a"b,c\n2,b\n', [BROKEN, 2], id="a mark that closes inside a value"),
        pytest.param(b'5" pipe,x\n', [2], id="a mark inside an unquoted value is text"),
        pytest.param(b'"a ""b"" c",x\n', [2], id="doubled marks are text"),
        pytest.param(b'"two\nlines",x\n', [2], id="a line break inside a value"),
        pytest.param(b'1,"x\n2,y"z\n3,"ok"\n', [BROKEN, 2, 2], id="a mark that closes on another line"),
        pytest.param(b'"",""\n', [2], id="quoted empty values"),
        pytest.param(b"a;b\n", [1], id="another delimiter is text"),
        pytest.param(b"1,2,3\n\n4\n", [3, 1, 1], id="ragged and blank lines are rows of their own"),
    ],
)
def test_broken_rows_stay_alone(text: bytes, values: list[int]) -> None:
    """A mark out of place never takes a neighbouring row with it."""
    assert find_rows(text, COMMA, final=True).values.tolist() == values


def test_an_open_mark_does_not_swallow_the_file() -> None:
    """Without a closing mark within the greatest row, the line is broken and reading goes on behind it."""
    line = b"a,b\n"
    text = b'1,"open\n' + line * (MAX_ROW // len(line) + 1)
    found = find_rows(text, COMMA, final=False)
    assert found.values[:3].tolist() == [BROKEN, 2, 2]


@pytest.mark.parametrize("end", [pytest.param(b, id=repr(b)) for b in (b"\n", b"\r\n", b"\r")])
def test_lines_are_counted_as_an_editor_does(end: bytes) -> None:
    """LF, CR LF and CR each end a line, inside quotation marks as well."""
    text = end.join([b"a,b", b'"x', b'y",c', b"d,e", b""])
    assert [line for _, _, line in read_in_chunks([text])] == [1, 2, 4]
