"""Notes with mark-up as the text a person reads: HTML as mail and web forms have it, RTF as old desks do.

Text without mark-up stays as it is, so a column in which both stand needs one transform. Headings,
paragraphs, list items and table rows begin a line; pictures and styles go.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final

import pyarrow as pa

from crm_unify.normalise.columns import Column, Strings
from crm_unify.normalise.interface import Normalised, distinct
from crm_unify.normalise.problems import MARKUP_UNREADABLE

_TAG: Final = re.compile(
    r"<(?:[a-z][\w:-]*(?:\s[^<>]*)?/?|/[a-z][\w:-]*\s*|!doctype[^>]*|!\[[^>]*)>", re.IGNORECASE
)
_ENTITY: Final = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
"""One that is closed: of plain text an open one (R&D, ?a=1&copy=2) is part of what was written"""
_COMMENT: Final = re.compile(r"<!--(?:>|.*?-->)", re.DOTALL)
_RTF: Final = re.compile(r"\s*\{\\rtf")
_LINES: Final = frozenset(
    {"address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "footer"}
    | {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"}
    | {"section", "table", "tbody", "tfoot", "thead", "title", "tr", "ul"}
)
"""Elements that begin and end a line."""
_APART: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table", "ul", "ol", "blockquote"})
"""Elements with an empty line around them."""
_UNSEEN: Final = frozenset({"head", "script", "style", "template"})
"""Elements whose text nobody reads."""
_CELLS: Final = frozenset({"td", "th"})
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BLANKS: Final = re.compile(r"[^\S\n\xa0]+")


def html_to_text(column: Column) -> Normalised:
    r"""HTML as the text a browser would show; text without tags keeps its line breaks.

    `html_to_text`: `<p>Dear <b>Anna</b>,<br>thank you</p>` becomes `Dear Anna,\nthank you`
    """
    return distinct(column, lambda values: _each(values, _html_text))


def rtf_to_text(column: Column) -> Normalised:
    r"""Rich text as the text a word processor would show; anything else stays.

    `rtf_to_text`: `{\rtf1 Dear {\b Anna}\par}` becomes `Dear Anna`
    """
    return distinct(column, lambda values: _each(values, _rtf_text))


def _each(values: Strings, reads: Callable[[str], str]) -> Normalised:
    """What one function reads in each text; a text it cannot read is a problem, not the end."""
    texts: list[str | None] = []
    problems: list[str | None] = []
    for value in values.to_pylist():
        try:
            texts.append(reads(value) or None)
            problems.append(None)
        except (LookupError, ValueError, OverflowError):
            texts.append(None)
            problems.append(MARKUP_UNREADABLE)
    return Normalised(pa.array(texts, pa.string()), pa.array(problems, pa.string()))


def _html_text(text: str) -> str:
    seen = _without_comments(text)
    if seen == text and _TAG.search(text) is None:
        return _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    page = _Page()
    page.feed(seen.replace("<!--", "&lt;!--"))  # one that is never closed is text
    page.close()
    return page.text()


def _without_comments(text: str) -> str:
    """The text less its comments, in one pass: the parser looks for each one's end through all the rest."""
    last = text.rfind("-->")
    return text if last < 0 else _COMMENT.sub("", text[: last + 3]) + text[last + 3 :]


class _Page(HTMLParser):
    """The text of a page, line by line."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._breaks = 0  # line breaks to be made before the next text
        self._unseen = 0
        self._verbatim = 0
        self._links: list[tuple[str, int]] = []

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Pass over `<![if !mso]>` and the like up to the next `>`, as browsers do; the base class fails."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        self._unseen += tag in _UNSEEN
        self._verbatim += tag == "pre"
        self._boundary(tag)
        if tag == "li":
            self._say("- ")
        if tag == "img" and (instead := dict(attrs).get("alt")):
            self._say(instead)
        if tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._pieces)))
        if "@" in tag or tag.startswith("http"):  # an address between angle brackets is no tag
            self._say(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._verbatim = max(0, self._verbatim - (tag == "pre"))
        self._boundary(tag)
        if tag in _CELLS and self._breaks == 0:
            self._pieces.append(" ")
        if tag == "a" and self._links:
            address, start = self._links.pop()
            if address.startswith("http") and address not in "".join(self._pieces[start:]):
                self._say(f" ({address})")

    def handle_data(self, data: str) -> None:
        """Take text, its line breaks as blanks where they are not set."""
        text = data if self._verbatim else re.sub(r"[ \t\r\n\f]+", " ", data)
        if text.strip(" ") or self._breaks == 0:
            self._say(text)

    def text(self) -> str:
        """What was read, with at most one empty line between two lines."""
        return _tidy("".join(self._pieces))

    def _boundary(self, tag: str) -> None:
        if tag == "br":
            self._breaks += 1
        elif tag in _LINES:
            self._breaks = max(self._breaks, 2 if tag in _APART else 1)

    def _say(self, text: str) -> None:
        if self._unseen == 0:
            self._pieces += ["\n" * self._breaks, text]
            self._breaks = 0


def _rtf_text(text: str) -> str:
    if _RTF.match(text) is None:
        return text
    from striprtf.striprtf import rtf_to_text as stripped

    found: str = stripped(text.lstrip(), errors="replace")  # type: ignore[no-untyped-call]  # has no types
    return _tidy(found.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _tidy(text: str) -> str:
    """Lines without controls and blanks around them, and at most one empty one between two."""
    text = _CONTROLS.sub("", text)
    lines = [_BLANKS.sub(" ", line).replace("\xa0", " ").strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
