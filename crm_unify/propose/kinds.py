"""What the rows of a table of customers become: all the same, or one branch for each kind of row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.propose.codes import CodeBook
from crm_unify.propose.columns import Use
from crm_unify.propose.interface import Branch
from crm_unify.propose.party import parties_of, party_entries
from crm_unify.propose.questions import Questions, values_of
from crm_unify.propose.row import Row
from crm_unify.propose.sql import column as sql_column
from crm_unify.propose.sql import is_one_of
from crm_unify.propose.subject import Division, legal_forms_in, names_order
from crm_unify.propose.table import Table

UNKNOWN_KIND: Final = "KIND-UNKNOWN"
"""Code of rows of which nobody knows whether they are people or organisations"""
_OWN: Final = 0.9
"""Different values by filled rows that a number of the party itself has at least"""
_PERSONAL: Final = ("person.birth_date", "person.language", "person.job_title")
"""Uses that a company without a contact has no place for"""
_COMPANY: Final = (
    "organisation.name", "organisation.industry", "organisation.legal_form", "contact", "contact_point.web",
)  # fmt: skip
"""Uses that a person has no place for"""


def party_branches(
    table: Table, divided: Division | None, *, questions: Questions, codes: CodeBook
) -> Iterator[Branch]:
    """One branch, or one for each kind of row."""
    row = Row(table.uses, table.key.columns, table.profile.phone_country, codes)
    party = row.of("party")
    if divided is not None:
        yield from _divided_branches(row, table, divided, questions=questions)
    elif party:
        yield from _by_legal_form(row, table, party[0], questions=questions)
    else:
        yield _branch(row, questions=questions, told=_about(row))


def _branch(
    row: Row, *, questions: Questions, told: str, when: str = "", columns: tuple[str, ...] = ()
) -> Branch:
    """One kind of customer."""
    parties = parties_of(row)
    assert parties is not None, "a table of customers names somebody"
    names = row.of(
        "person.full_name", "person.family_name", "contact", "organisation.name", "person.given_name"
    )
    why = "; ".join(f"{use.name} is the {_plain_use(use)} ({use.note})" for use in names)
    rule = questions.ask(told, why)
    return Branch(when, rule, party_entries(row, parties), columns=columns)


def _plain_use(use: Use) -> str:
    return {"contact": "contact's name", "organisation.name": "name of an organisation"}.get(
        use.to, use.to.rpartition(".")[2].replace("_", " ")
    )


def _about(row: Row) -> str:
    """What a row is, as a sentence."""
    organisation, contact = row.of("organisation.name"), row.of("contact")
    if contact and organisation:
        return f"Every row is an organisation; {contact[0].name} is its contact"
    parties = parties_of(row)
    if organisation and parties is not None and parties.person is not None:
        return f"Every row is a person; {organisation[0].name} is the organisation the person stands for"
    return "Every row is an organisation" if organisation else "Every row is a person"


def _divided_branches(row: Row, table: Table, divided: Division, *, questions: Questions) -> Iterator[Branch]:
    """One branch for organisations, one for people, the rest put aside until somebody says what it is."""
    column = divided.column.name
    kinds = ((divided.organisations, "an organisation", True), (divided.people, "a person", False))
    for values, kind, organised in kinds:
        when = is_one_of(column, values)
        shown = " or ".join(f"'{value}'" for value in values)
        own = replace(row, uses=_uses_of(row, table, divided, organised=organised))
        told = f"{column} {shown} is {kind}: {column} has values {values_of(divided.column)}"
        yield _branch(own, questions=questions, told=told, when=when, columns=(column,))
    _ask_about_ties(row, table, questions)
    yield _unclear(divided, questions)


def _unclear(divided: Division, questions: Questions) -> Branch:
    """The rows whose kind nobody knows are put aside."""
    column = divided.column.name
    told = ", ".join(f"{value or 'blank'} {count:,}" for value, count in divided.unclear)
    why = "their names do not say it; they are quarantined"
    rule = questions.ask(f"What are rows with another {column}?", why, told or "none so far")
    say = f"{column} does not say whether this is a person or an organisation"
    return Branch("", rule, quarantine={"code": UNKNOWN_KIND, "say": say, "suggestion": f"see rule {rule}"})


def _ask_about_ties(row: Row, table: Table, questions: Questions) -> None:
    """A number that rows share probably ties people to their organisation, which rules cannot do yet."""
    for use in row.of("identifier"):
        if use.name not in row.key and _repeats(table.rows, use.name):
            questions.ask(
                f"Does {use.name} tie people to their organisation?",
                "it stands in several rows; this version ties only what stands in one row",
            )


def _uses_of(row: Row, table: Table, divided: Division, *, organised: bool) -> tuple[Use, ...]:
    """The columns that rows of one kind fill, for what they are then; the dividing column is no value."""
    values = divided.organisations if organised else divided.people
    mine = pc.is_in(_upper(table.rows, divided.column.name), value_set=pa.array(values, pa.string()))
    filled = table.rows.filter(mine)
    kept = [
        use
        for use in row.uses
        if use.name != divided.column.name
        and _any_filled(filled, use.name)
        and not (use.to == "identifier" and _repeats(filled, use.name))
    ]
    if not organised:
        kept = [_ordered(use, filled) for use in kept]
    return tuple(
        made
        for use in kept
        if (made := _turned(use, organised=organised, single=_nameless(kept, organised))) is not None
    )


def _ordered(use: Use, people: pa.Table) -> Use:
    """A column that names people in some rows only, with the order of their names in these."""
    if use.to not in ("party", "organisation.name"):
        return use
    order = names_order(use.name, people.column(use.name))
    return replace(use, column=replace(use.column, role=replace(use.column.role, order=order)))


def _nameless(uses: Sequence[Use], organised: bool) -> bool:
    """Whether no column names this kind alone, so that it has to take the one that names both."""
    own = ("organisation.name", "party") if organised else ("person.full_name", "person.family_name")
    return not any(use.to in own for use in uses)


def _turned(use: Use, *, organised: bool, single: bool) -> Use | None:
    """A column for one kind of row; None where the kind has no place for it."""
    if organised and (use.to == "party" or (single and use.to == "person.full_name")):
        return replace(use, to="organisation.name")
    if organised and use.to == "person.full_name":
        return replace(use, to="contact")
    if organised:
        return None if use.to in _PERSONAL else use
    if single and use.to in ("party", "organisation.name", "contact"):
        return replace(use, to="person.full_name")
    return None if use.to in _COMPANY or use.column.role.scheme == "vat" else use


def _by_legal_form(row: Row, table: Table, party: Use, *, questions: Questions) -> Iterator[Branch]:
    """Names with a legal form are organisations, all others people."""
    forms = legal_forms_in(table.rows, party.name)
    name = sql_column(party.name)
    as_person = tuple(replace(use, to="person.full_name") if use is party else use for use in row.uses)
    if forms:
        when = f"regexp_matches(upper({name}), '[ .]({'|'.join(forms)})[. ]*$')"
        as_company = tuple(
            replace(use, to="organisation.name") if use is party else use
            for use in row.uses
            if use.to not in _PERSONAL
        )
        told = f"{party.name} with a legal form at its end ({', '.join(forms[:8])}) is an organisation"
        yield _branch(
            replace(row, uses=as_company), questions=questions, told=told, when=when, columns=(party.name,)
        )
    told = "Every other row is a person" if forms else "Every row is a person"
    yield _branch(replace(row, uses=as_person), questions=questions, told=told)


def _upper(rows: pa.Table, name: str) -> pa.Array:
    return pc.utf8_upper(pc.utf8_trim_whitespace(pc.fill_null(rows.column(name).combine_chunks(), "")))


def _repeats(rows: pa.Table, name: str) -> bool:
    """Whether a number stands in many rows of a kind: then it is that of somebody they belong to."""
    values = rows.column(name).drop_null()
    return len(pc.unique(values)) < _OWN * len(values)


def _any_filled(rows: pa.Table, name: str) -> bool:
    return bool(pc.any(pc.not_equal(_upper(rows, name), "")).as_py())
