"""Files that hold little: a name and a town, mailboxes alone, names of firms alone, shops of a chain."""

import pytest

from matching.engine import match
from matching.features import Features
from tests.matching.people import FAMILY, GIVEN, base, clusters, firm, person

TRADES = ("Optics", "Tools", "Energy", "Foods", "Print", "Glass", "Travel", "Motors")


def chains() -> Features:
    """Ten chains of ten shops: address, number and mailbox are their own, name and domain the firm's."""
    return base(
        *(
            firm(f"s:{firm_name}-{j}", name=f"{firm_name} Pharmacy", street=f"{7 * j + i} {GIVEN[j]} Road",
                 city=f"{FAMILY[j]}town", phone=f"49{3 + 5 * i}{7 * j + 12}{91 * i + 37 * j:05}",
                 email=f"{GIVEN[j].lower()}@{firm_name.lower()}-pharmacy.example")
            for i, firm_name in enumerate(FAMILY) for j in range(10)
        )
    )  # fmt: skip


def test_shops_of_a_chain_are_not_one_customer() -> None:
    """All shops agree in name and domain and in nothing else: none are merged, nothing is learnt of it."""
    matched = match(chains())
    assert len(set(clusters(matched).values())) == 100
    assert not matched.model.kinds["organisation"].fitted.learnt
    assert "branches" in matched.model.kinds["organisation"].fitted.reason


@pytest.mark.parametrize(
    ("place", "customers"),
    [
        pytest.param({"city": "Leeds"}, 9, id="a town"),
        pytest.param({"postcode": "04109"}, 9, id="a district"),
        pytest.param({"postcode": "04109", "city": "Leipzig"}, 9, id="a district and its town"),
        pytest.param({"postcode": "SW1A"}, 9, id="a British district"),
        pytest.param({"postcode": "8001 Zug"}, 9, id="a postcode and its town"),
        pytest.param({"postcode": "LS1 4AP"}, 1, id="a British street"),
        pytest.param({"postcode": "1012 AB"}, 1, id="a Dutch street"),
        pytest.param({"postcode": "K1A 0B1"}, 1, id="a Canadian block"),
        pytest.param({"street": "1 Mill Lane", "city": "Leeds"}, 1, id="a door"),
    ],
)
def test_namesakes_of_a_town_are_counted_apart(place: dict[str, str], customers: int) -> None:
    """A name is common although all who bear it live in one town; those at one door are one customer."""
    held = base(*(person(f"a:{i}", given="Ann", family="Lang", **place) for i in range(9)))
    assert held.kinds["person"].columns["family"].counts.max() == customers


def test_two_rows_of_one_mailbox_and_nothing_else_are_one_subscriber() -> None:
    """A newsletter list has no names; its mailboxes tell who is who."""
    others = [person(f"n:{i:03}", email=f"{g}.{f}{i}@mail.example".lower())
              for i, (g, f) in enumerate(zip(GIVEN, FAMILY, strict=False))]  # fmt: skip
    ann = [person("n:a", email="ann.lang@mail.example"), person("n:b", email="Ann.Lang@mail.example")]
    found = clusters(match(base(*others, *ann)))
    assert found["n:a"] == found["n:b"]
    assert len(set(found.values())) == len(others) + 1


@pytest.mark.parametrize(
    ("fields", "calls"),
    [
        pytest.param({"email": "a@b.example"}, ["email:a@b.example"], id="a mailbox alone"),
        pytest.param({"phone": "493012345"}, [], id="a number: a landline is a family's"),
        pytest.param({"email": "a@b.example", "family": "Lang"}, [], id="with a name"),
        pytest.param({"email": "a@b.example", "born": "1950-02-03"}, [], id="with a birth date"),
        pytest.param({"email": "a@b.example", "gender": "F"}, [], id="with a gender"),
        pytest.param({"email": "a@b.example", "city": "Hull"}, [], id="with a town"),
        pytest.param({"email": "a@b.example", "phone": "493012345"}, [], id="with a number"),
        pytest.param({"email": "noemail@shop.example"}, [], id="an address in the place of none"),
        pytest.param({"email": "ninguno@shop.example"}, [], id="the same in Spanish"),
        pytest.param({"email": "info-hull@shop.example"}, [], id="a mailbox of a task"),
        pytest.param({"email": "unknown"}, [], id="no address"),
    ],
)
def test_only_a_record_with_nothing_but_a_mailbox_is_called_by_it(
    fields: dict[str, str], calls: list[str]
) -> None:
    """Where there is more, that may contradict: a mailbox may be a couple's, and an office's."""
    held = base(person("a:1", **fields)).kinds["person"]
    assert list(held.columns["identifier"].values) == calls


@pytest.mark.parametrize(("rows", "customers"), [(5, 1), (6, 6)])
def test_a_mailbox_of_many_rows_and_nothing_else_calls_nobody(rows: int, customers: int) -> None:
    """Whatever is typed in the place of none, in any language, is typed often."""
    others = [person(f"n:{i:03}", email=f"{g}.{f}{i}@mail.example".lower())
              for i, (g, f) in enumerate(zip(GIVEN, FAMILY, strict=False))]  # fmt: skip
    same = [person(f"n:x{i}", email="vacuum@shop.example") for i in range(rows)]
    found = clusters(match(base(*others, *same)))
    assert len(set(found.values())) == len(others) + customers


@pytest.mark.parametrize("fields", [{"phone": "01134960000"}, {"email": "lang@mail.example"}])
def test_two_people_of_one_home_without_names_are_two(fields: dict[str, str]) -> None:
    """Rows of birth dates with a landline, or a couple's mailbox: the dates tell them apart."""
    rows = [person(f"f:{i}-{j}", born=f"{1950 + 30 * j + i}-0{j + 1}-{10 + i + j}",
                   **{key: f"{i}{value}{i}" for key, value in fields.items()})
            for i in range(10) for j in range(2)]  # fmt: skip
    assert len(set(clusters(match(base(*rows))).values())) == 20


def test_rows_with_the_name_of_a_firm_alone_are_not_several_firms_of_it() -> None:
    """Four rows of a supplier and nothing else do not make its name a common one."""
    names = [f"{family} {trade}" for family in FAMILY[:20] for trade in TRADES]
    rows = [firm(f"l:{i}-{j}", name=name) for i, name in enumerate(names) for j in range(1 + i % 4)]
    assert set(base(*rows).kinds["organisation"].columns["name"].counts.tolist()) == {1}
