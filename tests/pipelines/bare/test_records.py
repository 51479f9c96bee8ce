"""Rows become parties with claims: by the roles of their columns, cell by cell."""

from __future__ import annotations

import pyarrow as pa

from crm_unify.roles.interface import ColumnRole, Role, Roles
from pipelines.bare.encode import encode
from pipelines.bare.interface import BareTable
from pipelines.bare.records import Parties, joined, parties

Said = Role | tuple[Role, str]


def made(columns: dict[str, tuple[Said, list[str | None]]], country: str | None = None) -> Parties:
    """The parties of a small table whose roles are given; with a role its scheme, group or order."""
    roles, texts = [], []
    for name, (said, values) in columns.items():
        role, more = said if isinstance(said, tuple) else (said, None)
        key = {Role.IDENTIFIER: "scheme", Role.BIRTH_DATE: "order", Role.FULL_NAME: "order"}.get(
            role, "group"
        )
        extra = {} if more is None else {key: more}
        roles.append(ColumnRole(name, role, 1.0, "said", **extra))  # type: ignore[arg-type]  # texts all
        texts.append(encode(pa.chunked_array([pa.array(values, pa.string())])))
    rows = len(texts[0])
    ids = pa.array([str(i) for i in range(rows)])
    table = BareTable("t", tuple(columns), tuple(texts), rows)
    return parties(table, Roles(tuple(roles), country), ids=ids, source=pa.array(["t"] * rows))


def test_each_row_is_one_party() -> None:
    """A row that says nothing is a party all the same."""
    found = made({"n": (Role.FULL_NAME, ["Ann Smith", None])})
    assert found.records.to_pydict()["kind"] == ["person", "person"]


def test_people_and_organisations_of_one_column_are_told_apart() -> None:
    """A legal form makes an organisation, a birth date a person."""
    names = ["Ann Smith", "Smith Ltd", "Bank of York"]
    born = [None, None, "1970-01-02"]
    columns = {"n": (Role.PARTY_NAME, names), "b": ((Role.BIRTH_DATE, "ymd"), born)}
    kinds = made(columns).records["kind"].to_pylist()  # type: ignore[arg-type]  # roles and texts
    assert kinds == ["person", "organisation", "person"]


def test_an_organisation_beside_a_person_is_the_employer() -> None:
    """A row with a given name is about the person, who is linked to the organisation."""
    found = made({"g": (Role.GIVEN_NAME, ["Ann"]), "o": (Role.ORGANISATION, ["Smith Ltd"])})
    assert found.claims["organisation_person"].to_pylist() == [
        {"record_id": "0#employer", "person_record_id": "0"}
    ]


def test_a_contact_belongs_to_the_organisation() -> None:
    """A row about an organisation links the person who stands for it."""
    found = made({"o": (Role.ORGANISATION, ["Smith Ltd"]), "c": (Role.CONTACT, ["Ann Lee"])})
    assert found.records["kind"].to_pylist() == ["organisation"]
    assert found.claims["person"].to_pylist()[0]["record_id"] == "0#contact"


def test_family_names_first_are_taken_apart() -> None:
    """A full name in the order of its column."""
    person = made({"n": ((Role.FULL_NAME, "family_first"), ["Nowak Anna"])}).claims["person"].to_pylist()[0]
    assert (person["given_name"], person["family_name"]) == ("Anna", "Nowak")


def test_dates_are_read_in_the_order_of_their_column() -> None:
    """Impossible dates stay as evidence, years stay years."""
    born = ["03/25/1960", "31/02/1971", "1980"]
    found = made({"b": ((Role.BIRTH_DATE, "mdy"), born)}).claims["person"]["birth_date"].to_pylist()
    assert found == ["1960-03-25", "1971-31-02", "1980"]


def test_split_addresses_are_joined() -> None:
    """House number, street and unit make one line."""
    columns = {
        "s": (Role.STREET, ["High St"]), "h": (Role.HOUSE_NUMBER, ["12"]), "u": (Role.UNIT, ["Flat 3"]),
    }  # fmt: skip
    assert made(columns).claims["address"]["line1"].to_pylist() == ["12 High St Flat 3"]  # type: ignore[arg-type]


def test_one_line_addresses_are_taken_apart() -> None:
    """Town and postcode of one line, where no column holds them."""
    line = "9881 Freedom Way, Chicago, IL 60601"
    (claim,) = made({"a": (Role.ADDRESS, [line])}).claims["address"].to_pylist()
    assert (claim["line1"], claim["city"], claim["postal_code"]) == ("9881 Freedom Way", "Chicago", "60601")


def test_a_row_has_several_addresses() -> None:
    """Home and work are two claims of one record."""
    home, work = (Role.CITY, "HOME"), (Role.CITY, "WORK")
    found = made({"h": (home, ["York"]), "w": (work, ["Leeds"])}).claims["address"]
    assert found["city"].to_pylist() == ["York", "Leeds"]


def test_a_cell_holds_several_addresses_of_mailboxes() -> None:
    """Each is a claim of its own."""
    found = made({"e": (Role.EMAIL, ["A@x.example; b@x.example", None])}).claims["contact_point"]
    assert found["value_norm"].to_pylist() == ["a@x.example", "b@x.example"]


def test_phones_are_of_the_country_of_their_row() -> None:
    """A country column decides, else the country of the file."""
    columns = {"p": (Role.PHONE, ["020 7946 0018", "030 901820"]), "c": (Role.COUNTRY, ["UK", "Germany"])}
    found = made(columns, country="GB").claims["contact_point"]  # type: ignore[arg-type]  # roles and texts
    assert found["value_norm"].to_pylist() == ["+442079460018", "+4930901820"]


def test_identifiers_with_their_scheme_are_taken_apart() -> None:
    """SCHEME:NUMBER, several in a cell."""
    found = made({"i": ((Role.IDENTIFIER, "member"), ["MR:17-a SS:123"])}).claims["party_identifier"]
    assert [(row["scheme"], row["value"]) for row in found.to_pylist()] == [("mr", "17-a"), ("ss", "123")]


def test_tables_of_different_parties_are_joined() -> None:
    """People of one table, firms with their contacts of another: every claim names its record by its id."""
    people = made({"n": (Role.FULL_NAME, ["Ann Smith", None])})
    firms = made({"o": (Role.ORGANISATION, ["Ash Ltd"]), "c": (Role.CONTACT, ["Ben Ash"])})
    found = joined([people, firms]).claims
    assert found["organisation"]["record_id"].to_pylist() == ["0"]
    assert {"0"} < set(found["person"]["record_id"].to_pylist())
