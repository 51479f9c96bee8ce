"""What a pair of values agrees in, comparison by comparison."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.cells import NO_LEVEL, cells, levels, rarities
from matching.comparisons import compare
from matching.features import features
from matching.policy import COMPARISONS
from tests.factory import claims
from tests.matching.people import base, firm, person, records_and_claims

PEOPLE = [c.name for c in COMPARISONS["person"]]
FIRMS = [c.name for c in COMPARISONS["organisation"]]


def level(comparison: str, one: dict[str, Any], two: dict[str, Any]) -> int:
    """Level of a comparison between two people, the same both ways round."""
    found = []
    for a, b in ((one, two), (two, one)):
        held = base(person("a:1", **a), person("b:1", **b)).kinds["person"]
        pair = (np.array([0]), np.array([1]))
        found.append(int(levels(compare(held, *pair))[PEOPLE.index(comparison), 0]))
    assert found[0] == found[1]
    return found[0]


GIVEN_CASES = [
    pytest.param("Ann", "Ann", 6, id="same"),
    pytest.param("William", "Bill", 5, id="nickname"),
    pytest.param("Johannes", "Hans", 5, id="German short form"),
    pytest.param("Maximilian", "Max", 5, id="beginning"),
    pytest.param("Dorothea", "Dorle", 5, id="pet form"),
    pytest.param("Simon", "Siomn", 4, id="exchanged letters"),
    pytest.param("Lucas", "Aucal", 1, id="garbled"),
    pytest.param("Dorothea", "Dirotheea", 3, id="two slips"),
    pytest.param("Jörg", "Joerg", 6, id="umlaut"),
    pytest.param("Ann", "A", 2, id="initial"),
    pytest.param("Evie", "Evi", 5, id="pet endings"),
    pytest.param("Thomas", "Tommie", 5, id="pet ending spelt otherwise"),
    pytest.param("Sir", "Ann", NO_LEVEL, id="title only"),
    pytest.param("Christian", "Christiane", 0, id="man and woman"),
    pytest.param("Mario", "Maria", 0, id="Mario and Maria"),
    pytest.param("Ann", "Bob", 0, id="different"),
    pytest.param("Ann", None, NO_LEVEL, id="missing"),
]


@pytest.mark.parametrize(("one", "two", "expected"), GIVEN_CASES)
def test_given_names(one: str, two: str | None, expected: int) -> None:
    """Given names agree in full, by short form, but for a slip, by initial, or not."""
    assert level("given", {"given": one, "family": "Dorn"}, {"given": two, "family": "Dorn"}) == expected


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param({"given": "Ho", "middle": "Young"}, {"given": "Hoyoung"}, id="two words, one word"),
        pytest.param({"given": "Ho Young"}, {"given": "Ho-Young"}, id="a space, a hyphen"),
        pytest.param({"full": "신호영"}, {"given": "Hoyeong", "family": "Shin"}, id="Korean script"),
    ],
)
def test_given_names_of_two_words_agree_with_themselves_run_together(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    """Ho Young and Hoyoung are one name; so is a family name in Korean and in Latin letters."""
    plain = {"family": "Shin"}
    assert level("given", {**plain, **one} if "full" not in one else one, {**plain, **two}) >= 5
    assert level("family", {**plain, **one} if "full" not in one else one, {**plain, **two}) == 5


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param("493012345", 4, id="the same"),
        pytest.param("493012845", 2, id="one digit wrong"),
        pytest.param("493012349", 2, id="the last digit wrong"),
        pytest.param("493012346", 0, id="the number that follows"),
        pytest.param("493012344", 0, id="the number before"),
        pytest.param("443098765", 0, id="another number"),
    ],
)
def test_phone_numbers_next_to_each_other_are_two(other: str, expected: int) -> None:
    """Two cards bought together and the lines of a house have numbers that follow one another: no slip."""
    eva = {"given": "Eva", "family": "Dorn"}
    assert level("phone", {**eva, "phone": "493012345"}, {**eva, "phone": other}) == expected


@pytest.mark.parametrize(
    ("signs", "letters", "expected"),
    [
        pytest.param("정민수", "Jeong", 5, id="by the system of the state"),
        pytest.param("정민수", "Jung", 5, id="as most write it"),
        pytest.param("정민수", "Chung", 5, id="as many write it"),
        pytest.param("강영희", "Gang", 5, id="Gang"),
        pytest.param("강영희", "Kang", 5, id="Kang"),
        pytest.param("이서연", "Yi", 5, id="Yi"),
        pytest.param("박지훈", "Bak", 5, id="Bak"),
        pytest.param("임지훈", "Lim", 5, id="Lim"),
        pytest.param("정민수", "Chang", 0, id="a name that is like one of the rarer ways"),
    ],
)
def test_a_korean_family_name_agrees_with_each_way_to_spell_it(
    signs: str, letters: str, expected: int
) -> None:
    """Its bearers write it as they like in Latin letters; what is only like a rarer way is another name."""
    assert level("family", {"full": signs}, {"given": "Minsu", "family": letters}) == expected


FAMILY_CASES = [
    pytest.param({"family": "Weatherby"}, {"family": "Weatherby"}, 5, id="same"),
    pytest.param({"family": "Weatherby"}, {"family": "Wetherby"}, 2, id="slip"),
    pytest.param({"family": "Meier"}, {"family": "Mayer"}, 1, id="sounds alike"),
    pytest.param({"family": "Weatherby-Dorn"}, {"family": "Dorn"}, 3, id="double name"),
    pytest.param({"family": "von Berg"}, {"family": "Berg"}, 3, id="particle"),
    pytest.param({"family": "Pohl", "birth_name": "Lang"}, {"family": "Lang"}, 4, id="birth name"),
    pytest.param({"given": "Otto", "family": "Hans"}, {"given": "Hans", "family": "Otto"}, 4, id="exchanged"),
    pytest.param(
        {"given": "Otto", "family": "Weatherby"},
        {"given": "Wetherby", "family": "Otto"},
        4,
        id="exchanged, slip",
    ),
    pytest.param({"given": "Weatherby"}, {"given": "Ann", "family": "Weatherby"}, 4, id="surname by itself"),
    pytest.param({"family": "Pohl"}, {"family": "Lang"}, 0, id="different"),
]


@pytest.mark.parametrize(("one", "two", "expected"), FAMILY_CASES)
def test_family_names(one: dict[str, str], two: dict[str, str], expected: int) -> None:
    """Family names agree in full, but for a slip, in part, by birth name, or not."""
    assert level("family", one, two) == expected


DATE_CASES = [
    pytest.param("1960-04-17", "1960-04-17", 4, id="same"),
    pytest.param("1960-04-11", "1960-11-04", 3, id="day and month exchanged"),
    pytest.param("1960-04-17", "1968-04-17", 3, id="one digit"),
    pytest.param("1960-04-17", "1960-04-28", 2, id="other day"),
    pytest.param("1960-04-17", "1961-02-02", 1, id="near"),
    pytest.param("1960-04-17", "1970-04-18", 1, id="two digits"),
    pytest.param("1960", "1960-04-17", 2, id="year alone"),
    pytest.param("1960", "1960", 4, id="the same year alone"),
    pytest.param("1947", "1974", 0, id="another year alone"),
    pytest.param("1960-04-17", "1981-11-02", 0, id="different"),
    pytest.param("1960-04-17", None, NO_LEVEL, id="missing"),
]


@pytest.mark.parametrize(("one", "two", "expected"), DATE_CASES)
def test_birth_dates(one: str, two: str | None, expected: int) -> None:
    """Birth dates agree in full, but for a slip, in two parts, nearly, or not."""
    assert level("birth_date", {"born": one}, {"born": two}) == expected


EMAIL_CASES = [
    pytest.param("a.dorn@x.example", "a.dorn@x.example", 6, id="same"),
    pytest.param("a.dorn@x.example", "a.dron@x.example", 3, id="slip"),
    pytest.param("dorn7777@x.example", "dorn7777@postfach.example", 2, id="same name elsewhere"),
    pytest.param("dorn1@x.example", "dorn2@x.example", 1, id="numbered"),
    pytest.param("a.dorn@x.example", "zzz@y.example", 0, id="different"),
    pytest.param(["a.dorn@x.example", "b@y.example"], "b@y.example", 6, id="best of several"),
    pytest.param("info-koeln@x.example", "info@x.example", 1, id="two mailboxes of a firm"),
    pytest.param("kontakt.bonn@x.example", "kontakt.born@x.example", 1, id="mailboxes of two places"),
    pytest.param("info@nordlicht.example", "info@nordlich.example", 3, id="slip in the domain"),
    pytest.param("kontakt@x.example", "kontakt@other.example", 0, id="everybody has a contact mailbox"),
    pytest.param(
        "ada@abel-pharmacy.example", "irma@abel-pharmacy.example", 1, id="two mailboxes of one long domain"
    ),
    pytest.param("ann+news@x.example", "ann@x.example", 3, id="a tag behind the plus"),
    pytest.param("bookings+tim@x.example", "bookings+tom@x.example", 1, id="two guests of one agency"),
    pytest.param("import+0@x.example", "import+7919@x.example", 1, id="numbered behind the plus"),
]


@pytest.mark.parametrize(("one", "two", "expected"), EMAIL_CASES)
def test_emails(one: Any, two: str, expected: int) -> None:
    """E-mail addresses agree in full, but for a slip, in a part, or not; the best pair counts."""
    assert level("email", {"given": "Eva", "email": one}, {"given": "Eva", "email": two}) == expected


SHORT_NAMES = ("mike mila", "mark mary", "anna hanna", "dave dana", "tom tim", "leon lena", "maria mario")


@pytest.mark.parametrize("names", SHORT_NAMES)
def test_like_names_at_one_domain_are_two_mailboxes(names: str) -> None:
    """However long the domain is, and whether or not it is a firm's."""
    one, two = (f"{name}@abel-pharmacy.example" for name in names.split())
    assert level("email", {"given": "Eva", "email": one}, {"given": "Eva", "email": two}) == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param("amelia@abel-pharmacy.example", "amelai@abel-pharmacy.example", id="one domain"),
        pytest.param("bo.dorn@abel.example", "b.orn@abe.example", id="two domains"),
    ],
)
def test_a_mistyped_address_is_a_slip(one: str, two: str) -> None:
    """One edit from six letters on; more where the domain is mistyped, too."""
    assert level("email", {"given": "Eva", "email": one}, {"given": "Eva", "email": two}) == 3


def test_an_address_made_of_the_name_says_nothing_at_another_provider() -> None:
    """Every Ann Dorn is ann.dorn somewhere."""
    one = {"given": "Ann", "family": "Dorn", "email": "ann.dorn@x.example"}
    assert level("email", one, {**one, "email": "ann.dorn@y.example"}) == 0


def test_a_mailbox_of_two_people_is_shared() -> None:
    """An address under two names is no personal one, and another address beside it no disagreement."""
    one, two = {"given": "Ann", "email": "dorn@x.example"}, {"given": "Bob", "email": "dorn@x.example"}
    assert level("email", one, two) == 5


PLACE = {"street": "4 Mill Lane", "postcode": "LS1 4DY", "city": "Leeds"}
ADDRESS_CASES = [
    pytest.param(PLACE, {**PLACE, "street": "4, Mill Ln."}, 6, id="abbreviated"),
    pytest.param(PLACE, {**PLACE, "street": "4 Mil Lane"}, 6, id="slip in the street"),
    pytest.param(PLACE, {**PLACE, "street": "9 Mill Lane"}, 3, id="another number"),
    pytest.param(PLACE, {"postcode": "LS1 4DY", "city": "Leeds"}, 2, id="as far as both tell"),
    pytest.param(PLACE, {**PLACE, "street": "7 Oak Road"}, 1, id="another street"),
    pytest.param(
        PLACE, {"street": "7 Oak Road", "postcode": "BS1 4TR", "city": "Bristol"}, 0, id="elsewhere"
    ),
]


@pytest.mark.parametrize(("one", "two", "expected"), ADDRESS_CASES)
def test_addresses(one: dict[str, str], two: dict[str, str], expected: int) -> None:
    """Addresses agree in door, street, place as far as told, city, or not."""
    assert level("address", one, two) == expected


def test_an_address_of_an_organisation_is_one_of_a_site() -> None:
    """A contact person who carries the company's address and switchboard shares them with colleagues."""
    site = {**PLACE, "phone": "+442079460101"}
    rows = (
        person("a:1", given="Ann", **site),
        person("b:1", given="Ann", **site),
        firm("c:1", name="Mill Ltd", **site),
    )
    found = levels(compare(base(*rows).kinds["person"], np.array([0]), np.array([1])))[:, 0]
    assert found[PEOPLE.index("address")] == 5
    assert found[PEOPLE.index("phone")] == 1


NAME_CASES = [
    pytest.param("Nordlicht Handels GmbH", "NORDLICHT HANDELS", 5, id="legal form"),
    pytest.param("Home Depot Ltd", "Depot Home Ltd", 4, id="other order"),
    pytest.param("Nordlicht Handels GmbH", "Nordlich Handels GmbH", 3, id="slip"),
    pytest.param("Bayerische Motoren Werke AG", "BMW AG", 2, id="initials"),
    pytest.param("Nordlicht GmbH", "Kabelwerk AG", 0, id="different"),
    pytest.param("NORDLICHT SPED. GMBH", "Nordlicht Spedition GmbH", 2, id="abbreviated word"),
    pytest.param("Nordlicht 2 Handels GmbH", "Nordlicht 3 Handels GmbH", 1, id="other numbers are no slip"),
    pytest.param("Nordlicht 24/7 GmbH", "Nordlicht 247 GmbH", 4, id="one number in two spellings"),
    pytest.param("Nordlicht Handels GmbH NL Köln", "Nordlicht Handels GmbH", 5, id="branch aside"),
    pytest.param("NORDLICHT GESELLSCHAFT MBH FILIALE KOELN", "Nordlicht GmbH NL Bonn", 5, id="two branches"),
]


@pytest.mark.parametrize(("one", "two", "expected"), NAME_CASES)
def test_names_of_organisations(one: str, two: str, expected: int) -> None:
    """Names agree in full without legal form, in other order, but for a slip, by initials, or not."""
    held = base(firm("a:1", name=one), firm("b:1", name=two)).kinds["organisation"]
    assert levels(compare(held, np.array([0]), np.array([1])))[FIRMS.index("name"), 0] == expected


BRANCH_CASES = [
    pytest.param("Nordlicht GmbH NL Köln", "Nordlicht GmbH", 1, id="branch and plain name"),
    pytest.param("Nordlicht GmbH NL Köln", "NORDLICHT FILIALE KOELN", 3, id="other marker and spelling"),
    pytest.param("Nordlicht GmbH NL Köln", "Nordlicht GmbH NL Köln Ehrenfeld", 3, id="the place in part"),
    pytest.param("Nordlicht GmbH NL Köln", "Nordlicht GmbH NL Bonn", 0, id="two places"),
    pytest.param("Nordlicht GmbH Werk 2", "Nordlicht GmbH Werk 3", 0, id="two numbers"),
    pytest.param("Nordlicht GmbH Filiale", "Nordlicht GmbH NL Bonn", NO_LEVEL, id="a place untold"),
    pytest.param("Nordlicht GmbH", "Nordlicht Handel", 2, id="no branches"),
]


@pytest.mark.parametrize(("one", "two", "expected"), BRANCH_CASES)
def test_branches(one: str, two: str, expected: int) -> None:
    """Branches agree by place, however they are marked, differ by place, or are not spoken of."""
    held = base(firm("a:1", name=one), firm("b:1", name=two)).kinds["organisation"]
    assert levels(compare(held, np.array([0]), np.array([1])))[FIRMS.index("branch"), 0] == expected


def test_of_several_branches_the_best_counts() -> None:
    """A firm that is claimed with two branches agrees with one of either, whichever comes last."""
    for place in ("Bonn", "Köln"):
        rows = (firm("a:1", name="Nordlicht GmbH NL Bonn"), firm("b:1", name=f"Nordlicht GmbH NL {place}"))
        records, claimed = records_and_claims(*rows)
        second = claims("organisation", {"record_id": "a:1", "name": "Nordlicht GmbH NL Köln"})
        both = pa.concat_tables([claimed["organisation"], second])
        held = features(records, {**claimed, "organisation": both}).kinds["organisation"]
        assert levels(compare(held, np.array([0]), np.array([1])))[FIRMS.index("branch"), 0] == 3


def test_identifiers_of_two_schemes_are_not_compared() -> None:
    """Only a VAT number can disagree with a VAT number."""
    held = base(person("a:1", vat="DE136695976"), person("b:1")).kinds["person"]
    assert levels(compare(held, np.array([0]), np.array([1])))[PEOPLE.index("identifier"), 0] == NO_LEVEL


@given(st.integers(-1, 6), st.integers(0, 31))
def test_a_cell_keeps_level_and_rarity(number: int, rare: int) -> None:
    """Level and rarity class come back from their byte."""
    cell = cells(np.array([number]), np.array([rare], np.uint8))
    assert levels(cell)[0] == number
    assert number == NO_LEVEL or rarities(cell)[0] == rare


def test_the_greater_cell_is_the_stronger_evidence() -> None:
    """A higher level beats a lower one, and at one level the rarer value the commoner."""
    weak, common, rare = (
        int(cells(np.array([n]), np.array([r], np.uint8))[0]) for n, r in ((2, 0), (3, 9), (3, 1))
    )
    assert weak < common < rare
