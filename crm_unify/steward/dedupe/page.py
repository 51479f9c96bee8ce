"""The page of `dedupe`: one HTML file that needs nothing from outside and no script.

Values of the input are escaped wherever they stand; see crm_unify.steward.report.page.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from crm_unify.errors import Unreachable
from crm_unify.progress import Progress
from crm_unify.run.dedupe import DedupeResult
from crm_unify.steward.dedupe.values import DedupeView
from crm_unify.steward.dedupe.view import view
from crm_unify.steward.report.page import environment

NAME: Final = "report.html"
"""Name of the file."""


def write_page(result: DedupeResult, folder: Path, *, outputs: Collection[str], progress: Progress) -> Path:
    """Write the page into a folder that is there; raises Unreachable where that fails."""
    path = folder / NAME
    with progress.stage("draw the report", 1) as stage:
        text = page(view(result, outputs=outputs, progress=progress))
        stage.advance(1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        remedy = "name a folder that can be written to with --out"
        raise Unreachable("the report cannot be written", str(path), why=str(error), remedy=remedy) from None
    return path


def page(found: DedupeView) -> str:
    """The page; equal views give equal text."""
    return environment().get_template("dedupe.html").render(page=found)
