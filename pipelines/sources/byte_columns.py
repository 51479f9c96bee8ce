"""Columns of fixed width as whole arrays: padding cut off, text decoded, without a loop over rows."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.csv_text import MARK_ERRORS, is_text, shown

Block = npt.NDArray[np.uint8]
"""Bytes of one column, a row each."""
Mask = npt.NDArray[np.bool_]

_PADS: Final = np.zeros(256, np.bool_)
_PADS[[0x00, 0x20]] = True
_EBCDIC_PADS: Final = np.zeros(256, np.bool_)
_EBCDIC_PADS[[0x00, 0x40]] = True


_LIKE_ASCII: Final = frozenset({"ascii", "utf-8", "latin-1", "cp1252", "cp850", "cp437", "cp1250", "cp1251"})
"""Encodings in which bytes below 128 are ASCII, as far as that is worth knowing."""


def trimmed(block: Block, *, left: bool = False, ebcdic: bool = False) -> pa.Array:
    """The bytes of each row without blanks and NULs at the end (and at the start); null where all are."""
    if not block.shape[1]:
        return pa.nulls(len(block), pa.binary())
    pads = _EBCDIC_PADS if ebcdic else _PADS
    filled = ~pads[block]
    some: Mask = np.any(filled, axis=1)
    width = block.shape[1]
    ends = np.where(some, width - np.argmax(filled[:, ::-1], axis=1), 0)
    starts = np.where(some & left, np.argmax(filled, axis=1), 0)
    return cut(block, starts, ends, some)


def cut(
    block: Block, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], valid: Mask
) -> pa.Array:
    """Bytes from `starts` to `ends` of each row as a binary array; null where not valid."""
    places = np.arange(block.shape[1])
    inside = (places >= starts[:, None]) & (places < ends[:, None]) & valid[:, None]
    offsets = np.zeros(len(block) + 1, np.int32)
    np.cumsum(np.where(valid, ends - starts, 0), out=offsets[1:])
    bits = pa.array(valid).buffers()[1]
    data = pa.py_buffer(np.ascontiguousarray(block[inside]))
    return pa.Array.from_buffers(pa.binary(), len(block), [bits, pa.py_buffer(offsets), data])


def decoded(values: pa.Array, encoding: str) -> tuple[pa.Array, Mask | None]:
    r"""Bytes as text of an encoding, each distinct value once; those it does not know as \xNN.

    The second value marks rows with such bytes, None when there are none.
    """
    if encoding in _LIKE_ASCII and _is_ascii(values):
        return values.cast(pa.string()), None
    if encoding == "utf-8":
        try:
            return values.cast(pa.string()), None
        except pa.ArrowInvalid:
            pass  # some value is not UTF-8: below each distinct one is looked at
    encoded = values.dictionary_encode()
    found = [value.as_py().decode(encoding, MARK_ERRORS) for value in encoded.dictionary]
    texts = pa.array([shown(text) for text in found], pa.string()).take(encoded.indices)
    fine = [is_text(text) for text in found]
    if all(fine):
        return texts, None
    bad = pc.invert(pa.array(fine).take(encoded.indices)).fill_null(False)
    return texts, bad.to_numpy(zero_copy_only=False)


def _is_ascii(values: pa.Array) -> bool:
    data = values.buffers()[2]
    return data is None or not (np.frombuffer(data, np.uint8) & 0x80).any()


def hexadecimal(block: Block) -> list[str]:
    r"""Each row as \x and hexadecimal digits."""
    return [f"\\x{row.tobytes().hex()}" for row in block]
