"""The rule book as one HTML page that needs nothing else."""

from __future__ import annotations

from crm_unify.steward.book.values import Book
from crm_unify.steward.report.page import environment


def page(book: Book, *, workbook: bool = True) -> str:
    """The book as a page; equal books give equal text. `workbook`: whether one lies beside it."""
    return environment().get_template("book.html").render(book=book, workbook=workbook)
