"""The rule book as one HTML page that needs nothing else."""

from __future__ import annotations

from crm_unify.steward.book.values import Book
from crm_unify.steward.report.page import environment


def page(book: Book) -> str:
    """The book as a page; equal books give equal text."""
    return environment().get_template("book.html").render(book=book)
