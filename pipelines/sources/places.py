"""Which files a source means: a path, a file of a folder, a pattern, or members of an archive."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from crm_unify.errors import ConfigurationError, SourceMissing, nearest_name
from crm_unify.rules.model import Source
from pipelines.sources.archive import is_archive, member_names

_PATTERN: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Place:
    """One file of a source."""

    path: Path
    """The file, or the archive that holds it."""
    name: str
    """What origins call it, relative to the source's folder."""
    member: str | None = None
    """Name inside the archive."""


def places_of(source: Source, path: Path, root: Path) -> list[Place]:
    """The files of a source, by name; at least one.

    `path` is the project's: a file, an archive, a folder, or a pattern. In a folder or archive the rule file
    names the `file`, which may be a pattern too (`*` stays inside a folder, `**/` goes below it), and may
    lead into an archive as if that were a folder (`2024.zip/people.csv`).
    """
    place = root / path
    if place.is_file():
        return _of_file(source, place)
    if not place.is_dir() and _is_pattern(str(path)):
        return _of_pattern(root, path.as_posix(), str(place))
    if source.file is None:
        if not place.is_dir():
            raise _no_file(place)
        what = f"source '{source.system}' is a folder, and the rule file names no file"
        raise ConfigurationError(what, place, remedy="name the `file` under `source` in the rule file")
    if _is_pattern(source.file) and not (place / source.file).is_file():
        return _of_pattern(place, source.file, str(place / source.file))
    return [_in_folder(place, source.file)]


def _of_file(source: Source, place: Path) -> list[Place]:
    """A file, or the members of an archive that are meant."""
    if not is_archive(place):
        return [Place(place, place.name)]
    names = member_names(place)
    wanted = source.file
    if wanted is None and len(names) != 1:
        raise ConfigurationError("the archive holds several files, and the rule file names none", place,
                                 why=f"there are: {', '.join(names) or 'none'}",
                                 remedy="name the `file` under `source` in the rule file")
    if wanted is not None:
        wanted = wanted.removeprefix(f"{place.name}/")
        names = [name for name in names if _fits(name, wanted)] or [wanted]
    return [Place(place, f"{place.name}/{name}", name) for name in names]


def _in_folder(folder: Path, name: str) -> Place:
    """A file of a folder, or a member of an archive in it."""
    path = folder / name
    if path.is_file():
        return Place(path, name)
    parts = PurePosixPath(name).parts
    for count in range(1, len(parts)):
        archive = folder.joinpath(*parts[:count])
        if archive.is_file() and is_archive(archive):
            return Place(archive, name, str(PurePosixPath(*parts[count:])))
    raise _no_file(path)


def _of_pattern(folder: Path, pattern: str, shown: str) -> list[Place]:
    """All files that fit a pattern, members of archives included."""
    found = sorted(_fitting(folder, pattern), key=lambda place: place.name)
    if not found:
        raise SourceMissing("no file fits the pattern", shown,
                            remedy="deliver the files, or correct the pattern")
    return found


def _fitting(folder: Path, pattern: str) -> Iterator[Place]:
    for path in folder.glob(pattern):
        if path.is_file():
            yield Place(path, path.relative_to(folder).as_posix())
    parts = PurePosixPath(pattern).parts
    for count in range(1, len(parts)):
        for path in folder.glob(str(PurePosixPath(*parts[:count]))):
            if path.is_file() and is_archive(path):
                name, inside = path.relative_to(folder).as_posix(), str(PurePosixPath(*parts[count:]))
                fitting = (member for member in member_names(path) if _fits(member, inside))
                yield from (Place(path, f"{name}/{member}", member) for member in fitting)


def _fits(name: str, pattern: str) -> bool:
    """Whether a member's name fits a pattern, folder by folder."""
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(name, pattern[3:]) or fnmatch.fnmatchcase(name, f"*/{pattern[3:]}")
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _is_pattern(text: str) -> bool:
    return not _PATTERN.isdisjoint(text)


def _no_file(path: Path) -> SourceMissing:
    """The guard for a file that was not delivered; never taken for a delete."""
    there = sorted(file.name for file in path.parent.iterdir()) if path.parent.is_dir() else []
    nearest = nearest_name(path.name, there)
    return SourceMissing("the source file is not there", str(path),
                         why=f"nearest name in that folder: '{nearest}'" if nearest else "",
                         remedy="deliver the file, or correct the path in the project file or rule file")
