"""Persons' names: parts, letter case, folding; nameparser as oracle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise import name_parts, names
from tests.crm_unify.normalise.cases import column, one, problem

PARTS = ("prefix", "given_name", "middle_name", "family_name", "suffix", "nickname", "birth_name")


def parts(raw: str, order: Any = "given_first") -> dict[str, str]:
    """The parts that are there, by their initials: p g m f s n b."""
    found = one(lambda values: names.split_names(values, order=order), raw)
    return {name[0]: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("John Smith", {"g": "John", "f": "Smith"}, id="two words"),
        pytest.param("John F. Kennedy", {"g": "John", "m": "F.", "f": "Kennedy"}, id="initial"),
        pytest.param("SMITH, JOHN M", {"g": "JOHN", "m": "M", "f": "SMITH"}, id="comma"),
        pytest.param(
            "SMITH, JOHN Q JR", {"g": "JOHN", "m": "Q", "f": "SMITH", "s": "Jr"}, id="comma and suffix"
        ),
        pytest.param("SMITH JR, JOHN", {"g": "JOHN", "f": "SMITH", "s": "Jr"}, id="suffix before the comma"),
        pytest.param("Jan van den Berg", {"g": "Jan", "f": "van den Berg"}, id="Dutch particles"),
        pytest.param("van den Berg, Jan", {"g": "Jan", "f": "van den Berg"}, id="Dutch with comma"),
        pytest.param(
            "Anna Maria von Stein", {"g": "Anna", "m": "Maria", "f": "von Stein"}, id="German particle"
        ),
        pytest.param(
            "Herr Prof. Dr. med. Müller", {"p": "Herr Prof. Dr. med.", "f": "Müller"}, id="German titles"
        ),
        pytest.param(
            "Schmidt, Dr. rer. nat. Eva",
            {"p": "Dr. rer. nat.", "g": "Eva", "f": "Schmidt"},
            id="title inside",
        ),
        pytest.param("Pani Anna Kowalska", {"p": "Pani", "g": "Anna", "f": "Kowalska"}, id="Polish title"),
        pytest.param("Anna Schmidt geb. Müller", {"g": "Anna", "f": "Schmidt", "b": "Müller"}, id="geb."),
        pytest.param(
            "MÜLLER (GEB. LANG), ANNA", {"g": "ANNA", "f": "MÜLLER", "b": "LANG"}, id="geb. in brackets"
        ),
        pytest.param("Marie Durand née Dupont", {"g": "Marie", "f": "Durand", "b": "Dupont"}, id="née"),
        pytest.param(
            "Smith (formerly Jones), Mary", {"g": "Mary", "f": "Smith", "b": "Jones"}, id="formerly"
        ),
        pytest.param(
            'Robert "Bob" Jones III', {"g": "Robert", "f": "Jones", "s": "III", "n": "Bob"}, id="nickname"
        ),
        pytest.param(
            "Molly (Mary) Lane", {"g": "Molly", "f": "Lane", "n": "Mary"}, id="nickname in brackets"
        ),
        pytest.param("KING, STEPHEN", {"g": "STEPHEN", "f": "KING"}, id="a surname that is a rank"),
        pytest.param(
            "HERRING, MARILYN C", {"g": "MARILYN", "m": "C", "f": "HERRING"}, id="begins like a title"
        ),
        pytest.param("Dr Smith", {"p": "Dr", "f": "Smith"}, id="title and family name"),
        pytest.param("Smith", {"f": "Smith"}, id="one word"),
        pytest.param("GAINS,", {"f": "GAINS"}, id="nothing after the comma"),
        pytest.param("Иван Петров", {"g": "Иван", "f": "Петров"}, id="Cyrillic"),
    ],
)
def test_parts(raw: str, expected: dict[str, str]) -> None:
    """Each part is found where people put it."""
    assert parts(raw) == expected


@pytest.mark.parametrize(
    ("raw", "order", "given", "family"),
    [
        pytest.param("Müller Hans", "family_first", "Hans", "Müller", id="family name first"),
        pytest.param("van den Berg Jan", "family_first", "Jan", "van den Berg", id="with particles"),
        pytest.param("Müller, Hans", "given_first", "Hans", "Müller", id="a comma decides"),
        pytest.param("DUPONT Jean", "auto", "Jean", "DUPONT", id="capitals mark the family name"),
        pytest.param("Jean DUPONT", "auto", "Jean", "DUPONT", id="capitals at the end"),
        pytest.param("JEAN DUPONT", "auto", "JEAN", "DUPONT", id="capitals throughout say nothing"),
    ],
)
def test_orders(raw: str, order: str, given: str, family: str) -> None:
    """The declared order holds, a comma beats it."""
    found = parts(raw, order)
    assert (found["g"], found["f"]) == (given, family)


@pytest.mark.parametrize("raw", ["-", "...", "12345", "Dr.", "?"])
def test_no_name(raw: str) -> None:
    """Titles and punctuation alone are no name."""
    assert problem(lambda values: names.split_names(values, order="auto"), raw) == "NAME-EMPTY"


GIVEN = st.sampled_from(["Anna", "Hans-Peter", "JOHN", "Łukasz", "José", "Zoë", "J.", "Maria"])
NAMES = "Müller|O'Brien|SMITH|Kowalska-Nowak|García|McDonald|King|Baker|Herring|Drew"
FAMILY = st.sampled_from(NAMES.split("|"))
MIDDLE = st.sampled_from(["", "M", "Q.", "Marie"])
FRONT = st.sampled_from(["", "Dr. ", "Mrs ", "Prof. Dr. "])
END = st.sampled_from(["", " Jr", ", III", ", PhD"])
SHAPES = st.sampled_from(["{f}{p}{g} {m}{s}", "{l}, {g} {m}{s}", "{l}, {f}{g} {m}"])


@pytest.mark.parametrize(
    ("raw", "order"),
    [
        pytest.param("Людмила Романовна Антонова", "family_first", id="between, family names first"),
        pytest.param("Людмила Романовна Антонова", "given_first", id="between"),
        pytest.param("Антонова Людмила Романовна", "auto", id="last, in Cyrillic letters"),
        pytest.param("Антонова Людмила Романовна", "family_first", id="last, family names first"),
    ],
)
def test_a_patronymic_tells_the_order_of_a_name(raw: str, order: str) -> None:
    """It follows the given name, in every order that Russian lists have."""
    assert parts(raw, order) == {"g": "Людмила", "m": "Романовна", "f": "Антонова"}


@pytest.mark.parametrize(
    ("raw", "order", "expected"),
    [
        pytest.param("Орлов Лев Никитич", "auto", "Лев Никитич Орлов", id="last, of Nikita"),
        pytest.param("Лев Никитич Орлов", "family_first", "Лев Никитич Орлов", id="between, of Nikita"),
        pytest.param("Фома Лукич Орлов", "family_first", "Фома Лукич Орлов", id="between, of Luka"),
        pytest.param("Гагаринский Заур Хасанович", "auto", "Заур Хасанович Гагаринский", id="unlisted"),
        pytest.param("Анна Мария Хацкевич", "auto", "Анна Мария Хацкевич", id="a woman's family name"),
        pytest.param("Ян Адам Мицкевич", "auto", "Ян Адам Мицкевич", id="a man's behind two given names"),
    ],
)
def test_a_son_s_patronymic_is_told_from_a_family_name_by_the_words_before_it(
    raw: str, order: str, expected: str
) -> None:
    """Behind a given name with a family name in front of it -ич is a patronymic; else it may be a family."""
    assert parts(raw, order) == dict(zip("gmf", expected.split(), strict=True))


def test_a_family_name_like_a_patronymic_stays_one_in_latin_letters() -> None:
    """Rabinovich ends as patronymics do: without the order of the column it is the family name."""
    assert parts("Mary Ann Rabinovich", "auto") == {"g": "Mary", "m": "Ann", "f": "Rabinovich"}


@given(SHAPES, FRONT, GIVEN, MIDDLE, FAMILY, END, st.sampled_from(["", "van ", "de la ", "von der "]))
def test_patterns_answer_as_nameparser(
    shape: str, front: str, given: str, middle: str, family: str, end: str, particle: str
) -> None:
    """Where the patterns are certain, nameparser with the same vocabulary gives the same parts."""
    order = f"{given} {middle} {particle}{family}".replace("  ", " ")
    raw = shape.format(f=front, p="", g=given, m=middle, l=f"{particle}{family}", s=end)
    for text in (" ".join(raw.split()).replace(" ,", ","), f"{front}{order}{end}"):
        columns, settled = name_parts._usual(column(text), "given_first")
        if settled[0].as_py():
            answer = [columns[name][0].as_py() for name in PARTS]
            assert answer == list(name_parts._unusual(text, "given_first")), text


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        pytest.param("JOHN SMITH", "John Smith", id="capitals"),
        pytest.param("o'brien", "O'Brien", id="small letters"),
        pytest.param("MÜLLER-LÜDENSCHEIDT", "Müller-Lüdenscheidt", id="hyphen"),
        pytest.param("VAN DER BERG, JAN", "van der Berg, Jan", id="particles"),
        pytest.param("DI MAGGIO", "Di Maggio", id="Italian particle at the head"),
        pytest.param("MCDONALD", "McDonald", id="Mc"),
        pytest.param("MACDONALD", "MacDonald", id="Mac"),
        pytest.param("MACEK", "Macek", id="not Mac"),
        pytest.param("JOHN SMITH III", "John Smith III", id="numeral"),
        pytest.param("VAN", "Van", id="a particle alone is a name"),
        pytest.param("DeLuca", "DeLuca", id="mixed case is left alone"),
    ],
)
def test_person_case(raw: str, tidy: str) -> None:
    """Names in one case get the case they are written in."""
    assert one(names.person_case, raw) == tidy


def test_mc_is_joined_for_comparison() -> None:
    """Mc Donald and McDonald are one name."""
    assert one(names.fold, "Mc Donald") == one(names.fold, "McDONALD") == "MCDONALD"


@pytest.mark.parametrize(
    ("family", "rest", "birth"),
    [
        pytest.param("Lorenz (geb. Hartmann)", "Lorenz", "Hartmann", id="in brackets"),
        pytest.param("van der Berg, geb. Müller", "van der Berg", "Müller", id="after a comma"),
        pytest.param("Smith née Dupont", "Smith", "Dupont", id="in a row"),
        pytest.param("  Huber ", "Huber", None, id="nothing announced"),
        pytest.param("Nee", "Nee", None, id="a name like the marker"),
        pytest.param("Geborski", "Geborski", None, id="a name that begins like it"),
    ],
)
def test_a_family_name_may_announce_the_name_at_birth(family: str, rest: str, birth: str | None) -> None:
    """The announced name is a field of its own."""
    found = names.split_family_names(column(family)).value.to_pylist()
    assert found == [{"family_name": rest, "birth_name": birth}]
