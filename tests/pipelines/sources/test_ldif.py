"""Entries of a directory become rows."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pipelines.sources.found import format_by_content, reader_of
from tests.pipelines.sources.reading import cells, origins, problems

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)

FILE = """version: 1

# a comment
 that goes on
dn: cn=Ann,dc=acme
cn: Ann
MAIL: a@acme.example
mail: b@acme.example
description: one
  two
photo:: /9j/4A==
street:: TcO8aGxlIDE=

dn: cn=Bob,dc=acme
cn: Bob
jpegPhoto:< file:///etc/passwd
"""


def test_entries_become_rows(tmp_path: Path) -> None:
    """Repeated attributes are numbered, base64 is text or hexadecimal, file addresses are not followed."""
    (tmp_path / "a.bin").write_text(FILE, encoding="utf-8")
    reader = reader_of(tmp_path / "a.bin", "ldif")
    first, second = cells(reader)
    assert format_by_content(tmp_path / "a.bin") == "ldif"
    assert first == {
        "dn": "cn=Ann,dc=acme", "cn": "Ann", "MAIL": "a@acme.example", "MAIL (2)": "b@acme.example",
        "description": "one two", "photo": "\\xffd8ffe0", "street": "Mühle 1", "jpegPhoto": None,
    }
    assert second["jpegPhoto"] == "file:///etc/passwd"
    assert origins(reader, "_row") == [(3,), (14,)]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Text in base64, as directories write all that is not plain ASCII."""
    path = tmp_path_factory.mktemp("ldif") / "a.ldif"
    values = [base64.b64encode(text.encode()).decode() for text in texts]
    path.write_text("\n".join(f"dn: cn={n}\nsn:: {value}\n" for n, value in enumerate(values)))
    assert [row["sn"] for row in cells(reader_of(path, "ldif"))] == texts


def test_entries_that_are_none(tmp_path: Path) -> None:
    """What is no attribute, no base64 or no UTF-8 costs its entry, which is kept as it is."""
    (tmp_path / "a.ldif").write_bytes(b"dn: a\nno attribute\n\ndn: b\nx:: ???\n\ndn: c\ny: \xff\n\ndn: d\n")
    reader = reader_of(tmp_path / "a.ldif", "ldif")
    assert [row["dn"] for row in cells(reader)] == ["d"]
    assert problems(reader) == [
        (1, "RECORD-DAMAGED", "dn: a\nno attribute"), (4, "RECORD-DAMAGED", "dn: b\nx:: ???"),
        (7, "ENCODING-INVALID", "dn: c\ny: \\xff"),
    ]
