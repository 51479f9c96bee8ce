"""What a project keeps beside its database: the workspace, plans, reports, exports, workbooks and logs.

The workspace is a cache and goes as a whole. Of the other files in the project's folder those that this
program made go when they tell of the person; a log loses its lines. Files of other makers (the sources above
all) are never touched, nor is signed evidence: the certificate names those that still tell of the person.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.erasure.made import EVIDENCE, OTHER, is_our_print, kind_of
from pipelines.erasure.person import Person
from pipelines.workspace import NAME

ENCODINGS: Final = ("utf-8", "cp1252", "utf-16-le")
GONE_LINE: Final = "[a line about an erased person]\n"
BLOCK: Final = 8 << 20
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file that tells of a person, or the workspace."""

    path: Path
    what: str
    """``workspace``, ``evidence pack``, or as :func:`pipelines.erasure.made.kind_of` says."""

    @property
    def goes(self) -> bool:
        """Whether it is removed or emptied."""
        return self.what not in (OTHER, EVIDENCE)


def found_in(root: Path, who: Person, *, leave: Iterable[Path]) -> Iterator[Found]:
    """What tells of a person in the folder of a project; files in `leave` (the database) are left out."""
    workspace, known = root / NAME, {path.resolve() for path in leave}
    if workspace.exists():
        yield Found(workspace, "workspace")
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if hidden or path.resolve() in known:  # the workspace goes as a whole; hidden folders are tools' own
            continue
        if tells(path, who):
            yield Found(path, kind_of(path))


def removed(found: Sequence[Found], who: Person) -> None:
    """Remove what goes; of a log only the lines that tell of the person."""
    for one in found:
        if one.what == "workspace":
            shutil.rmtree(one.path)
        elif one.what == "log":
            _without_lines(one.path, who)
        elif one.goes:
            one.path.unlink()


def tells(path: Path, who: Person) -> bool:
    """Whether one of the person's texts stands in a file, packed files included."""
    needles = [bytes_ for spelt in who.spellings for bytes_ in _encoded(spelt)]
    if zipfile.is_zipfile(path):
        return _packed_holds(path, needles)
    if path.suffix == ".pdf" and is_our_print(path):
        return True  # its text is packed page by page: it is taken to tell of everybody, and printed anew
    if path.suffix == ".parquet":
        return _columns_hold(path, who)
    longest = max(map(len, needles), default=0)
    with path.open("rb") as file:
        tail = b""
        while block := file.read(BLOCK):
            if _holds(tail + block, needles):
                return True
            tail = block[-longest:]
    return False


def _encoded(text: str) -> Iterator[bytes]:
    """A text as files may hold it."""
    for encoding in ENCODINGS:
        try:
            yield text.encode(encoding)
        except UnicodeEncodeError:  # then no file in this encoding holds it
            continue


def _packed_holds(path: Path, needles: Sequence[bytes]) -> bool:
    """Whether a member of an archive holds a text; one that cannot be unpacked is taken to do so."""
    try:
        with zipfile.ZipFile(path) as packed:
            return any(_holds(packed.read(name), needles) for name in packed.namelist())
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return True


def _holds(text: bytes, needles: Iterable[bytes]) -> bool:
    return any(needle in text for needle in needles)


def _columns_hold(path: Path, who: Person) -> bool:
    """Whether a cell of a Parquet file, whose pages are compressed, tells of the person."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    texts = [field.name for field in table.schema if str(field.type) == "string"]
    return any(who.is_in(json.dumps(table[name].to_pylist(), ensure_ascii=False)) for name in texts)


def _without_lines(path: Path, who: Person) -> None:
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        kept = [GONE_LINE if who.is_in(line) else line for line in file]
    path.write_text("".join(kept), encoding="utf-8", errors="surrogateescape")
