"""Counts in sentences: 1 row, 2 rows."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun; `many` is the noun in the plural where an s does not make it."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
