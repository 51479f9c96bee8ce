"""Zip archives of deliveries: their members as files, unpacked for as long as they are read.

An archive is never trusted: one that unpacks to far more than it holds or than it says, or that nests another
archive, is refused by name (CWE-409, decompression bombs).
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from crm_unify.errors import ConfigurationError, GuardStopped, SourceMissing, nearest_name
from pipelines.sources.interface import Given, counted

MAX_RATIO: Final = 200
"""Unpacked over packed size from which an archive counts as a bomb: tables pack to a tenth, nearly equal rows
to a fiftieth, deflate can do a thousandth."""
FREE_SIZE: Final = 100 << 20
"""Bytes; contents below it may be packed as tightly as they like."""
MAX_MEMBERS: Final = 10_000
ZIP_ERRORS: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError, OSError,
)
"""What reading a damaged archive raises: names that are no text, offsets that lie before its beginning."""
_CHUNK: Final = 1 << 20
_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE: Final = ("[Content_Types].xml", "mimetype", "_rels/.rels", "EncryptedPackage")
"""Members by which a workbook is told from an archive of files."""
_ENCRYPTED: Final = 1
"""Bit of a member's flags."""


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive of files; a workbook, which is an archive inside, is none."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.startswith(_MAGIC):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not any(name in _OFFICE for name in archive.namelist())
    except ZIP_ERRORS:  # cut off: its first member tells
        return not any(name.encode() in start for name in _OFFICE)


def member_names(path: Path) -> list[str]:
    """Names of the files in an archive, sorted; raises GuardStopped when it is damaged or a bomb."""
    with _opened(path) as archive:
        return sorted(info.filename for info in _files_in(archive, path))


def each_member(given: Given) -> Iterator[Given]:
    """The files in an archive one by one, each unpacked only until the next is asked for."""
    for name in member_names(given.path):
        with tempfile.TemporaryDirectory(prefix="crm-unify-") as folder:
            yield Given(unpack(given.path, name, Path(folder)), f"{given.name}/{name}")


def unpack(path: Path, member: str, folder: Path) -> Path:
    """Unpack one member of an archive into a folder, and what belongs to it (memos); its path there."""
    with _opened(path) as archive:
        infos = {info.filename: info for info in _files_in(archive, path)}
        if member not in infos:
            raise _no_member(path, member, sorted(infos))
        stem = str(PurePosixPath(member).with_suffix("")).lower()
        for name, info in infos.items():
            if str(PurePosixPath(name).with_suffix("")).lower() == stem:
                _write(archive, info, folder / PurePosixPath(name).name, path)
    return folder / PurePosixPath(member).name


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, path: Path) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise ConfigurationError(f"'{info.filename}' in the archive is protected with a password", path,
                                 remedy="unpack it, and deliver the files in it")
    try:
        with archive.open(info) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, _CHUNK)  # zipfile stops at the size the archive declares
    except ZIP_ERRORS as error:
        raise _damaged(path, f"{info.filename}: {error}") from None


def check_ratio(archive: zipfile.ZipFile, path: Path) -> None:
    """Stop at an archive that unpacks to far more than it holds."""
    infos = archive.infolist()
    unpacked = sum(info.file_size for info in infos)
    packed = max(path.stat().st_size, 1)
    if len(infos) > MAX_MEMBERS or (unpacked > FREE_SIZE and unpacked > MAX_RATIO * packed):
        raise GuardStopped(
            "the archive looks like a bomb", str(path),
            why=f"{counted(len(infos), 'member')} of {unpacked:,} bytes in {packed:,} bytes",
            remedy="find out where it comes from; unpack it by hand if it is what it should be",
        )


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except ZIP_ERRORS as error:
        raise _damaged(path, str(error)) from None


def _files_in(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """Members that are files of a person: no folders, no leavings of an operating system."""
    check_ratio(archive, path)
    return [
        info for info in archive.infolist()
        if not info.is_dir() and not any(map(_is_leaving, PurePosixPath(info.filename).parts))
    ]


def _is_leaving(part: str) -> bool:
    """A hidden file or folder, or what macOS puts beside files."""
    return part == "__MACOSX" or (part.startswith(".") and part != "..")


def _damaged(path: Path, why: str) -> GuardStopped:
    return GuardStopped("the archive is damaged or was cut off", str(path), why=why,
                        remedy="ask for the delivery again")


def _no_member(path: Path, member: str, names: list[str]) -> SourceMissing:
    nearest = nearest_name(member, names)
    why = f"there are: {', '.join(names)}"
    return SourceMissing(f"no file '{member}' in the archive", str(path), why=why,
                         remedy=f"did you mean '{nearest}'?" if nearest else "correct `file` of the source")
