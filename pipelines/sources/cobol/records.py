"""Records of a file one after the other: of one length, behind a length of their own, or lines.

A record descriptor word (RDW) is four bytes in front of a record: two with its length, these four included,
two of zeros (IBM z/OS, DFSMS Using Data Sets, "Variable-Length Record Formats"). Other systems write the
length elsewhere, which a rule file can describe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from crm_unify.rules.source_model import Copybook, RecordHeader
from pipelines.sources.byte_columns import Block
from pipelines.sources.packed import UNPACKING_ERRORS, chunks_of

_CHUNK: Final = 8 << 20
_ROWS: Final = 20_000
"""Records of a batch at most."""
_BLOCK: Final = 32 << 20
"""Bytes of a batch at most, records filled up to the longest."""
_SHOWN: Final = 2_000
"""Bytes kept of a part that cannot be read."""
RDW: Final = RecordHeader(length=4, size_at=0, counts_itself=True)
RDW_LITTLE: Final = RecordHeader(length=4, size_at=2, byte_order="little")


@dataclass(frozen=True, slots=True)
class Records:
    """Some records in the order of the file."""

    first: int
    """Number of the first, from 1."""
    block: Block
    """Their bytes, shorter ones filled up with zeros."""
    lengths: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rest:
    """Where the file ends in the middle of a record, or no record can be told any more."""

    number: int
    """Of the record that would be next."""
    raw: str
    """Its bytes in hexadecimal digits, as many as are worth keeping."""


@dataclass(slots=True)
class Passed:
    """Counts records that say of themselves that they do not count."""

    records: int = 0


def records_of(path: Path, copybook: Copybook, length: int, passed: Passed) -> Iterator[Records | Rest]:
    """The records of a file in batches, and what is left at its end."""
    header = copybook.record_header or {"rdw": RDW, "rdw_little": RDW_LITTLE}.get(copybook.format)
    if header is not None:
        yield from _with_header(path, header, passed)
    elif copybook.format == "lines":
        yield from _lines(path)
    else:
        yield from _fixed(path, length)


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file; a packed one that breaks off ends there, which shows in its last record."""
    try:
        yield from chunks_of(path, _CHUNK)
    except UNPACKING_ERRORS:
        yield b"\x00"  # a byte too many: the last record is cut off whatever its length


def _fixed(path: Path, length: int) -> Iterator[Records | Rest]:
    rest, first = b"", 1
    most = max(min(_ROWS, _BLOCK // length), 1)
    for chunk in _chunks(path):
        found = rest + chunk
        whole = len(found) // length
        everything = np.frombuffer(found[:whole * length], np.uint8).reshape(-1, length)
        for at in range(0, whole, most):
            block = everything[at:at + most]
            yield Records(first, block, np.full(len(block), length))
            first += len(block)
        rest = found[whole * length:]
    if rest:
        yield Rest(first, shown(rest))


def _lines(path: Path) -> Iterator[Records | Rest]:
    rest, first = b"", 1
    for chunk in _chunks(path):
        *lines, rest = (rest + chunk).split(b"\n")
        stripped = [line.removesuffix(b"\r") for line in lines]
        yield from _batches(b"".join(stripped), np.array([len(line) for line in stripped], np.int64), first)
        first += len(stripped)
    if rest.strip(b"\x1a\r"):
        yield from _batches(rest, np.array([len(rest)], np.int64), first)


def _with_header(path: Path, header: RecordHeader, passed: Passed) -> Iterator[Records | Rest]:
    rest, first = b"", 1
    for chunk in _chunks(path):
        found = rest + chunk
        starts, lengths, end, broken = _framed(found, header, passed)
        if len(starts):
            joined = b"".join(found[s:s + n] for s, n in zip(starts, lengths, strict=True))
            yield from _batches(joined, np.array(lengths, np.int64), first)
            first += len(starts)
        rest = found[end:]
        if broken:
            break
    if rest:
        yield Rest(first, shown(rest))


def _framed(found: bytes, header: RecordHeader, passed: Passed) -> tuple[list[int], list[int], int, bool]:
    """Starts and lengths of whole records, where they end, and whether a length is none."""
    starts: list[int] = []
    lengths: list[int] = []
    at, size, order = 0, header.length, header.byte_order
    first, last = header.size_at, header.size_at + header.size_bytes
    less = size if header.counts_itself else 0
    while at + size <= len(found):
        length = int.from_bytes(found[at + first:at + last], order) - less
        if length <= 0:
            return starts, lengths, at, True
        begin = at + size
        if begin + length > len(found):
            break
        if header.valid_at is None or found[at + header.valid_at] == 1:
            starts.append(begin)
            lengths.append(length)
        else:
            passed.records += 1
        at = begin + length
    return starts, lengths, at, False


def _batches(joined: bytes, lengths: npt.NDArray[np.int64], first: int) -> Iterator[Records]:
    """Records that lie behind each other as blocks, filled up to the longest of each."""
    ends = np.cumsum(lengths)
    buffer = np.frombuffer(joined, np.uint8)
    at = 0
    while at < len(lengths):
        most = max(min(_ROWS, _BLOCK // max(int(lengths[at:at + _ROWS].max(initial=1)), 1)), 1)
        some = lengths[at:at + most]
        width = max(int(some.max()), 1)
        places = np.arange(width)
        starts = ends[at:at + most] - some
        inside = places < some[:, None]
        block = np.zeros(inside.shape, np.uint8)
        block[inside] = buffer[int(starts[0]):int(starts[0] + some.sum())]
        yield Records(first + at, block, some)
        at += len(some)


def shown(rest: bytes) -> str:
    """Bytes in hexadecimal digits, and how many there are when that is not all of them."""
    more = "" if len(rest) <= _SHOWN else f" ... ({len(rest):,} bytes)"
    return f"\\x{rest[:_SHOWN].hex()}{more}"
