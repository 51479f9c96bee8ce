"""Addresses in a project file: `${VAR:-default}` filled in, secrets hidden, SQLite files beside the project.

Secrets never stand in a file: an address with a password written out is refused; it comes from an environment
variable. Messages show addresses masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}")
_PASSWORD: Final = re.compile(r"(?P<before>://[^/@\s:]*:)(?P<secret>[^@/\s]+)(?=@)")
_SECRET_OPTION: Final = re.compile(
    r"(?P<before>[?&](?:password|passwd|pwd|token|secret)=)(?P<secret>[^&\s]+)", re.I
)
_SQLITE_FILE: Final = re.compile(r"^(?P<scheme>sqlite(?:\+\w+)?:///)(?P<file>[^?]+)(?P<options>\?.*)?$")


class UnsetVariableError(ValueError):
    """An environment variable that an address needs is not set; the first argument is its name."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """The text with every `${VAR}` and `${VAR:-default}` filled in; an empty variable counts as unset.

    >>> expand("${CRM_URL:-sqlite:///crm.db}", {})
    'sqlite:///crm.db'
    """

    def filled(match: re.Match[str]) -> str:
        value = variables.get(match["name"]) or match["default"]
        if value is None:
            raise UnsetVariableError(match["name"])
        return value

    return _VARIABLE.sub(filled, text)


def mask(text: str) -> str:
    """The text with the passwords of its addresses replaced by `***`.

    >>> mask("postgresql://app:s3cret@db.example/crm")
    'postgresql://app:***@db.example/crm'
    """
    hidden = _PASSWORD.sub(r"\g<before>***", text)
    return _SECRET_OPTION.sub(r"\g<before>***", hidden)


def holds_secret(text: str) -> bool:
    """Whether a password is written out in the text, before any variable is filled in."""
    open_text = _VARIABLE.sub(lambda match: match["default"] or "", text)
    return mask(open_text) != open_text


def beside(url: str, root: Path) -> str:
    """The address with a relative SQLite file made absolute: it is relative to the project file.

    >>> beside("sqlite:///crm.db", Path("/projects/company"))
    'sqlite:////projects/company/crm.db'
    """
    match = _SQLITE_FILE.match(url)
    if match is None or match["file"].startswith((":", "file:")) or Path(match["file"]).is_absolute():
        return url
    return f"{match['scheme']}{(root / match['file']).resolve()}{match['options'] or ''}"
