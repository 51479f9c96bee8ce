"""Compound files (OLE2), the container of workbooks of before 2007 and of encrypted ones.

Only what reading needs: the directory and its streams. Source: [MS-CFB], Compound File Binary File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crm_unify.errors import GuardStopped

MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_LAST_SECTOR: Final = 0xFFFFFFFA
"""Larger numbers mean something else than a sector."""
_ENTRY: Final = 128
"""Bytes of an entry of the directory."""
_ROOT: Final = 5
_STREAM: Final = 2


class CompoundFile:
    """A compound file in memory; a workbook in one holds at most a few hundred megabytes."""

    def __init__(self, path: Path) -> None:
        """Read the directory; raises GuardStopped where the file contradicts itself."""
        self._path, self._bytes = path, path.read_bytes()
        self._streams: dict[str, tuple[int, int]] = {}
        self._small: tuple[int, int] = (0, 0)
        try:
            self._shift, self._small_shift = struct.unpack_from("<HH", self._bytes, 30)
            first = struct.unpack_from("<II4xIII", self._bytes, 44)
            _, directory, self._cutoff, small_table, _ = first
            self._table = self._allocation_table()
            self._small_table = _numbers(self._joined(small_table))
            self._read_directory(self._joined(directory))
        except (struct.error, IndexError) as error:
            raise self._damaged(str(error)) from None

    @property
    def names(self) -> list[str]:
        """Names of the streams."""
        return list(self._streams)

    def stream(self, name: str) -> bytes:
        """The bytes of a stream; raises GuardStopped when the file does not hold all of them."""
        start, size = self._streams[name]
        if size >= self._cutoff:
            found = self._joined(start)[:size]
        else:
            small = self._joined(self._small[0])
            pieces = self._chain(start, self._small_table)
            width = 1 << self._small_shift
            found = b"".join(small[n * width:(n + 1) * width] for n in pieces)[:size]
        if len(found) < size:
            raise self._damaged(f"{len(found):,} of {size:,} bytes of its data are there")
        return found

    def _allocation_table(self) -> list[int]:
        """Sector -> the one that follows it in its stream."""
        listed = list(struct.unpack_from("<109I", self._bytes, 76))
        following, = struct.unpack_from("<I", self._bytes, 68)
        seen: set[int] = set()
        while following < _LAST_SECTOR and following not in seen:
            seen.add(following)
            more = _numbers(self._sector(following))
            listed += more[:-1]
            following = more[-1]
        return _numbers(b"".join(self._sector(n) for n in listed if n < _LAST_SECTOR))

    def _read_directory(self, entries: bytes) -> None:
        for at in range(0, len(entries) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", entries, at + 64)
            start, size = struct.unpack_from("<II", entries, at + 116)
            if kind == _ROOT:
                self._small = (start, size)
            elif kind == _STREAM:
                name = entries[at:at + max(length - 2, 0)].decode("utf-16-le", "replace")
                self._streams[name] = (start, size)

    def _joined(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start, self._table)))

    def _chain(self, start: int, table: list[int]) -> Iterator[int]:
        """The sectors of a stream; one that leads back into itself ends the file."""
        steps = 0
        while start < _LAST_SECTOR:
            yield start
            start, steps = table[start] if start < len(table) else _LAST_SECTOR, steps + 1
            if steps > len(table):
                raise self._damaged("its sectors lead in a circle")

    def _sector(self, number: int) -> bytes:
        at = (number + 1) << self._shift
        return self._bytes[at:at + (1 << self._shift)]

    def _damaged(self, why: str) -> GuardStopped:
        return damaged_workbook(self._path, why)


def damaged_workbook(path: Path, why: str) -> GuardStopped:
    """The guard for a workbook that breaks off or contradicts itself."""
    return GuardStopped("the workbook is damaged or was cut off", str(path), why=why,
                        remedy="open it in a spreadsheet program and save it, or ask for the delivery again")


def stream_names(path: Path, head: bytes) -> list[str]:
    """Names of the streams of a file; none when it is no compound file or too damaged to tell."""
    if not head.startswith(MAGIC):
        return []
    try:
        return CompoundFile(path).names
    except GuardStopped:
        return ["?"]


def _numbers(sectors: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(sectors) // 4}I", sectors[:len(sectors) // 4 * 4]))
