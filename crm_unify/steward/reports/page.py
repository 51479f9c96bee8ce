"""A report as one HTML page that needs nothing else, and prints as it stands."""

from __future__ import annotations

from functools import cache
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup, escape

from crm_unify.steward.report.page import environment as report_environment
from crm_unify.steward.report.page import raw, share, thousands
from crm_unify.steward.reports.values import Cell, Form, Report

EMPTY: Final = Markup('<span class="none">\N{EN DASH}</span>')


def page(report: Report) -> str:
    """The report as one HTML page; equal reports give equal text."""
    return environment().get_template("report_page.html").render(report=report)


def body(report: Report) -> Markup:
    """What stands between head and foot of the page, for a page that has its own."""
    module = environment().get_template("parts.html").module
    return Markup(vars(module)["body"](report))  # our template escapes


@cache
def environment() -> Environment:
    """The templates of the run report, and those of these reports."""
    made = report_environment().overlay()
    base = report_environment().loader
    assert base is not None, "the run report has templates"
    made.loader = ChoiceLoader([PackageLoader("crm_unify.steward.reports"), base])
    made.filters = {**made.filters, "cell": cell}
    return made


def cell(value: Cell, form: Form) -> Markup:
    """A cell as its column writes it."""
    if value is None or value == "":
        return EMPTY
    match form:
        case Form.SHARE if not isinstance(value, str):
            return escape(share(value))
        case Form.COUNT if isinstance(value, int):
            return escape(thousands(value))
        case Form.NUMBER if not isinstance(value, str):
            return escape(f"{value:.2f}")
        case Form.RAW:
            return raw(str(value))
        case _:
            return escape(str(value))
