"""A page as its reader's machine sees it: elements, their attributes and texts, out of the HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

APART = frozenset({"small", "span", "title"})
"""Elements that the page's style sets apart from the text before them."""
VOID = frozenset({"meta", "br", "wbr", "link", "img", "input", "hr"})


@dataclass
class Element:
    """An element and what is in it, in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, blanks squeezed."""
        return " ".join("".join(self.texts()).split())

    def texts(self) -> Iterator[str]:
        """Every piece of text in it."""
        if self.tag in APART:
            yield " "
        for part in self.inside:
            yield from [part] if isinstance(part, str) else part.texts()

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        """Elements in it of this tag with these attributes (``class_`` for class, one of several)."""
        return [e for e in self.elements() if tag in (None, e.tag) and e._has(attributes)]

    def one(self, tag: str | None = None, **attributes: str) -> Element:
        """The only element of this tag with these attributes."""
        (found,) = self.all(tag, **attributes)
        return found

    def elements(self) -> Iterator[Element]:
        """Every element in it, in order."""
        for part in self.inside:
            if isinstance(part, Element):
                yield part
                yield from part.elements()

    def table(self) -> list[list[str]]:
        """Texts of the cells of a table's body and foot."""
        rows = [row for part in ("tbody", "tfoot") for body in self.all(part) for row in body.all("tr")]
        return [[cell.text for cell in row.inside if isinstance(cell, Element)] for row in rows]

    def _has(self, attributes: dict[str, str]) -> bool:
        return all(
            value in self.attributes.get(name.rstrip("_").replace("_", "-"), "").split()
            for name, value in attributes.items()
        )


class _Reader(HTMLParser):
    """Builds the tree; an element that closes another than the open one is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in VOID:
            self._open.append(element)
        elif tag == "br":
            element.inside.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read(html: str) -> Element:
    """The tree of a page; fails on one that is not well formed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader._open == [reader.root], "an element stays open"
    return reader.root


def lines(page: Element) -> str:
    """The visible text, one block a line, cells of a row beside each other; no hashes of the foot."""
    found: list[str] = []
    hashes = page.all("p", class_="hashes")
    for element in page.one("body").elements():
        if element.tag == "tr":
            found.append(" | ".join(c.text for c in element.inside if isinstance(c, Element)))
        elif element.tag in ("h1", "h2", "h3"):
            found += ["", f"{'#' * int(element.tag[1])} {element.text}"]
        elif element.tag in ("p", "li", "text") and element.text and element not in hashes:
            found.append(element.text)
    return "\n".join(found).lstrip() + "\n"
