"""Property lines of vCards: folded lines put together, parameters taken apart, values decoded.

Sources: vCard 2.1 (versit 1996), RFC 2426 (3.0), RFC 6350 (4.0). Files in the wild mix them.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pipelines.sources.csv_text import MARK_ERRORS

_NAME: Final = re.compile(rb'(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_/-]+)((?:;(?:[^:";]|"[^"]*")*+)*+):')
_PARAMETER: Final = re.compile(rb';((?:[^;"]|"[^"]*")*)')
_ENCODINGS: Final = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"})
_DEFAULTS: Final = frozenset({("EMAIL", "INTERNET"), ("TEL", "VOICE")})
"""Types that say nothing: every address is on the Internet, every telephone has a voice."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a card."""

    group: str
    """Prefix that ties properties together (`item1`), empty without one."""
    name: str
    """In capitals."""
    types: tuple[str, ...]
    """What kind it is (HOME, WORK, FAX, PREF), sorted, in capitals."""
    value: str
    """Decoded; escapes still in it, because they tell separators of parts apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line."""

    number: int
    """First physical line, from 1."""
    content: bytes


def unfolded(lines: Iterable[bytes]) -> Iterator[Line]:
    """Logical lines: those that begin with a blank, or follow a soft break, belong to the one before."""
    held: bytearray | None = None
    first = 1
    for number, line in enumerate(lines, 1):
        bare = line.rstrip(b"\r\n")
        if held is not None and bare[:1] in (b" ", b"\t") and bare.strip():
            held += bare[1:]
        elif held is not None and held.endswith(b"=") and _is_quoted(held):
            held[-1:] = bare
        else:
            if held is not None:
                yield Line(first, bytes(held))
            held, first = bytearray(bare), number
    if held is not None:
        yield Line(first, bytes(held))


def _is_quoted(line: bytes | bytearray) -> bool:
    """Whether a line declares quoted-printable, in which `=` at the end means that it goes on."""
    return b"QUOTED-PRINTABLE" in bytes(line.partition(b":")[0]).upper()


def property_of(line: bytes, encoding: str) -> Property | None:
    """A property line taken apart; None when it is none."""
    found = _NAME.match(line)
    if found is None:
        return None
    group, name = found.group(1) or b"", found.group(2).decode().upper()
    types: set[str] = set()
    how, charset = "", encoding
    for key, values in _parameters(found.group(3)):
        if key == "CHARSET":
            charset = _codec(values, encoding)
        elif key == "ENCODING" or (not key and values in _ENCODINGS):
            how = values
        elif key in ("", "TYPE"):
            types.update(values.split(","))
        elif key == "PREF":
            types.add("PREF")
    kept = tuple(sorted(kind for kind in types if kind and (name, kind) not in _DEFAULTS))
    return Property(group.decode(), name, kept, _value(line[found.end():], how, charset))


def _parameters(tail: bytes) -> Iterator[tuple[str, str]]:
    """Names and values in capitals; the name is empty where a value stands alone, as in 2.1."""
    for raw in _PARAMETER.findall(tail):
        key, _, text = raw.decode("latin-1").rpartition("=")
        yield key.strip().upper(), text.replace('"', "").strip().upper()


def _codec(name: str, otherwise: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        return otherwise
    return name


def _value(stored: bytes, how: str, charset: str) -> str:
    """The text of a value; what base64 holds is a picture, a sound or a key and stays as it is."""
    if how == "QUOTED-PRINTABLE":
        stored = quopri.decodestring(stored)
    return stored.decode(charset, MARK_ERRORS)


def parts_of(value: str, separator: str = ";") -> list[str]:
    r"""A value cut at separators that are not escaped, escapes taken away.

    >>> parts_of(r"Doe;John;Q\, Jr\;;\nx")
    ['Doe', 'John', 'Q, Jr;', '\nx']
    """
    parts, part, escaped = [], "", False
    for character in value:
        if escaped:
            part += "\n" if character in "nN" else character if character in ";,:\\" else f"\\{character}"
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == separator:
            parts.append(part)
            part = ""
        else:
            part += character
    return [*parts, part + ("\\" if escaped else "")]


def text_of(value: str) -> str:
    """A value that has no parts, escapes taken away."""
    return parts_of(value, "")[0]
