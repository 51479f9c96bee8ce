"""A file and what answers make of it, and what keeps an answer from being taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Protocol

from crm_unify.errors import ConfigurationError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.book.workbook import digest, name_of
from crm_unify.steward.sheet_edits import Edit

Wrong = list[ConfigurationError]
"""What clashes, told together."""


class Whence(Protocol):
    """Where answers come from: a workbook that came back, or a page."""

    @property
    def file(self) -> Path:
        """What it is called in messages."""

    @property
    def about(self) -> Mapping[str, str]:
        """What was known when people were asked: `file NAME` is the digest of that file."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file and what it will be."""

    path: Path
    name: str
    """As messages name it."""
    before: bytes
    after: bytes

    def difference(self) -> str:
        """The change as `git diff` shows it."""
        old, new = (one.decode("utf-8-sig").splitlines(keepends=True) for one in (self.before, self.after))
        return "".join(unified_diff(old, new, self.name, self.name, n=1))


def clash(book: Whence, edit: Edit, what: str, remedy: str) -> ConfigurationError:
    """An answer that cannot be taken, by its cell."""
    return ConfigurationError(what, f"{book.file.name}, {edit.sheet} {edit.cell}", remedy=remedy)


def moved(project: LoadedProject, path: Path, book: Whence, edits: Sequence[Edit]) -> Wrong:
    """A file that is not the one that was exported, with the cells that cannot be taken for it."""
    name = name_of(path, project)
    if book.about.get(f"file {name}") == digest(path):
        return []
    cells = ", ".join(f"{edit.sheet} {edit.cell}" for edit in edits)
    what = f"the file has been changed since the workbook was exported (cells: {cells})"
    return [ConfigurationError(what, name, remedy="export again, and repeat the answers in the new workbook")]
