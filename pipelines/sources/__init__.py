"""Where rows come from: one module a format behind one interface, found by content, opened by a rule file."""

from __future__ import annotations

from pipelines.sources.interface import Column, FoundTable, Reader
from pipelines.sources.open import header_of, open_reader

__all__ = ["Column", "FoundTable", "Reader", "header_of", "open_reader"]
