"""COBOL numbers come back digit by digit, whatever they are stored as."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.cobol.code_pages import has_euro, latin1_table
from pipelines.sources.cobol.numbers import number_texts
from pipelines.sources.cobol.picture import storage_of


def read(
    stored: str, picture: str, usage: str = "DISPLAY", *, ebcdic: bool = True, ieee: bool = True,
    sign: str = "",
) -> tuple[str | None, bool]:
    """Text of one value given in hexadecimal digits, and whether it is no number of its kind."""
    storage = storage_of(picture, usage, leading="leading" in sign, separate="separate" in sign)
    block = np.frombuffer(bytes.fromhex(stored), np.uint8).reshape(1, -1)
    texts, wrong = number_texts(block, storage, ebcdic=ebcdic, big=True, ieee=ieee)
    return texts[0].as_py(), bool(wrong[0])


@pytest.mark.parametrize(
    ("stored", "picture", "usage", "text"),
    [
        pytest.param("F0F0F1F7", "9(4)", "DISPLAY", "0017", id="zoned keeps its zeros"),
        pytest.param("F3F0D5", "S99V9", "DISPLAY", "-30.5", id="zoned with a sign above its last digit"),
        pytest.param("F3F0C5", "S9(3)", "DISPLAY", "305", id="zoned, positive"),
        pytest.param("0030503D", "S9(5)V99", "COMP-3", "-305.03", id="packed"),
        pytest.param("30503C", "PPP9(5)", "COMP-3", "0.00030503", id="packed behind zeros"),
        pytest.param("30503D", "S9(5)PPP", "COMP-3", "-30503000", id="packed in front of zeros"),
        pytest.param("1234", "9(4)", "COMP-6", "1234", id="packed without a sign"),
        pytest.param("F416", "S99V99", "COMP", "-30.50", id="binary"),
        pytest.param("FFFF", "9(4)", "COMP-5", "65535", id="native binary beyond its picture"),
        pytest.param("FDB48400372BB8246FF7D09249631CB6", "S9(37)", "COMP",
                     "-3050393257676267687078781717600592714", id="binary of 16 bytes"),
        pytest.param("00000000", "SV9(7)", "COMP", "0.0000000", id="zero has its decimals"),
        pytest.param("C6EE4FDC", "", "COMP-1", "-30503.93", id="IEEE floating point"),
    ],
)
def test_values(stored: str, picture: str, usage: str, text: str) -> None:
    """Sign in front, point in place."""
    assert read(stored, picture, usage) == (text, False)


def test_hexadecimal_floating_point() -> None:
    """The floating point of mainframes: -118.625 and 0.15625 of the textbooks."""
    assert read("C276A000", "", "COMP-1", ieee=False) == ("-118.625", False)
    assert read("4028000000000000", "", "COMP-2", ieee=False) == ("0.15625", False)


@pytest.mark.parametrize(
    ("stored", "picture", "sign", "text"),
    [
        pytest.param("60F3F0", "S99", "leading separate", "-30", id="EBCDIC, in front"),
        pytest.param("F3F04E", "S99", "separate", "30", id="EBCDIC, behind"),
        pytest.param("D3F0", "S99", "leading", "-30", id="EBCDIC, above the first digit"),
    ],
)
def test_places_of_signs(stored: str, picture: str, sign: str, text: str) -> None:
    """SIGN LEADING and SEPARATE."""
    assert read(stored, picture, sign=sign) == (text, False)


@pytest.mark.parametrize(
    ("stored", "text"), [("317D", "-10"), ("3172", "-12"), ("3142", "12"), ("3132", "12")]
)
def test_signs_in_ascii(stored: str, text: str) -> None:
    """Signs above digits after translation to ASCII: `}`, `r` and `B`, or none."""
    assert read(stored, "S99", ebcdic=False) == (text, False)


@pytest.mark.parametrize(
    ("stored", "picture", "usage", "text"),
    [
        pytest.param("C1F1", "99", "DISPLAY", None, id="a letter among digits"),
        pytest.param("1A3C", "9(3)", "COMP-3", "\\x1a3c", id="a half byte that is no digit"),
        pytest.param("1234", "9(3)", "COMP-3", "\\x1234", id="no sign"),
        pytest.param("F6F1", "9(4)", "COMP", "\\xf6f1", id="beyond an unsigned picture"),
    ],
)
def test_what_is_no_number(stored: str, picture: str, usage: str, text: str | None) -> None:
    """Nothing is guessed: bytes are kept, text is left to whoever knows the code page."""
    assert read(stored, picture, usage) == (text, True)


def test_blank_numbers_are_missing() -> None:
    """Blanks and zero bytes where digits should be."""
    assert (read("4040", "99"), read("0000", "99"), read("404040", "9(5)", "COMP-3")) == ((None, False),) * 3


@given(st.integers(-10**9 + 1, 10**9 - 1), st.integers(0, 9))
def test_any_packed_and_zoned_number_comes_back(number: int, scale: int) -> None:
    """What an encoder wrote is read, with every number of decimals."""
    digits = f"{abs(number):09}"
    packed = digits + ("D" if number < 0 else "C")
    zoned = "".join(f"F{digit}" for digit in digits[:-1]) + ("D" if number < 0 else "C") + digits[-1]
    picture = f"S{'9' * (9 - scale)}V{'9' * scale}"
    expected = Decimal(number).scaleb(-scale)
    for stored, usage in ((packed, "COMP-3"), (zoned, "DISPLAY")):
        text, wrong = read(stored, picture, usage)
        assert (Decimal(text or ""), wrong) == (expected, False)


@pytest.mark.parametrize("code_page", ["cp037", "cp500", "cp1140"])
def test_code_pages_agree_with_python(code_page: str) -> None:
    """Where Python knows the code page, the table is the same."""
    mine = latin1_table(code_page).tobytes().decode("latin-1")
    expected = bytes(range(256)).decode(code_page)
    assert (mine.replace("\xa4", "\u20ac") if has_euro(code_page) else mine) == expected


@pytest.mark.parametrize(("code_page", "stored", "text"), [
    ("cp1047", "AD5FBDB0BABB", "[^]\xac\xdd\xa8"), ("cp273", "C0D06A5AA1", "\xe4\xfc\xf6\xdc\xdf"),
    ("cp1141", "9F", "\xa4"),
])
def test_code_pages_that_differ(code_page: str, stored: str, text: str) -> None:
    """Brackets of cp1047, umlauts of cp273; each page holds every character of Latin-1 once."""
    table = latin1_table(code_page)
    assert table[np.frombuffer(bytes.fromhex(stored), np.uint8)].tobytes().decode("latin-1") == text
    assert len(set(table.tolist())) == 256
