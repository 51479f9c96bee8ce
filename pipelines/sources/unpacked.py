"""A file inside an archive, unpacked when it is first read and removed with its reader."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from pipelines.sources.archive import unpack
from pipelines.sources.interface import Column, Given, Reader
from pipelines.sources.places import Place


class UnpackedReader:
    """The reader of a member of an archive."""

    def __init__(self, place: Place, opened: Callable[[Given], Reader]) -> None:
        """`opened` makes the reader of the unpacked file."""
        self._place, self._opened = place, opened
        self._reader: Reader | None = None

    def header(self) -> tuple[Column, ...]:
        """The columns of the member."""
        return self._inner().header()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows of the member."""
        yield from self._inner().batches()

    def files(self) -> tuple[Path, ...]:
        """The archive: its bytes decide what is read."""
        return (self._place.path,)

    def notes(self) -> tuple[str, ...]:
        """What the reader of the member says."""
        return self._inner().notes()

    def _inner(self) -> Reader:
        if self._reader is None:
            folder = tempfile.mkdtemp(prefix="crm-unify-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            path = unpack(self._place.path, self._place.member or "", Path(folder))
            self._reader = self._opened(Given(path, self._place.name))
        return self._reader
