"""How many examples a property gets whose examples are dear."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

USUAL: Final = settings().max_examples
LONG: Final = 100
"""More than so many, and it is `make soak`."""


def fewer(short: int, *, share: int) -> settings:
    """`short` of them in the build, one in `share` of thousands in `make soak`."""
    return settings(max_examples=USUAL // share if USUAL > LONG else short)
