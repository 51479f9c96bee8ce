"""Words of the language that this version refuses by name, as not supported yet, rather than ignore them."""

from __future__ import annotations

from typing import Final

NOT_SUPPORTED_YET: Final[dict[str, tuple[str, ...] | None]] = {}
"""Keys of the language (or the values of keys) that this version refuses as not supported yet."""

NOT_BUILT_KINDS: Final = (
    "party_relationship",
    "household",
    "household_member",
    "product",
    "code_value",
)
"""Kinds of the CRM that rule files of this version cannot fill."""
