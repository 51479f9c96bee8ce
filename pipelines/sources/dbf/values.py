"""Values of a dBase table by whole columns: bytes of many records in, text out.

Numbers and texts are as they stand in the record, without the blanks around them; dates and times, which a
person never sees as they are stored, are ISO 8601; blank, `?` and null are null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.byte_columns import Block, trimmed
from pipelines.sources.xlsx_formats import plain_number

_DAY_MS: Final = 86_400_000
_JULIAN_1970: Final = 2_440_588
"""Julian day number of 1 January 1970."""
_YEAR_1: Final = 719_163
"""Days from 31 December of the year 0 to 1 January 1970."""
_DATE: Final = r"^(\d{4})(\d{2})(\d{2})$"
_MEMOS: Final = "MGPBW"


def is_memo(kind: str, width: int) -> bool:
    """Whether a column holds block numbers of a memo file: ten digits, or four bytes in Visual FoxPro."""
    return kind in _MEMOS and (width == 10 or (width == 4 and kind != "B"))


def blocks_of(block: Block) -> npt.NDArray[np.int64]:
    """Block numbers of a memo column; 0 where there is no memo, -1 where no number stands."""
    if block.shape[1] == 4:
        return np.ascontiguousarray(block).view("<u4").ravel().astype(np.int64)
    texts = trimmed(block, left=True)
    digits = pc.match_substring_regex(texts, "^[0-9]+$").fill_null(False)
    numbers = pc.if_else(digits, texts.cast(pa.string(), safe=False), pa.scalar("-1"))
    found: npt.NDArray[np.int64] = (
        pc.if_else(pc.is_null(texts), pa.scalar("0"), numbers).cast(pa.int64()).to_numpy()
    )
    return found


def date_text(texts: pa.Array) -> pa.Array:
    """YYYYMMDD as YYYY-MM-DD; what is no eight digits, or all zeros, stays as it is."""
    dashed = pc.replace_substring_regex(texts, _DATE, r"\1-\2-\3")
    return pc.if_else(pc.equal(dashed, "0000-00-00"), texts, dashed)


def number_texts(block: Block, kind: str, *, seven: bool) -> pa.Array:
    """Binary numbers and times as text."""
    bytes_ = np.ascontiguousarray(block)
    match kind:
        case "I" | "+":
            return _unflipped(bytes_, "u4").cast(pa.string()) if seven else _little(bytes_, "<i4")
        case "Y":
            return _by_distinct(pa.array(bytes_.view("<i8").ravel()), _money)
        case "B" | "O":
            stored = _flipped_doubles(bytes_) if kind == "O" else bytes_.view("<f8").ravel()
            return _by_distinct(pa.array(stored), lambda value: plain_number(repr(value)))
        case "@" if seven:
            stamps = bytes_.view(">f8").ravel().astype(np.float64)
            return _moments(_milliseconds(stamps), np.any(bytes_, axis=1))
        case _:  # T, and @ of FoxPro: a Julian day and milliseconds
            parts = bytes_.view("<i4").reshape(-1, 2).astype(np.int64)
            moments = (parts[:, 0] - _JULIAN_1970) * _DAY_MS + parts[:, 1]
            return _moments(moments, np.not_equal(parts[:, 0], 0))


def _little(bytes_: Block, kind: str) -> pa.Array:
    return pa.array(bytes_.view(kind).ravel()).cast(pa.string())


def _unflipped(bytes_: Block, kind: str) -> pa.Array:
    """Big-endian integers of dBase 7, whose first bit is turned so that bytes sort; all zeros are blank."""
    stored = bytes_.view(f">{kind}").ravel()
    values = (stored ^ np.uint32(0x80000000)).astype(np.uint32).view(np.int32)
    return pa.array(values, mask=stored == 0)


def _flipped_doubles(bytes_: Block) -> npt.NDArray[np.float64]:
    """Big-endian doubles of dBase 7: positive ones have their sign turned, negative ones all bits."""
    stored = bytes_.view(">u8").ravel().astype(np.uint64)
    top = np.uint64(1 << 63)
    positive = (stored & top) != 0
    return np.where(stored == 0, 0, np.where(positive, stored ^ top, ~stored)).view(np.float64)


def _milliseconds(stamps: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Milliseconds since the day before the year 1 as milliseconds since 1970."""
    return np.round(stamps).astype(np.int64) - _YEAR_1 * _DAY_MS


def _moments(stamps: npt.NDArray[np.int64], filled: npt.NDArray[np.bool_]) -> pa.Array:
    """ISO date and time; seconds are rounded as FoxPro shows them, milliseconds are noise of its clock."""
    seconds = np.where(filled, np.round(stamps / 1000), 0).astype("datetime64[s]")
    return pa.array(np.datetime_as_string(seconds, unit="s"), pa.string(), mask=~filled)


def _by_distinct(values: pa.Array, text: Callable[[Any], str]) -> pa.Array:
    """A function of one value, called once for each distinct value."""
    encoded = values.dictionary_encode()
    return pa.array([text(value.as_py()) for value in encoded.dictionary], pa.string()).take(encoded.indices)


def _money(value: int) -> str:
    """Ten-thousandths as a decimal, zeros at the end left out.

    >>> _money(180000), _money(1234500)
    ('18', '123.45')
    """
    text = f"{abs(value):05}"
    return ("-" if value < 0 else "") + f"{text[:-4]}.{text[-4:]}".rstrip("0").rstrip(".")
