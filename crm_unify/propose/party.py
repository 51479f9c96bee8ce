"""The targets of a table of customers: parties, contact points, addresses, accounts, consents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crm_unify.propose.columns import OWNER, Use
from crm_unify.propose.consents import consent_entries
from crm_unify.propose.interface import Entry, Field
from crm_unify.propose.reaching import addresses, contact_points
from crm_unify.propose.row import Parties, Row
from crm_unify.propose.sql import column as sql_column
from crm_unify.propose.values import plain, surname_first, tidy

PERSON_NAMES: Final = ("person.full_name", "person.given_name", "person.family_name")
_OF_ORGANISATIONS: Final = ("vat", "register", "tax")
"""Schemes of numbers that are the organisation's where there is one"""


def party_entries(row: Row, parties: Parties) -> tuple[Entry, ...]:
    """Everything a row of customers makes."""
    return (
        *_organisation(row, parties),
        *_person(row, parties),
        *_tie(parties),
        *contact_points(row, parties),
        *addresses(row, parties),
        *_identifiers(row, parties),
        *_account(row, parties),
        *consent_entries(row.uses, parties.main),
    )


def parties_of(row: Row) -> Parties | None:
    """Which parties a row makes: people with employers, organisations with contacts, or one of them."""
    people = row.of(*PERSON_NAMES, "contact")
    organisation = row.of("organisation.name")
    if not people and not organisation:
        return None
    contact = bool(row.of("contact"))
    person = ("contact" if contact else "person") if people else None
    return Parties(
        person, "org" if organisation else None, "org" if contact and organisation else person or "org"
    )


# --- the parties themselves ---
def _organisation(row: Row, parties: Parties) -> Iterator[Entry]:
    if parties.organisation is None:
        return
    (name, *_) = row.of("organisation.name")
    fields = [Field("name", tidy(name, case="org_case"), name.note)]
    fields += [
        plain(use, use.to.partition(".")[2])
        for use in row.of("organisation.industry", "organisation.legal_form")
    ]
    fields += [Field("website", {"from": use.name}, use.note) for use in row.of("contact_point.web")[:1]]
    fields += _owner(row) if parties.main == parties.organisation else ()
    skip = {"skip_if_null": name.name} if parties.main != parties.organisation else {}
    yield Entry("organisation", {"as": parties.organisation, **skip}, tuple(fields))


def _person(row: Row, parties: Parties) -> Iterator[Entry]:
    if parties.person is None:
        return
    fields = [*_names(row)]
    fields += [
        plain(use, use.to.partition(".")[2]) for use in row.of("person.birth_date", "person.job_title")
    ]
    fields += _genders(row, parts=bool(row.of("person.given_name", "person.family_name")))
    fields += [plain(use, "language") for use in row.of("person.language")]
    fields += _owner(row) if parties.main == parties.person else ()
    name = row.of("contact", "person.family_name", "person.full_name", "person.given_name")[0]
    skip = {"skip_if_null": name.name} if parties.main != parties.person else {}
    yield Entry("person", {"as": parties.person, **skip}, tuple(fields))


def _owner(row: Row) -> Iterator[Field]:
    """Who looks after the customer: a user of the old system, by what it calls them."""
    yield from (Field(OWNER, {"from": use.name}, use.note) for use in row.of(OWNER))


def _names(row: Row) -> Iterator[Field]:
    """The parts of a name, or the name as a whole where there are no parts."""
    whole = row.of("person.full_name", "contact")
    parts = row.of("person.given_name", "person.family_name")
    for use in whole if not parts else ():
        yield Field("full_name", tidy(use, case="person_case", first=surname_first(use)), use.note)
    for name in ("given_name", "family_name"):
        if own := row.of(f"person.{name}"):
            yield _joined(name, own)
    for name in ("middle_name", "suffix", "birth_name", "nickname"):
        for use in row.of(f"person.{name}")[:1]:
            yield Field(name, tidy(use, case="person_case"), use.note)


def _joined(name: str, uses: tuple[Use, ...]) -> Field:
    """One part of a name; of two columns, as Spanish family names have, both."""
    if len(uses) == 1:
        return Field(name, tidy(uses[0], case="person_case"), uses[0].note)
    both = f"concat_ws(' ', {', '.join(sql_column(use.name) for use in uses)})"
    return Field(name, {"expr": both}, "; ".join(use.note for use in uses), tuple(use.name for use in uses))


def _genders(row: Row, *, parts: bool) -> Iterator[Field]:
    """The gender by its own column, else by the form of address; beside parts of a name that is a prefix."""
    own = row.of("person.gender")[:1]
    yield from (row.codes.gender(use) for use in own)
    for use in row.of("person.prefix")[:1]:
        made = row.codes.title(use) if not own else Field("prefix", {"from": use.name}, use.note)
        if made.name == "gender" or parts:
            yield made


def _tie(parties: Parties) -> Iterator[Entry]:
    if parties.person is not None and parties.organisation is not None:
        place = {"organisation": parties.organisation, "person": parties.person}
        yield Entry("organisation_person", place, (Field("role", "contact"),))


# --- numbers and accounts ---
def _identifiers(row: Row, parties: Parties) -> Iterator[Entry]:
    for use in row.of("identifier"):
        scheme = use.column.role.scheme or "number"
        if use.name in row.key:
            continue
        owner = (parties.organisation if scheme in _OF_ORGANISATIONS else None) or parties.main
        value = {"from": use.name, **({"type": "vat"} if scheme == "vat" else {})}
        fields = (Field("scheme", scheme), Field("value", value, use.note))
        yield Entry("party_identifier", {"of": owner}, fields)


def _account(row: Row, parties: Parties) -> Iterator[Entry]:
    """The account of a source with balances; its number is the key of the row."""
    uses = row.of("account.balance", "account.credit_limit", "account.terms", "account.opened")
    if not any(use.to != "account.opened" for use in uses) or len(row.key) != 1:
        return
    fields = [Field("account_no", {"from": row.key[0]}, "the key of the row")]
    for use in uses:
        name = use.to.partition(".")[2]
        fields.append(row.codes.coded(use, name) if name == "terms" else plain(use, name))
    yield Entry("account", {"of": parties.main}, tuple(fields))
