"""Columns are taken for what header and values say; values overrule a header that lies."""

from __future__ import annotations

import random

import pytest

from crm_unify.roles.interface import Role
from tests.crm_unify.roles.columns import FAMILY, GIVEN, people, profiled, roles_of, taken_for


def test_nameless_columns_are_told_by_their_values() -> None:
    """Names, e-mail, birth date and gender need no header."""
    expected = {"a": "given-name", "b": "family-name", "c": "email", "d": "birth-date", "e": "gender"}
    assert roles_of(people()) == expected


def test_a_header_that_lies_is_overruled() -> None:
    """A column called city that holds e-mail addresses is e-mail."""
    columns = {"city": people()["c"], "name": people()["a"]}
    assert roles_of(columns)["city"] == "email"


def test_the_order_of_columns_and_rows_plays_no_part() -> None:
    """Columns and rows shuffled give the same roles."""
    columns = people()
    order = random.Random(1).sample(range(60), 60)
    shuffled = {name: [columns[name][i] for i in order] for name in sorted(columns, reverse=True)}
    assert roles_of(columns) == roles_of(shuffled)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param(("Name", "Vorname"), ("family-name", "given-name"), id="German"),
        pytest.param(("Nome", "Cognome"), ("given-name", "family-name"), id="Italian"),
        pytest.param(("Nom", "Prénom"), ("family-name", "given-name"), id="French"),
        pytest.param(("Nombre", "Apellidos"), ("given-name", "family-name"), id="Spanish"),
    ],
)
def test_a_bare_name_is_the_part_that_the_others_lack(
    headers: tuple[str, str], expected: tuple[str, str]
) -> None:
    """Name beside Vorname is the family name, Nome beside Cognome the given name."""
    parts = [FAMILY[i % 14] if "family" in expected[0] else GIVEN[i % 16] for i in range(40)]
    rest = [GIVEN[i % 16] if "family" in expected[0] else FAMILY[i % 14] for i in range(40)]
    found = roles_of(dict(zip(headers, (parts, rest), strict=True)))
    assert tuple(found.values()) == expected


def test_a_name_of_people_and_companies_is_a_party_name() -> None:
    """Where legal forms stand among names of people, each row is told by itself."""
    names = [
        f"{GIVEN[i % 16]} {FAMILY[i % 14]}" if i % 4 else f"{FAMILY[i % 14]} Bau GmbH" for i in range(80)
    ]
    assert roles_of({"Customer name": names}) == {"Customer name": "party-name"}


def test_a_person_beside_a_company_is_its_contact() -> None:
    """A full name beside organisations is whom to ask there, not another party."""
    names = [f"{GIVEN[i % 16]} {FAMILY[i % 14]}" for i in range(40)]
    companies = [f"{FAMILY[i % 14]} {i} Ltd" for i in range(40)]
    found = roles_of({"Company": companies, "Manager": names})
    assert found == {"Company": "organisation", "Manager": "contact"}


def test_a_number_that_never_repeats_is_a_row_key() -> None:
    """A customer number that stands once each is no evidence; one that repeats is."""
    once, twice = [f"K-{i:05d}" for i in range(50)], [f"K-{i // 2:05d}" for i in range(50)]
    assert roles_of({"Kundennummer": once})["Kundennummer"] == "row-key"
    assert roles_of({"Kundennummer": twice})["Kundennummer"] == "identifier"


def test_small_running_numbers_are_no_evidence() -> None:
    """A nameless column of small numbers that repeat is no identifier, whatever it groups."""
    assert roles_of({"x": [str(i // 3) for i in range(90)], **people(90)})["x"] in ("noise", "category")


def test_an_issued_number_keeps_its_scheme() -> None:
    """A tax number is evidence under the same scheme whatever the language of its header."""
    values = [f"{10**9 + 7919 * (i % 40)}" for i in range(50)]
    schemes = [taken_for({h: values}).columns[0].scheme for h in ("Tax ID", "Steuernummer", "NIF")]
    assert schemes == ["tax", "tax", "tax"]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        pytest.param(["03/25/1960", "11/02/1971", "01/31/1985"], "mdy", id="American"),
        pytest.param(["25/03/1960", "02/11/1971", "31/01/1985"], "dmy", id="European"),
        pytest.param(["1960-03-25", "1971-11-02", "1985-01-31"], "ymd", id="ISO"),
    ],
)
def test_the_order_of_dates_is_read_from_the_column(dates: list[str], order: str) -> None:
    """A number beyond twelve is a day, and tells the order of the whole column."""
    assert taken_for({"DOB": dates}).columns[0].order == order


def test_family_names_first_is_seen() -> None:
    """A full name whose last word is a given name reads family name first."""
    names = [f"{FAMILY[i % 14]} {GIVEN[i % 16]}" for i in range(60)]
    assert taken_for({"Full name": names}).columns[0].order == "family_first"


def test_names_that_end_in_patronymics_have_the_family_name_first() -> None:
    """Ivanova Olga Petrovna, as Russian lists have it in any letters, beside names without a patronymic."""
    names = ["Orlova Vera Petrovna", "Belov Anton Ilyich", "Titov Pavel Olegovich", "Zuev Egor"] * 10
    assert taken_for({"Full name": names}).columns[0].order == "family_first"
    turned = ["Vera Petrovna Orlova", "Anton Olegovich Belov", "Egor Zuev"] * 10
    assert taken_for({"Full name": turned}).columns[0].order == "auto"


def test_some_names_that_end_in_patronymics_turn_no_other_names_round() -> None:
    """Ten Americans, two Russians; and Rabinovich is a family name behind a given name."""
    names = ["John Smith", "Mary Johnson", "James Brown", "Linda Miller", "Robert Davis"] * 10
    russian = ["Ivanova Olga Petrovna", "Smirnov Oleg Ivanovich"] * 6
    assert taken_for({"Full name": [*names, *russian]}).columns[0].order == "auto"
    assert taken_for({"Full name": ["Mary Ann Rabinovich", "Xyla Dorn"] * 10}).columns[0].order == "auto"


def test_names_without_a_space_in_their_own_script_are_full_names() -> None:
    """A Korean or Chinese name has two parts although no space stands between them."""
    korean = [family + first + "영" for family in "신박임오김이" for first in "호경석서민준우"]
    assert taken_for({"name": korean}).columns[0].role == "full-name"


def test_a_reading_of_names_is_no_town() -> None:
    """Japanese lists write names twice; each reading goes with one postcode, as towns do."""
    columns = {
        "氏名": [f"田中 {'健裕太香織稔美優翔葵'[i % 10]}{'子一二郎'[i % 4]}" for i in range(40)],
        "フリガナ": [f"タナカ {'アイウエオカキクケコ'[i % 10]}{'サシスセ'[i % 4]}" for i in range(40)],
        "郵便番号": [f"{100 + i:03}-{1000 + i}" for i in range(40)],
    }
    reading = taken_for(columns).columns[1]
    assert reading.role == "full-name"
    assert reading.fallback


def test_the_country_of_phones_comes_from_the_file() -> None:
    """Postcodes of one country's shape say where numbers without calling code belong."""
    columns = {"postcode": [f"LS{i % 9 + 1} {i % 9}AB" for i in range(30)], "phone": ["0113 496 0123"] * 30}
    assert taken_for(columns).country == "GB"


def test_incomplete_addresses_are_joined() -> None:
    """A home street and a city that is nobody's in particular are one address."""
    columns = {"home street": [f"{i} High Street" for i in range(30)], "city": ["Leeds", "York", "Hull"] * 10}
    assert len({column.group for column in taken_for(columns).columns}) == 1


def test_the_sample_does_not_depend_on_the_order() -> None:
    """The values looked at are chosen by their content."""
    values = [f"value {i * 7919 % 100003}" for i in range(5000)]
    one, other = profiled("x", values), profiled("x", values[::-1])
    assert one.texts.equals(other.texts)


def test_every_column_has_a_reason() -> None:
    """What a column is taken for comes with a sentence why."""
    assert all(column.reason for column in taken_for({**people(), "z": [None] * 60}).columns)


def test_a_column_that_is_taken_for_nothing_is_no_reason_for_another() -> None:
    """Of two columns that are hardly names the first gets no role: the second cannot be told that it has."""
    names = [family + given for family in "王李张刘陈" for given in "伟芳娜敏"]
    units = [f"{'销财人技市'[i % 5]}部" for i in range(20)]
    found = taken_for({"x1": names, "x2": units}).columns
    assert [column.role for column in found] == ["noise", "noise"]
    assert not any("x1" in column.reason for column in found)


def test_yes_and_no_are_no_names_whatever_the_header_says() -> None:
    """A column of Y and N beside a given name is not the family name."""
    columns = {"first name": (GIVEN * 3)[:40], "surname": ["Y", "N"] * 20}
    assert roles_of(columns)["surname"] not in ("family-name", "full-name", "nickname")


def test_an_empty_column_is_noise() -> None:
    """A column without a value is taken for nothing, whatever its header says."""
    assert taken_for({"email": [None, None]}).columns[0].role == Role.NOISE
