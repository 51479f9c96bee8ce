"""Cards of all versions become rows: names in parts, types in column names, values decoded."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.vcard_lines import parts_of
from tests.pipelines.sources.found import format_by_content, reader_of
from tests.pipelines.sources.reading import cells, origins, problems

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


def card(*lines: str) -> str:
    """One card."""
    return "\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["N:Doe;Jo\\;hn;;Dr.;"], {"N.family": "Doe", "N.given": "Jo;hn", "N.prefix": "Dr."},
                     id="parts of a name, one with an escaped separator"),
        pytest.param(["TEL;TYPE=work,voice:1", "TEL;WORK:2", "TEL;PREF=1;TYPE=cell:3"],
                     {"TEL WORK": "1", "TEL WORK (2)": "2", "TEL CELL PREF": "3"},
                     id="types of three versions"),
        pytest.param(["item1.URL:x.example", "item1.X-ABLABEL:_$!<HomePage>!$_"],
                     {"URL HomePage": "x.example"}, id="a label of an address book"),
        pytest.param(["NOTE:a\\nb\\, c", " d"], {"NOTE": "a\nb, cd"}, id="escapes, and a folded line"),
        pytest.param(["FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Z=\r\no=EB"], {"FN": "Zoë"},
                     id="quoted-printable with a soft break and a charset"),
        pytest.param(["ADR;TYPE=HOME:;;1 Mill Lane;Leeds;;LS1;"],
                     {"ADR HOME.street": "1 Mill Lane", "ADR HOME.city": "Leeds", "ADR HOME.postcode": "LS1"},
                     id="parts of an address"),
        pytest.param(['X-A;TYPE="a:b":v'], {"X-A A:B": "v"}, id="a colon in quotation marks"),
    ],
)
def test_properties_become_columns(tmp_path: Path, lines: list[str], expected: dict[str, str]) -> None:
    """What a property is stands in the column's name, its value in the cell."""
    (tmp_path / "a.vcf").write_bytes(card(*lines).encode())
    assert cells(reader_of(tmp_path / "a.vcf", "vcard")) == [expected]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    """Escaped and folded after every second byte boundary that cuts no character, texts come back."""
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")

    path = tmp_path_factory.mktemp("vcf") / "a.vcf"
    cards = [card(f"N:{escaped(a)};{escaped(b)}", f"NOTE:x\r\n {escaped(a)}") for a, b in rows]
    path.write_bytes("".join(cards).encode())
    found = cells(reader_of(path, "vcard", encoding="utf-8"))
    read = [(row["N.family"], row["N.given"], row["NOTE"]) for row in found]
    assert read == [(a, b, f"x{a}") for a, b in rows]


def test_cards_that_are_none(tmp_path: Path) -> None:
    """A card without an end, text between cards and undecodable bytes cost their card alone."""
    text = card("FN:A") + "BEGIN:VCARD\nFN:B\n" + card("FN:C") + "stray\n" + card("FN:\udcff")
    text += "BEGIN:VCARD\nFN:D"
    (tmp_path / "a.vcf").write_bytes(text.encode(errors="surrogateescape"))
    reader = reader_of(tmp_path / "a.vcf", "vcard")
    assert [row["FN"] for row in cells(reader)] == ["A", "C"]
    assert [(row, code) for row, code, _ in problems(reader)] == [
        (4, "RECORD-DAMAGED"), (9, "RECORD-DAMAGED"), (10, "ENCODING-INVALID"), (13, "FILE-CUT-OFF"),
    ]


def test_told_by_content_in_any_encoding(tmp_path: Path) -> None:
    """UTF-16 with its mark is read like UTF-8; rows know their first line."""
    (tmp_path / "a.bin").write_bytes(("\n\n" + card("FN:Zoë")).encode("utf-16"))
    reader = reader_of(tmp_path / "a.bin", "vcard")
    assert (format_by_content(tmp_path / "a.bin"), cells(reader)) == ("vcard", [{"FN": "Zoë"}])
    assert origins(reader, "_row") == [(3,)]


def test_a_card_inside_a_card(tmp_path: Path) -> None:
    """The agent of a person is another card; its properties are not those of the person."""
    (tmp_path / "a.vcf").write_text(card("FN:Ann", "AGENT:", "BEGIN:VCARD", "FN:Bob", "END:VCARD", "TEL:1"))
    assert cells(reader_of(tmp_path / "a.vcf", "vcard")) == [{"FN": "Ann", "AGENT": "", "TEL": "1"}]


def test_a_backslash_at_the_end_is_text() -> None:
    """Nothing is lost of values that end in the middle of an escape, or escape what needs none."""
    assert parts_of("a\\") == ["a\\"]
    assert parts_of("a\\x;b") == ["a\\x", "b"]
