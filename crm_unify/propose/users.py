"""Lists of the people who work with the old system: owners are named by them, or the list is called so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from crm_unify.propose.columns import OWNER, Use
from crm_unify.propose.interface import Entry, Field
from crm_unify.propose.sql import column as sql_column
from crm_unify.propose.table import Table
from crm_unify.propose.words import field_guesses, table_kinds
from pipelines.profile.interface import Reference

USER: Final = "app_user"
_CUSTOMERS: Final = (
    "address.", "person.birth_date", "account.", "consent.", "objection.", "organisation.industry",
)  # fmt: skip
"""Uses of columns that lists of customers have and lists of users do not"""
_NAMES: Final = ("person.full_name", "party", "contact", "organisation.name")


def lists_users(table: Table, references: Sequence[Reference]) -> str | None:
    """Why a table lists users of the old system; None where it does not.

    Owners are named by the key of the row, so that has to be one column.
    """
    if len(table.key.columns) != 1 or not table.profile.rows:
        return None
    named = next(
        (
            one
            for one in references
            if one.to_table == table.profile.name
            and table.key.columns == (one.to_column,)
            and one.table != one.to_table
            and field_guesses(one.column, prefixes=(OWNER,))
        ),
        None,
    )
    if named is not None:
        return f"{named.table}.{named.column} names an owner by its {named.to_column}"
    if USER not in table_kinds(table.profile.table)[:1] or not _named(table.uses):
        return None
    theirs = any(use.to.startswith(_CUSTOMERS) for use in table.uses)
    return None if theirs else f"the table is called '{table.profile.table}', and customers stand in others"


def user_entry(uses: Sequence[Use]) -> Entry:
    """The one target of such a table."""
    emails = [use for use in uses if use.to == "contact_point.email"][:1]
    fields = (*_named(uses), *(Field("email", {"from": use.name}, use.note) for use in emails))
    return Entry(USER, {}, fields)


def _named(uses: Sequence[Use]) -> tuple[Field, ...]:
    return tuple(_name(uses))


def _name(uses: Sequence[Use]) -> Iterator[Field]:
    """The name as a whole, else its parts."""
    whole = sorted((use for use in uses if use.to in _NAMES), key=lambda use: _NAMES.index(use.to))
    parts = [use for name in ("given", "family") for use in uses if use.to == f"person.{name}_name"]
    if whole:
        yield Field("name", {"from": whole[0].name}, whole[0].note)
    elif parts:
        both = f"concat_ws(' ', {', '.join(sql_column(use.name) for use in parts)})"
        note = "; ".join(use.note for use in parts)
        yield Field("name", {"expr": both}, note, tuple(use.name for use in parts))
