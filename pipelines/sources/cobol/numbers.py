r"""COBOL numbers by whole columns: bytes of many records in, decimal text out.

Digits that a person would see stay as they are: a zoned number keeps its leading zeros (it may be a
postcode), packed and binary ones, which have none, are plain numbers. A value that no item of its kind can
hold is not guessed at: it comes as the text it would be in print, or as `\x` and hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.sources.byte_columns import Block, Mask, cut, hexadecimal
from pipelines.sources.cobol.picture import Form, Storage
from pipelines.sources.xlsx_formats import plain_number

_ZERO, _POINT, _MINUS = 0x30, 0x2E, 0x2D
_NEGATIVE_NIBBLES: Final = (0xB, 0xD)
_EBCDIC_MINUS, _EBCDIC_PLUS = 0x60, 0x4E

Decoded = tuple[pa.Array, Mask]
"""Texts, and which rows hold no number of the kind."""


def number_texts(block: Block, storage: Storage, *, ebcdic: bool, big: bool, ieee: bool) -> Decoded:
    """One column of numbers; `block` has the bytes of the item, a row each."""
    match storage.form:
        case Form.PACKED | Form.UNSIGNED_PACKED:
            return _packed(block, storage)
        case Form.BINARY:
            return _binary(block, storage, big=big)
        case Form.FLOAT:
            return _floats(block, big=big, ieee=ieee), np.zeros(len(block), np.bool_)
        case _:
            return _zoned(block, storage, ebcdic=ebcdic)


# --- digits in, text out ---
def _texts(digits: Block, negative: Mask, scale: int, valid: Mask, *, keep_zeros: bool) -> pa.Array:
    """Digits (0 to 9, a column each) as text with sign and point; null where not valid."""
    if scale < 0:
        digits = np.hstack([digits, np.zeros((len(digits), -scale), np.uint8)])
        scale = 0
    missing = max(scale + 1 - digits.shape[1], 0)
    digits = np.hstack([np.zeros((len(digits), missing), np.uint8), digits])
    whole = digits.shape[1] - scale
    parts = [np.full((len(digits), 1), _MINUS, np.uint8), digits[:, :whole] + np.uint8(_ZERO)]
    if scale:
        parts += [np.full((len(digits), 1), _POINT, np.uint8), digits[:, whole:] + np.uint8(_ZERO)]
    out = np.hstack(parts)
    first = np.full(len(digits), missing) if keep_zeros else _first_digit(digits[:, :whole])
    starts = 1 + np.minimum(first, whole - 1)
    rows = np.flatnonzero(negative)
    out[rows, starts[rows] - 1] = _MINUS
    starts = starts - negative
    return cut(out, starts.astype(np.int64), np.full(len(out), out.shape[1]), valid).cast(pa.string())


def _first_digit(digits: Block) -> npt.NDArray[np.int64]:
    """Place of the first digit that is not zero; the last place where all are."""
    some = np.any(digits != 0, axis=1)
    first: npt.NDArray[np.int64] = np.where(some, np.argmax(digits != 0, axis=1), digits.shape[1] - 1)
    return first


def _with_hexadecimal(texts: pa.Array, block: Block, invalid: Mask) -> pa.Array:
    """Texts, and hexadecimal digits where there is no number."""
    if not invalid.any():
        return texts
    values = texts.to_pylist()
    for row, shown in zip(np.flatnonzero(invalid), hexadecimal(block[invalid]), strict=True):
        values[row] = shown
    return pa.array(values, pa.string())


# --- zoned ---
def _zoned(block: Block, storage: Storage, *, ebcdic: bool) -> Decoded:
    """A digit a byte; blank ones are null, others that are no number are left to the caller as text."""
    blank = np.all((block == 0) | (block == (0x40 if ebcdic else 0x20)), axis=1)
    body, negative, fine = _sign_apart(block, storage, ebcdic=ebcdic) if storage.separate else (
        block, np.zeros(len(block), np.bool_), np.ones(len(block), np.bool_))
    digits: Block = body & np.uint8(0x0F)
    zones = body & 0xF0
    plain = zones == (0xF0 if ebcdic else 0x30)
    if storage.signed and not storage.separate:
        at = 0 if storage.leading else body.shape[1] - 1
        over, minus, signed = _overpunched(body[:, at], ebcdic=ebcdic)
        digits[:, at] = over
        plain[:, at] = signed
        negative = negative | minus
    valid = fine & np.all(plain & (digits <= 9), axis=1)
    texts = _texts(digits, negative & valid, storage.scale, valid, keep_zeros=True)
    return texts, ~valid & ~blank


def _sign_apart(block: Block, storage: Storage, *, ebcdic: bool) -> tuple[Block, Mask, Mask]:
    """The digits, whether they are negative, and whether the sign is one."""
    signs, body = (block[:, 0], block[:, 1:]) if storage.leading else (block[:, -1], block[:, :-1])
    minus, plus = (_EBCDIC_MINUS, _EBCDIC_PLUS) if ebcdic else (_MINUS, 0x2B)
    negative: Mask = signs == minus
    return body, negative, negative | (signs == plus) | (signs == (0x40 if ebcdic else 0x20))


def _overpunched(byte: npt.NDArray[np.uint8], *, ebcdic: bool) -> tuple[npt.NDArray[np.uint8], Mask, Mask]:
    """Digit, negative, valid of the byte that carries a sign above its digit."""
    if ebcdic:
        zone = byte >> 4
        negative: Mask = (zone == 0xD) | (zone == 0xB)
        return byte & np.uint8(0x0F), negative, zone >= 0xA
    digit, minus = _ASCII_DIGITS[byte], _ASCII_MINUS[byte]
    return digit, minus, digit <= 9


def _ascii_tables() -> tuple[npt.NDArray[np.uint8], Mask]:
    """Overpunched digits as they look after translation to ASCII: {A-I, }J-R, p-y."""
    digits, minus = np.full(256, 255, np.uint8), np.zeros(256, np.bool_)
    for letters in ("0123456789", "{ABCDEFGHI", "}JKLMNOPQR", "pqrstuvwxy"):
        for digit, letter in enumerate(letters):
            digits[ord(letter)], minus[ord(letter)] = digit, letters[0] in "}p"
    return digits, minus


_ASCII_DIGITS, _ASCII_MINUS = _ascii_tables()


# --- packed ---
def _packed(block: Block, storage: Storage) -> Decoded:
    """Two digits a byte; the last half byte is the sign, except in COMP-6."""
    nibbles = np.empty((len(block), 2 * block.shape[1]), np.uint8)
    nibbles[:, 0::2], nibbles[:, 1::2] = block >> 4, block & 0x0F
    if storage.form is Form.UNSIGNED_PACKED:
        digits, negative, valid = nibbles, np.zeros(len(block), np.bool_), np.ones(len(block), np.bool_)
    else:
        digits, sign = nibbles[:, :-1], nibbles[:, -1]
        negative, valid = np.isin(sign, _NEGATIVE_NIBBLES), sign >= 0xA
    valid = valid & np.all(digits <= 9, axis=1)
    texts = _texts(digits, negative & valid, storage.scale, valid, keep_zeros=False)
    blank = np.all((block == 0) | (block == 0x40) | (block == 0x20), axis=1) & ~valid
    return _with_hexadecimal(texts, block, ~valid & ~blank), ~valid & ~blank


# --- binary ---
def _binary(block: Block, storage: Storage, *, big: bool) -> Decoded:
    """Whole numbers of two's complement; unsigned ones whose first bit is set are none, unless native."""
    bytes_ = np.ascontiguousarray(block if big else block[:, ::-1])
    first = bytes_[:, 0] >= 0x80
    invalid = np.zeros(len(block), np.bool_) if storage.signed or storage.native else first
    if bytes_.shape[1] in (2, 4, 8) and (storage.signed or not (first & ~invalid).any()):
        values = pa.array(bytes_.view(f">i{bytes_.shape[1]}").ravel().astype(np.int64))
    else:
        values = pa.array([row.tobytes() for row in bytes_], pa.binary())
    texts = _by_distinct(values, lambda value: _shifted(value, storage))
    return _with_hexadecimal(texts, block, invalid), invalid


def _shifted(value: int | bytes, storage: Storage) -> str:
    """A whole number with its decimal point.

    >>> _shifted(-3050, Storage(Form.BINARY, 2, 4, 2, signed=True))
    '-30.50'
    """
    number = int.from_bytes(value, "big", signed=storage.signed) if isinstance(value, bytes) else value
    if storage.scale <= 0:
        return str(number * 10 ** -storage.scale)
    text = str(abs(number)).rjust(storage.scale + 1, "0")
    return f"{'-' if number < 0 else ''}{text[:-storage.scale]}.{text[-storage.scale:]}"


# --- floating point ---
def _floats(block: Block, *, big: bool, ieee: bool) -> pa.Array:
    """The shortest decimal that is the same number of its width."""
    bytes_ = np.ascontiguousarray(block if big else block[:, ::-1])
    if ieee:
        values = bytes_.view(f">f{bytes_.shape[1]}").ravel()
        single = bytes_.shape[1] == 4
        return pa.array([plain_number(str(v) if single else repr(float(v))) if np.isfinite(v) else str(v)
                         for v in values], pa.string())
    return pa.array([_hexadecimal_float(row.tobytes()) for row in bytes_], pa.string())


def _hexadecimal_float(stored: bytes) -> str:
    """A number of IBM's hexadecimal floating point: base 16, exponent above 64, a fraction below 1."""
    sign, exponent = stored[0] >> 7, (stored[0] & 0x7F) - 64
    fraction = int.from_bytes(stored[1:], "big")
    value = Decimal(fraction) * Decimal(16) ** (exponent - 2 * len(stored) + 2)
    rounded = +value if len(stored) > 4 else Decimal(f"{value:.7g}")
    return ("-" if sign and value else "") + plain_number(repr(float(rounded)))


def _by_distinct(values: pa.Array, text: Callable[[Any], str]) -> pa.Array:
    encoded = values.dictionary_encode()
    return pa.array([text(value.as_py()) for value in encoded.dictionary], pa.string()).take(encoded.indices)


def edited_text(shown: str, storage: Storage) -> str:
    """An edited number with its sign in front and its point in place.

    >>> edited_text("30503932-", Storage(Form.EDITED, 9, scale=2))
    '-305039.32'
    """
    text = shown.strip()
    negative = "-" in text or text.endswith(("CR", "DB"))
    text = text.strip("+-").removesuffix("CR").removesuffix("DB").strip()
    if storage.signed and text and text[-1] in "{ABCDEFGHI}JKLMNOPQR":
        digit = int(_ASCII_DIGITS[ord(text[-1])])
        negative = negative or bool(_ASCII_MINUS[ord(text[-1])])
        text = f"{text[:-1]}{digit}"
    if storage.scale and "." not in text and text.isdigit():
        text = text.rjust(storage.scale + 1, "0")
        text = f"{text[:-storage.scale]}.{text[-storage.scale:]}"
    return f"-{text}" if negative and text else text
