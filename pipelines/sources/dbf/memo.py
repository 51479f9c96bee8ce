"""Memo files of dBase tables: texts of any length, looked up by the number of their block.

dBase III ends a text with 1A; dBase IV and 7, and FoxPro, say how long it is in front of it.
"""

from __future__ import annotations

import mmap
import struct
from enum import Enum
from pathlib import Path
from typing import Final

from crm_unify.errors import SourceMissing

_SUFFIXES: Final = (".fpt", ".dbt", ".FPT", ".DBT")
_DBASE3_BLOCK: Final = 512
_DBASE4_MARK: Final = b"\xff\xff\x08\x00"


class MemoForm(Enum):
    """How a memo file is laid out."""

    DBASE3 = "dBase III"
    DBASE4 = "dBase IV"
    FOXPRO = "FoxPro"


def memo_path(table: Path, declared: str | None) -> Path | None:
    """The memo file of a table: the declared one beside it, or the one of its name; None: there is none."""
    if declared is not None:
        path = table.parent / declared
        if not path.is_file():
            raise SourceMissing("the memo file is not there", str(path),
                                remedy="correct `memo` under `source` in the rule file")
        return path
    wanted = {f"{table.stem}{suffix}".lower() for suffix in _SUFFIXES}
    found = sorted(path for path in table.parent.iterdir() if path.name.lower() in wanted)
    return found[0] if found else None


class MemoFile:
    """An open memo file."""

    def __init__(self, path: Path, version: int) -> None:
        """`version` is the first byte of the table."""
        self._file = path.open("rb")
        empty = path.stat().st_size == 0
        self._bytes: mmap.mmap | bytes = (
            b"" if empty else mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        )
        self._form, self._block = self._layout(path, version)

    def text(self, block: int) -> bytes | None:
        """The memo that begins at a block; None when the file does not hold all of it."""
        at = block * self._block
        if at >= len(self._bytes):
            return None
        match self._form:
            case MemoForm.FOXPRO:
                start, size = at + 8, self._number(">I", at + 4)
            case MemoForm.DBASE4 if self._bytes[at:at + 4] == _DBASE4_MARK:
                start, size = at + 8, self._number("<I", at + 4) - 8
            case _:
                end = self._bytes.find(b"\x1a", at)
                return self._bytes[at:end] if end >= 0 else self._bytes[at:].rstrip(b"\x00")
        found = self._bytes[start:start + max(size, 0)]
        return found if len(found) == size else None

    def close(self) -> None:
        """Close the file."""
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()
        self._file.close()

    def _layout(self, path: Path, version: int) -> tuple[MemoForm, int]:
        if path.suffix.lower() == ".fpt":
            return MemoForm.FOXPRO, self._number(">H", 6) or 1
        if version in (0x03, 0x83):
            return MemoForm.DBASE3, _DBASE3_BLOCK
        return MemoForm.DBASE4, self._number("<H", 20) or _DBASE3_BLOCK

    def _number(self, form: str, at: int) -> int:
        stored = self._bytes[at:at + struct.calcsize(form)]
        return int(struct.unpack(form, stored)[0]) if len(stored) == struct.calcsize(form) else 0
