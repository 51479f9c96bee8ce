"""Copybooks are understood as compilers understand them, and errors name file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError
from pipelines.sources.cobol.copybook import read_copybook
from pipelines.sources.cobol.layout import layout_of, titles_of
from pipelines.sources.cobol.picture import Form, storage_of


@pytest.mark.parametrize(
    ("picture", "usage", "form", "width", "scale"),
    [
        pytest.param("X(10)", "DISPLAY", Form.TEXT, 10, 0, id="text"),
        pytest.param("S9(7)V99", "DISPLAY", Form.ZONED, 9, 2, id="zoned, the sign costs no byte"),
        pytest.param("S9(5)V99", "COMP-3", Form.PACKED, 4, 2, id="packed"),
        pytest.param("9(4)", "COMP", Form.BINARY, 2, 0, id="binary of 4 digits"),
        pytest.param("9(5)", "BINARY", Form.BINARY, 4, 0, id="binary of 5 digits"),
        pytest.param("9(18)", "COMP-5", Form.BINARY, 8, 0, id="binary of 18 digits"),
        pytest.param("9(37)", "COMP", Form.BINARY, 16, 0, id="binary of 37 digits"),
        pytest.param("PPP9(5)", "COMP-3", Form.PACKED, 3, 8, id="zeros behind the point that are not stored"),
        pytest.param("S9PPPV", "COMP", Form.BINARY, 2, -3, id="zeros in front of it"),
        pytest.param("Z(6)9.99-", "DISPLAY", Form.EDITED, 11, 0, id="edited for print"),
        pytest.param("", "COMP-2", Form.FLOAT, 8, 0, id="floating point"),
    ],
)
def test_pictures(picture: str, usage: str, form: Form, width: int, scale: int) -> None:
    """Kind, bytes and decimals of elementary items."""
    found = storage_of(picture, usage, leading=False, separate=False)
    assert (found.form, found.width, found.scale) == (form, width, scale)


COPYBOOK = """      * a comment in column 7
000100 01  CUST.
000200     05  KIND           PIC X.                                      IGNORED
           05  NAME-1.
             10  NAME         PIC X(4) VALUE 'a. b'.
               88  IS-EMPTY   VALUE SPACES.
           05  FILLER         PIC X(2).
           05  ADDRESSES OCCURS 2 TIMES INDEXED BY I J.
             10  CITY         PIC X(3).
             10  TEL OCCURS 2 PIC 9(2).
           05  FIRM REDEFINES NAME-1.
             10  NAME         PIC X(2).
"""


def test_groups_tables_and_redefinitions(tmp_path: Path) -> None:
    """Every elementary item has its place; names are as long as it takes to tell them apart."""
    (tmp_path / "a.cpy").write_text(COPYBOOK + "\x1a")
    layout = layout_of(read_copybook(tmp_path / "a.cpy", None), {}, tmp_path)
    places = {title: place.offset for title, place in zip(titles_of(layout), layout.places, strict=True)}
    assert layout.length == 21
    assert places == {
        "KIND": 0, "NAME-1.NAME": 1, "CITY": 7, "TEL": 10, "TEL (1,2)": 12, "CITY (2)": 14, "TEL (2,1)": 17,
        "TEL (2,2)": 19, "FIRM.NAME": 1,
    }


@pytest.mark.parametrize(
    ("text", "match"),
    [
        pytest.param("01 A.\n  05 B PIC X(3) COLOUR RED.", r"'COLOUR' is not.*a.cpy:2", id="a clause"),
        pytest.param("01 A.\n  05 B.", "'B' has neither a PICTURE", id="a group without items"),
        pytest.param("01 A.\nCOPY OTHER.", r"level number was expected.*a.cpy:2", id="a COPY statement"),
        pytest.param("01 A.\n 05 B PIC S9(3) SYNC.", "SYNCHRONIZED", id="an item that is aligned"),
        pytest.param("", "describes no record", id="nothing"),
        pytest.param("01 A PIC X.\n01 B PIC X.", "several records.*there are: A, B", id="which record"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, match: str) -> None:
    """What a copybook says that cannot be understood is told with its line."""
    (tmp_path / "a.cpy").write_text(text)
    with pytest.raises(ConfigurationError, match=match):
        read_copybook(tmp_path / "a.cpy", None)


def test_one_of_several_records(tmp_path: Path) -> None:
    """The rule file names it; a wrong name gets the nearest."""
    (tmp_path / "a.cpy").write_text("01 HEAD PIC X.\n01 BODY PIC X(2).")
    assert read_copybook(tmp_path / "a.cpy", "body").name == "BODY"
    with pytest.raises(ConfigurationError, match="no record 'BODI'") as caught:
        read_copybook(tmp_path / "a.cpy", "BODI")
    assert caught.value.nearest == "BODY"
