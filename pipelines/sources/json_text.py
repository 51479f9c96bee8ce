"""JSON text value by value, without holding more than one value of a list in memory.

Numbers stay the text they are (`1.10` is not 1.1), `true` and `false` are those words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from pipelines.sources.flat import Members

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_MAX_VALUE: Final = 256 << 20
"""Characters of one value; a larger one is not looked for the end of."""


class JsonBroken(Exception):
    """The text is no JSON from here on."""

    def __init__(self, line: int, rest: str, why: str) -> None:
        """`line` counts from 1; `rest` is what is left in memory."""
        super().__init__(why)
        self.line, self.rest = line, rest


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=str)


class JsonText:
    """A position in a text that comes in chunks."""

    def __init__(self, chunks: Iterator[str]) -> None:
        """Start at the beginning."""
        self._chunks = chunks
        self._text, self._at = "", 0
        self._decode = _decoder().raw_decode
        self.line = 1
        """Physical line of the position."""

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            end = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches anywhere
            self._move(end)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, expected: str) -> bool:
        """Step over a character if it comes next."""
        if self.peek() != expected:
            return False
        self._move(self._at + 1)
        return True

    def value(self) -> Any:
        """The next value: Members, list, text, "true", "false" or None; raises JsonBroken."""
        self.peek()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
                if end < len(self._text) or not self._more():  # a number may go on in the next chunk
                    self._move(end)
                    return _texts(value)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > _MAX_VALUE or not self._more():
                    raise self.broken(error.msg) from None
            except RecursionError:
                raise self.broken("values inside values without end") from None

    def broken(self, why: str) -> JsonBroken:
        """What to raise when something else was expected here."""
        return JsonBroken(self.line, self._text[self._at:], why)

    def skip_line(self) -> str:
        """Step over the rest of the physical line; its text."""
        while (end := self._text.find("\n", self._at)) < 0 and self._more():
            pass
        start = self._at
        text = self._text
        self._move(len(self._text) if end < 0 else end + 1)
        return text[start:self._at].rstrip("\r\n")

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        """Read on; what lies behind the position is forgotten."""
        chunk = next(self._chunks, "")
        self._text, self._at = self._text[self._at:] + chunk, 0
        return chunk != ""


def _texts(value: Any) -> Any:
    """A decoded value with truth values as their words."""
    if isinstance(value, Members):
        return Members((key, _texts(inner)) for key, inner in value)
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
