"""Files packed with gzip, read as if they were not; what is packed shows in the bytes, not in the name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

GZIP: Final = b"\x1f\x8b"
"""First bytes of a file packed with gzip (RFC 1952, 2.3.1)."""
SAMPLE: Final = 64 << 10
"""Bytes by which a format is told."""
UNPACKING_ERRORS: Final = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading raises when a packed file was cut off or damaged."""


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where it is packed with gzip; memory does not follow its size."""
    file = path.open("rb")
    packed = file.read(2) == GZIP
    file.seek(0)
    if not packed:
        return file
    file.close()
    return cast("IO[bytes]", gzip.open(path, "rb"))


def chunks_of(path: Path, size: int, *, skip: int = 0) -> Iterator[bytes]:
    """The bytes of a file behind the first `skip`, in pieces of about `size`.

    Of a packed file that was cut off all that can be unpacked comes first; then one of UNPACKING_ERRORS.
    """
    with open_bytes(path) as file:
        if not isinstance(file, gzip.GzipFile):
            file.seek(skip)
            while chunk := file.read(size):
                yield chunk
            return
        pending = bytearray()
        try:
            while part := file.read1(size):
                pending += part
                if len(pending) - skip >= size:
                    yield bytes(pending[skip:])
                    skip = 0
                    pending.clear()
        except UNPACKING_ERRORS:
            yield bytes(pending[skip:])
            raise
        yield bytes(pending[skip:])


def beginning(path: Path, size: int = SAMPLE) -> bytes:
    """The first bytes of a file, unpacked; fewer where they are damaged, none where nothing can be read."""
    sample = bytearray()
    try:
        for chunk in chunks_of(path, size):
            sample += chunk
            if len(sample) >= size:
                break
    except UNPACKING_ERRORS:
        pass  # what could be unpacked is the sample; reading the file in full tells what is wrong
    return bytes(sample[:size])
