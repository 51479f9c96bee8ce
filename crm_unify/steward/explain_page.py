"""An explanation as one page to look at, send and keep: picture, sentences, both records side by side."""

from __future__ import annotations

from pathlib import Path

from crm_unify.errors import UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.consequences import described
from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.schema.target import reachable
from crm_unify.steward.explain import Explained
from crm_unify.steward.explain_drawing import waterfall
from crm_unify.steward.explain_text import BANDS, PAIRS_SHOWN, RULES_SHOWN
from crm_unify.steward.ledger_view import LedgerView
from crm_unify.steward.newest import newest_run
from crm_unify.steward.report.evidence import of_pair
from crm_unify.steward.report.leavings import leavings
from crm_unify.steward.report.page import environment
from crm_unify.steward.report.who import Evidence


def write_page(project: LoadedProject, found: Explained, path: Path) -> None:
    """Write the page. Raises UsageError where the file cannot be written."""
    text = page(project, found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            "the page cannot be written", str(path), why=str(error), remedy=_ELSEWHERE
        ) from error


_ELSEWHERE = "name a file in a folder you may write in"


def page(project: LoadedProject, found: Explained) -> str:
    """The page as HTML; it needs nothing from outside and no script."""
    return (
        environment()
        .get_template("explain.html")
        .render(
            project=project.project.project,
            found=found,
            pair=found.pair,
            picture=None if found.pair is None else waterfall(found.pair),
            evidence=_evidence(project, found),
            bands=BANDS,
            described=described,
            pairs_shown=PAIRS_SHOWN,
            rules_shown=RULES_SHOWN,
        )
    )


def _evidence(project: LoadedProject, found: Explained) -> Evidence | None:
    """The two records side by side, with their places in the sources where the workspace still knows them."""
    if found.pair is None:
        return None
    newest = newest_run(project)
    ids = [found.pair.left, found.pair.right]
    with reachable(newest.engine), newest.engine.connect() as connection:
        records = LedgerView(connection).records(mig_source_record.c.record_id.in_(ids))
        return of_pair(records, leavings(project, newest, connection))
