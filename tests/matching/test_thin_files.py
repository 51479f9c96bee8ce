"""Files that hold little: a name and a town, mailboxes alone, names of firms alone, shops of a chain."""

import pytest

from matching.contacts import only_reached
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


def test_namesakes_of_a_town_are_counted_apart() -> None:
    """A name is common although all who bear it live in one town; those at one door are one customer."""
    town = base(*(person(f"a:{i}", given="Ann", family="Lang", city="Leeds") for i in range(9)))
    door = base(
        *(person(f"a:{i}", given="Ann", family="Lang", street="1 Mill Lane", city="Leeds") for i in range(9))
    )
    counts = [held.kinds["person"].columns["family"].counts.max() for held in (town, door)]
    assert counts == [9, 1]


def test_two_rows_of_one_mailbox_and_nothing_else_are_one_subscriber() -> None:
    """A newsletter list has no names; its mailboxes tell who is who, whatever tag stands behind the plus."""
    others = [person(f"n:{i:03}", email=f"{g}.{f}{i}@mail.example".lower())
              for i, (g, f) in enumerate(zip(GIVEN, FAMILY, strict=False))]  # fmt: skip
    ann = [person("n:a", email="ann.lang@mail.example"), person("n:b", email="Ann.Lang+news@mail.example")]
    found = clusters(match(base(*others, *ann)))
    assert found["n:a"] == found["n:b"]
    assert len(set(found.values())) == len(others) + 1


@pytest.mark.parametrize(
    ("fields", "calls"),
    [
        pytest.param({"email": "a@b.example"}, ["email:a@b.example"], id="a mailbox alone"),
        pytest.param({"phone": "493012345"}, ["phone:493012345"], id="a number alone"),
        pytest.param({"email": "a@b.example", "family": "Lang"}, [], id="a record with a name"),
        pytest.param({"email": "noemail@shop.example"}, [], id="an address in the place of none"),
        pytest.param({"phone": "0000000000"}, [], id="a number in the place of none"),
    ],
)
def test_only_a_nameless_record_is_called_by_what_reaches_it(
    fields: dict[str, str], calls: list[str]
) -> None:
    """Where there is a name, a mailbox may be a couple's."""
    held = base(person("a:1", **fields)).kinds["person"]
    assert list(only_reached(held.columns).values) == calls


def test_rows_with_the_name_of_a_firm_alone_are_not_several_firms_of_it() -> None:
    """Four rows of a supplier and nothing else do not make its name a common one."""
    names = [f"{family} {trade}" for family in FAMILY[:20] for trade in TRADES]
    rows = [firm(f"l:{i}-{j}", name=name) for i, name in enumerate(names) for j in range(1 + i % 4)]
    assert set(base(*rows).kinds["organisation"].columns["name"].counts.tolist()) == {1}
