"""Elements at a declared path become rows; documents that could do harm are refused."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, GuardStopped
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells, origins, problems

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=8).filter(
    lambda text: text.strip() != ""
)
DOCUMENT = """<?xml version="1.0"?>
<c:crm xmlns:c="urn:crm"><meta><made>today</made></meta>
 <c:people>
  <person id="7"><name>Ann</name><tel kind="home">1</tel><tel>2</tel><adr><city>Bonn</city></adr></person>
  <person id="8"><name/></person>
 </c:people>
</c:crm>"""


def test_elements_become_rows(tmp_path: Path) -> None:
    """Attributes, children, repeated and nested ones have columns; prefixes of names play no part."""
    (tmp_path / "a.xml").write_text(DOCUMENT)
    reader = reader_of(tmp_path / "a.xml", "xml", row_path="crm/people/person")
    first, second = cells(reader)
    assert first == {
        "@id": "7", "name": "Ann", "tel": "1", "tel.@kind": "home", "tel (2)": "2", "adr.city": "Bonn",
    }
    assert (second["@id"], second["name"], origins(reader, "_row")) == ("8", None, [(4,), (5,)])


def test_lists_are_found_with_their_path(tmp_path: Path) -> None:
    """What repeats and holds something is a table."""
    path = tmp_path / "a.bin"
    path.write_text(DOCUMENT)
    assert format_by_content(path) == "xml"
    assert options(path) == [("person", {"row_path": "crm/people/person"})]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Every character that XML can hold."""
    path = tmp_path_factory.mktemp("xml") / "a.xml"
    rows = "".join(f"<r><v>{escape(text)}</v></r>" for text in texts)
    path.write_text(f"<l>{rows}</l>", encoding="utf-8")
    assert [row["v"] for row in cells(reader_of(path, "xml", row_path="l/r"))] == texts


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_declared_encodings(tmp_path: Path, encoding: str) -> None:
    """The document says how it is encoded."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><l><r>Zoë</r></l>'
    (tmp_path / "a.xml").write_bytes(text.encode(encoding))
    assert cells(reader_of(tmp_path / "a.xml", "xml", row_path="l/*")) == [{"value": "Zoë"}]


def test_a_document_that_breaks_off(tmp_path: Path) -> None:
    """Rows before the break are read; the place and the reason are a row with a problem."""
    (tmp_path / "a.xml").write_text("<l><r><v>1</v></r>\n<r><v>2</v></r><r><v>3</w>")
    reader = reader_of(tmp_path / "a.xml", "xml", row_path="l/r")
    assert [row["v"] for row in cells(reader)] == ["1", "2"]
    assert [(row, code) for row, code, _ in problems(reader)] == [(2, "FILE-CUT-OFF")]


@pytest.mark.parametrize("entity", ['a "aaaa"', 'a SYSTEM "file:///etc/passwd"', '% a "x"'])
def test_entities_are_refused(tmp_path: Path, entity: str) -> None:
    """A document that declares entities is not read at all."""
    (tmp_path / "a.xml").write_text(f"<!DOCTYPE l [<!ENTITY {entity}>]><l><r><v>&a;</v></r></l>")
    with pytest.raises(GuardStopped, match="declares entities"):
        reader_of(tmp_path / "a.xml", "xml", row_path="l/r").header()


def test_the_path_is_needed(tmp_path: Path) -> None:
    """Nothing is guessed at reading."""
    with pytest.raises(ConfigurationError, match="path of its rows"):
        reader_of(tmp_path / "a.xml", "xml")
