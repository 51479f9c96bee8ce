"""Copybooks: the text that describes COBOL records, as a tree of items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError, nearest_name
from pipelines.sources.cobol.picture import Storage, storage_of

_TOKEN: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\S+")
_SEQUENCE: Final = re.compile(r"[0-9 ]{6}")
_NOISE: Final = frozenset({"IS", "ARE", "TIMES", "USAGE", "CHARACTER", "RIGHT", "ON"})
_USAGES: Final = re.compile(r"(?:COMP(?:UTATIONAL)?(?:-[0-9X])?|BINARY|PACKED-DECIMAL|DISPLAY|INDEX|POINTER)")
_IGNORED: Final = frozenset(
    {"JUSTIFIED", "JUST", "GLOBAL", "EXTERNAL", "BLANK", "WHEN", "ZERO", "ZEROS", "ZEROES", "SIGN"}
)
_CLAUSES: Final = frozenset(
    {"PIC", "PICTURE", "VALUE", "REDEFINES", "OCCURS", "SIGN", "LEADING", "TRAILING", "DEPENDING"}
)
_NAMES_FOLLOW: Final = frozenset({"INDEXED", "ASCENDING", "DESCENDING", "KEY", "BY"})


@dataclass(slots=True)
class Item:
    """One item of a record: a group of others, or an elementary one."""

    level: int
    name: str
    """FILLER for one without a name."""
    storage: Storage | None = None
    """None for a group."""
    redefines: str | None = None
    times: int = 1
    """OCCURS; with DEPENDING ON the most elements there can be."""
    depending: str | None = None
    children: list[Item] = field(default_factory=list)

    @property
    def repeats(self) -> bool:
        """Whether it is a table."""
        return self.times > 1 or self.depending is not None


_NO_DATA: Final = (66, 88)
"""Levels that rename items and name their values."""


class _Clauses:
    """The words of one description, taken one after the other."""

    def __init__(self, words: list[str]) -> None:
        self._words, self._at = words, 0

    def next(self) -> str:
        """The next word that means something, in capitals; empty at the end."""
        while self._at < len(self._words):
            word = self._words[self._at]
            self._at += 1
            if word.upper() not in _NOISE:
                return word if word[0] in "'\"" else word.upper()
        return ""

    def peek(self) -> str:
        """The next word without taking it."""
        at = self._at
        word = self.next()
        self._at = at
        return word


def read_copybook(path: Path, record: str | None) -> Item:
    """The record a copybook describes; raises ConfigurationError with file and line."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise ConfigurationError("the copybook is not there", path,
                                 remedy="correct `copybook: {file: ...}` under `source`") from None
    roots = _tree(path, _statements(text))
    if not roots:
        raise ConfigurationError("the copybook describes no record", path, remedy="name another file")
    if record is None and len(roots) == 1:
        return roots[0]
    found = [root for root in roots if root.name == (record or "").upper()]
    if found:
        return found[0]
    names = [root.name for root in roots]
    what = f"no record '{record}'" if record else "the copybook describes several records"
    raise ConfigurationError(what, path, nearest=nearest_name(record or "", names),
                             why=f"there are: {', '.join(names)}",
                             remedy="name one under `copybook: {record: ...}`")


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and words of each description; it ends with a full stop."""
    words: list[str] = []
    first = 0
    for number, raw in enumerate(text.replace("\x1a", "").splitlines(), 1):  # DOS ends files with it
        for word in _TOKEN.findall(_code(raw)):
            first = first if words else number
            if word.endswith("."):
                bare = word[:-1]
                yield first, [*words, bare] if bare else words
                words = []
            else:
                words.append(word)
    if words:
        yield first, words


def _code(raw: str) -> str:
    """The part of a line that is COBOL: columns 8 to 72, comments left out."""
    line = raw.expandtabs(4).rstrip()
    if line.lstrip().startswith(("*", "/")) or (len(line) > 6 and line[6] in "*/" and _SEQUENCE.match(line)):
        return ""
    return line[6:72] if _SEQUENCE.match(line) else line


def _tree(path: Path, statements: Iterator[tuple[int, list[str]]]) -> list[Item]:
    """Items put into their groups by their levels."""
    roots: list[Item] = []
    stack: list[Item] = []
    for line, words in statements:
        if not words:
            continue
        if not words[0].isdigit():
            what = f"a level number was expected, not '{words[0]}'"
            raise ConfigurationError(what, path, line=line,
                                     remedy="correct the copybook; carry out COPY and REPLACE before")
        if int(words[0]) in _NO_DATA:
            continue
        try:
            item = _item(words)
        except ValueError as error:
            raise ConfigurationError(str(error), path, line=line, remedy="correct the copybook") from None
        while stack and (stack[-1].level >= item.level or item.level in (1, 77)):
            stack.pop()
        if not stack and (item.level in (1, 77) or not roots):
            roots.append(item if item.level in (1, 77) else Item(0, "RECORD", children=[item]))
            stack = [item] if item.level in (1, 77) else [roots[-1], item]
            continue
        parent = stack[-1] if stack else roots[-1]
        parent.children.append(item)
        stack.append(item)
    for root in roots:
        _check_leaves(root, path)
    return roots


def _check_leaves(item: Item, path: Path) -> None:
    if not item.children and item.storage is None:
        raise ConfigurationError(f"item '{item.name}' has neither a PICTURE nor items in it", path,
                                 remedy="correct the copybook")
    for child in item.children:
        _check_leaves(child, path)


def _item(words: list[str]) -> Item:
    """One description."""
    clauses = _Clauses(words[1:])
    name = clauses.next() if clauses.peek() not in ("", "PIC", "PICTURE", "REDEFINES", "OCCURS") else "FILLER"
    item = Item(int(words[0]), name)
    picture, usage, leading, separate = "", "DISPLAY", False, False
    while word := clauses.next():
        if word in ("PIC", "PICTURE"):
            picture = clauses.next()
        elif word == "REDEFINES":
            item.redefines = clauses.next()
        elif word == "OCCURS":
            _occurs(item, clauses)
        elif _USAGES.fullmatch(word):
            usage = word.replace("COMPUTATIONAL", "COMP")
        elif word in ("LEADING", "TRAILING"):
            leading = word == "LEADING"
        elif word == "SEPARATE":
            separate = True
        elif word in ("VALUE", "VALUES"):
            break  # always the last clause that matters
        elif word in ("SYNC", "SYNCHRONIZED"):
            raise ValueError(f"item '{name}' is SYNCHRONIZED: write the bytes it skips as FILLER")
        elif word in _NAMES_FOLLOW:
            _skip_names(clauses)
        elif word not in _IGNORED:
            raise ValueError(f"'{word}' is not understood in the description of '{name}'")
    if picture or usage in ("COMP-1", "COMP-2", "INDEX", "POINTER"):
        item.storage = storage_of(picture, usage, leading=leading, separate=separate)
    return item


def _occurs(item: Item, clauses: _Clauses) -> None:
    item.times = int(clauses.next())
    if clauses.peek() == "TO":
        clauses.next()
        item.times = int(clauses.next())
    if clauses.peek() == "DEPENDING":
        clauses.next()
        item.depending = clauses.next()


def _skip_names(clauses: _Clauses) -> None:
    """Names of indexes and keys say nothing about the bytes."""
    while (word := clauses.peek()) and not _is_clause(word):
        clauses.next()


def _is_clause(word: str) -> bool:
    return word in _CLAUSES or _USAGES.fullmatch(word) is not None
