"""Which encoding a text file without a byte order mark probably has: a proposal with its reason.

Strict UTF-8 over the whole file decides; nothing else does. Every detector tried took 8-bit code pages for
one another, so the proposal says how sure it is, and the rule file has the last word.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.sources.packed import UNPACKING_ERRORS, open_bytes

CODE_PAGES: Final = (
    "cp1252", "cp850", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp437", "cp852", "cp866", "koi8_r",
    "mac_roman",
)
"""Candidates, the most common in Western customer files first; ties go to the first."""
_SEPARATORS: Final = bytes.maketrans(b',;\t|"\r\n', b"       ")
_CHUNK: Final = 1 << 20
_SHOWN: Final = 3
_COMMON: Final = frozenset(
    "äöüÄÖÜßéèêëàâçîïôùûÉÈÇñÑáíóúÁÍÓÚåÅæÆøØãõ€£§°«»ºª©®"
    "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00b7\u00b4"  # typographic quotation marks, dashes, dots
)
_LATIN_END: Final = 0x250
"""First code point behind the Latin letters of Europe."""
_MARGIN: Final = 1.15
"""A rarer code page has to fit better than cp1252 by this factor."""
BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE,
                     codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_WIDE: Final = (("utf-32-le", 4, 0), ("utf-32-be", 4, 3), ("utf-16-le", 2, 0), ("utf-16-be", 2, 1))
"""Encodings of several bytes a character: bytes, and which of them carries Western text."""


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """What the bytes of a file say about its encoding."""

    encoding: str | None
    """To declare in the rule file; None when nothing has to be (UTF-8, or a byte order mark)."""
    note: str = ""
    """Why, with an example; empty when nothing was guessed."""


def guess_encoding(path: Path, *, most: int = 1 << 62) -> EncodingGuess:
    """What to declare for a text file; reads all of it, or about as many bytes as are asked for."""
    words: Counter[bytes] = Counter()
    utf8 = codecs.getincrementaldecoder("utf-8")("strict")
    valid = True
    with open_bytes(path) as file:
        try:
            head = file.read(4096)
        except UNPACKING_ERRORS:  # it breaks off in its first lines: its reader says so
            return EncodingGuess(None)
        if head.startswith(BOMS):
            return EncodingGuess(None)
        if (wide := _wide(head)) is not None:
            return EncodingGuess(wide, f"every other byte is a NUL and no byte order mark is there: {wide}")
        try:
            chunk = head
            while chunk and most > 0:
                most -= len(chunk)
                valid = valid and _still_valid(utf8, chunk)
                words.update(word for word in _words(chunk) if not word.isascii())
                chunk = file.read(_CHUNK)
        except UNPACKING_ERRORS:
            pass  # the part that can be read says enough
    if valid and (most <= 0 or not utf8.getstate()[0]):
        return EncodingGuess(None)
    return _code_page(words)


def guess_code_page(sample: bytes) -> EncodingGuess:
    """What to declare for bytes that have no other mark of their encoding; nothing when they are ASCII."""
    words = Counter(word for word in _words(sample) if not word.isascii())
    return _code_page(words) if words else EncodingGuess(None)


def _still_valid(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _words(chunk: bytes) -> list[bytes]:
    """Runs of bytes between blanks and separators."""
    return [] if chunk.isascii() else chunk.translate(_SEPARATORS).split(b" ")


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: Western text leaves the other bytes of each character NUL."""
    for name, size, place in _WIDE:
        used = head[: len(head) // size * size]
        others = [used[i::size].count(0) for i in range(size) if i != place]
        characters = len(used) // size
        western = used[place::size].count(0) < 0.2 * characters
        if characters > 1 and min(others) > 0.8 * characters and western:
            return name
    return None


def _code_page(words: Counter[bytes]) -> EncodingGuess:
    """The 8-bit code page under which the words with other than ASCII bytes look most like words."""
    common = [(word, count) for word, count in words.most_common(2000) if not _is_utf8(word)]
    if not common:
        return EncodingGuess(None)
    scores = {name: sum(_fitness(word, name) * count for word, count in common) for name in CODE_PAGES}
    best = max(CODE_PAGES, key=lambda name: scores[name])
    usual = CODE_PAGES[0]
    if scores[usual] > 0 and scores[best] < _MARGIN * scores[usual]:
        best = usual
    shown = ", ".join(f"'{word.decode(best, 'replace')}'" for word, _ in common[:_SHOWN])
    return EncodingGuess(best, f"the file is not UTF-8; {best} is a guess by its letters ({shown}): "
                               "look at a few of them before you rely on it")


def _is_utf8(word: bytes) -> bool:
    """A word that would be UTF-8 says nothing about the code page of the others (files get mixed)."""
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fitness(word: bytes, encoding: str) -> float:
    """How much a word looks like one under a code page.

    Western words are ASCII letters with an accent here and there; words of other alphabets hold none. A
    capital behind a small letter is odd in both.
    """
    try:
        text = word.decode(encoding)
    except UnicodeDecodeError:
        return -5.0
    return sum(
        _plausible(text[place - 1] if place else " ", letter, text[place + 1:place + 2] or " ")
        for place, letter in enumerate(text) if not letter.isascii()
    )


def _plausible(before: str, letter: str, behind: str) -> float:
    """How plausible a character is between its neighbours, about -2 to 2."""
    if not letter.isalpha():
        return 0.5 if letter in _COMMON else -1.0
    odd = -1.5 if before.islower() and letter.isupper() else 0.0
    if ord(letter) >= _LATIN_END:
        mixed = any(other.isalpha() and ord(other) < _LATIN_END for other in (before, behind))
        return odd + (-1.0 if mixed else 1.5)
    among_ascii = any(other.isascii() and other.isalpha() for other in (before, behind))
    return odd + ((2.0 if letter in _COMMON else 0.5) if among_ascii else -1.0)
