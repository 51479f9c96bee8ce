"""Invented files whose page the tests read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crm_unify.progress import Silent
from crm_unify.run.dedupe import DedupeJob, DedupeResult, dedupe
from crm_unify.steward.dedupe.page import page
from crm_unify.steward.dedupe.values import DedupeView
from crm_unify.steward.dedupe.view import view
from tests.crm_unify.run.test_dedupe import HEADER, people, written

EVERYTHING = frozenset({"membership", "customers", "pairs", "model", "report"})


@cache
def known() -> DedupeResult:
    """Three hundred invented customers, every third one twice, with the truth."""
    return made(people(300), truth="truth")


def made(rows: list[list[str]], header: Sequence[str] = HEADER, **said: Any) -> DedupeResult:
    """The run of a file with an id column."""
    with TemporaryDirectory() as folder:
        path = written(Path(folder), rows, list(header))
        return dedupe(DedupeJob((path,), **{"id": "id"} | said), progress=Silent())


def viewed(result: DedupeResult) -> DedupeView:
    """What the page of a run shows."""
    return view(result, outputs=EVERYTHING, progress=Silent())


def html(result: DedupeResult) -> str:
    """The page of a run."""
    return page(viewed(result))
