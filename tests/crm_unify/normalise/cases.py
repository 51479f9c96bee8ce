"""What every test of a normaliser needs: one value in, one value or problem out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from crm_unify.normalise.interface import Normalised


def column(*texts: str | None) -> Any:
    """A text column."""
    return pa.array(texts, pa.string())


def one(kernel: Callable[[Any], Normalised], text: str | None) -> Any:
    """The normal form of one text."""
    return kernel(column(text)).value[0].as_py()


def problem(kernel: Callable[[Any], Normalised], text: str | None) -> Any:
    """The problem code of one text."""
    return kernel(column(text)).problem[0].as_py()
