"""The page: values placed into the template, everything that came from data escaped.

The page needs nothing from outside and no script. Should a value ever slip through unescaped, its content
security policy still forbids every script, image and request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from crm_unify.steward.report.drawing import signed
from crm_unify.steward.report.values import Report

LONGEST: Final = 160
"""Characters of a value that are shown; of a longer one its length is told."""
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""As the page writes them, whatever the language of the machine."""
CERTAIN: Final = 0.9995
"""Shares from here on would be rounded to 100.0 %."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINES: Final = re.compile(r"\r\n|\r|\n")
_PICTURES: Final = 0x2400
"""First of the characters that picture the control characters."""


def page(report: Report) -> str:
    """The report as one HTML page; equal reports give equal text."""
    return environment().get_template("report.html").render(report=report)


@cache
def environment() -> Environment:
    """Where the templates of pages are found, with the filters they write values by."""
    environment = Environment(
        loader=PackageLoader("crm_unify.steward.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "n": thousands,
        "share": share,
        "raw": raw,
        "advice": advice,
        "day": day,
        "bits": signed,
        "count": count,
        "count_of": count_of,
        "listed": listed,
    }
    return environment


def thousands(number: int) -> str:
    """A count with thousands separators."""
    return f"{number:,}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A count and what is counted: ``1 row``, ``1,200 rows``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def count_of(things: Sequence[object], one: str) -> str:
    """How many there are of something."""
    return count(len(things), one)


def share(part: float, digits: int = 1) -> str:
    """A share from 0 to 1 in percent; what is not quite all is never called 100 %."""
    if CERTAIN <= part < 1:
        return "over 99.9\N{NO-BREAK SPACE}%"
    return f"{100 * part:.{digits}f}\N{NO-BREAK SPACE}%"


def advice(text: str) -> Markup:
    """A sentence of this program, its `code` set as code."""
    code = Markup("<code>{}</code>")
    parts = enumerate(text.split("`"))
    return Markup("").join(code.format(part) if i % 2 else escape(part) for i, part in parts)


def day(iso: str) -> str:
    """A date as people write it: 5 March 2026."""
    when = date.fromisoformat(iso)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: ``a, b and c``."""
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


def raw(text: str | None, longest: int = LONGEST) -> Markup:
    """A value from the data, escaped, its writing direction isolated, its control characters made visible."""
    if text is None:
        return Markup('<span class="none">nothing</span>')
    if not text.strip():
        return Markup('<span class="none">{}</span>').format(
            "an empty text" if not text else f"{len(text):,} blank characters"
        )
    seen = visible(text[:longest])
    rest = Markup("")
    if len(text) > longest:
        rest = Markup('<span class="none">… {} characters</span>').format(f"{len(text):,}")
    breakable = escape(seen).replace("@", Markup("@<wbr>"))
    return Markup("<bdi>{}</bdi>{}").format(breakable, rest)


def visible(text: str) -> str:
    """A text with pictures in the place of control characters and line breaks."""
    return _CONTROLS.sub(_visible, _LINES.sub(" ⏎ ", text))


def _visible(found: re.Match[str]) -> str:
    code = ord(found.group())
    return chr(_PICTURES + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
