"""Web addresses: scheme and host in lower case, https where no scheme is written; nothing is looked up."""

from __future__ import annotations

from typing import Final

from crm_unify.normalise.columns import (
    Column,
    Strings,
    both,
    either,
    equal,
    extract,
    glue,
    lower,
    negate,
    present,
)
from crm_unify.normalise.interface import Normalised, distinct
from crm_unify.normalise.problems import URL_INVALID
from crm_unify.normalise.text import squeezed

# The top level begins with a letter and has two characters at least, so that numbers (3.14) and
# abbreviations (z.B) are no hosts.
_SIGN: Final = r"[\pL\pM\pN]"
_LABEL: Final = rf"{_SIGN}(?:[\pL\pM\pN-]*{_SIGN})?"
_TOP: Final = rf"\pL[\pL\pM\pN-]*{_SIGN}"
_PORT: Final = "[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_URL: Final = (
    rf"^(?:(?P<scheme>(?i:https?))://)?(?P<host>(?:{_LABEL}\.)+{_TOP})(?P<port>:(?:{_PORT}))?"
    r"(?P<path>[/?#][^\s]*)?$"
)


def urls(raw: Column) -> Normalised:
    """Addresses of pages on the web; what follows the host is kept as written, but for a lone slash.

    Other schemes, names and passwords, bare numbers and single words are refused.
    """
    return distinct(raw, _urls)


def _urls(values: Strings) -> Normalised:
    text = squeezed(values)
    parts = extract(text, _URL)
    scheme = either(equal(parts["scheme"], ""), "https", lower(parts["scheme"]))
    path = either(equal(parts["path"], "/"), None, parts["path"])
    written = glue(scheme, "://", lower(parts["host"]), parts["port"], path)
    value = either(present(parts["host"]), written, None)
    refused = both(present(text), negate(present(value)))
    return Normalised(value, either(refused, URL_INVALID, None))
