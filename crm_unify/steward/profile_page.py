"""A profile as one page to look at, send and keep: what is in the data, and what is wrong with it.

The page needs nothing from outside and no script; see crm_unify.steward.report.page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crm_unify.errors import UsageError
from crm_unify.steward.profile_drawing import HEIGHT, WIDTH
from crm_unify.steward.profile_view import view
from crm_unify.steward.report.page import environment
from pipelines.profile.interface import Profiled

_ELSEWHERE: Final = "name a file in a folder you may write in"


def write_page(profiled: Profiled, path: Path) -> None:
    """Write the page. Raises UsageError where the file cannot be written."""
    text = page(profiled)
    try:
        path.write_text(text, encoding="utf-8", newline="\n", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            "the page cannot be written", str(path), why=str(error), remedy=_ELSEWHERE
        ) from error


def page(profiled: Profiled) -> str:
    """The page as HTML; equal profiles give equal text."""
    template = environment().get_template("profile.html")
    return template.render(page=view(profiled), chart_width=WIDTH, chart_height=HEIGHT)
