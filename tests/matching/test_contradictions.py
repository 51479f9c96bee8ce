"""People who share a home, a mailbox and a name, and are not one: asked about, never merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matching.engine import Matched, match
from matching.names import gender_of_title
from tests.matching.people import FAMILY, GIVEN, base, clusters, person

HOME = {
    "street": "Ulmenweg 4",
    "postcode": "14467",
    "city": "Potsdam",
    "phone": "+493023125110",
    "email": "post@ulmenhof.example",
}
BERND = {"given": "Bernhard", "family": "Ostwald"}
TINE = {"given": "Martina", "family": "Ostwald", "born": "1991-06-17"}


def ordinary(count: int = 120, seed: int = 7) -> list[dict[str, Any]]:
    """People who live alone, about half of them twice: some 180 rows from which weights are learnt."""
    chance, rows = np.random.default_rng(seed), []
    for number in range(count):
        year, month, day = (int(chance.integers(*span)) for span in ((1940, 2000), (1, 13), (1, 29)))
        fields = {
            "given": str(chance.choice(GIVEN)),
            "family": str(chance.choice(FAMILY)),
            "phone": f"+493023{number:06d}",
            "street": f"Feldweg {number}",
            "postcode": f"{10100 + number}",
            "city": "Berlin",
        }
        mail, born = f"box{number}@mail.example", f"{year}-{month:02d}-{day:02d}"
        rows.append(person(f"x:{number:03d}", **fields, email=mail, born=born))
        if number % 2:
            rows.append(person(f"y:{number:03d}", **fields, **({"born": born} if number % 3 else {})))
    return rows


def matched(one: dict[str, Any], two: dict[str, Any], *, crowd: bool, more: tuple[Any, ...] = ()) -> Matched:
    """The two records, matched in a tiny file or among many with ordinary duplicates."""
    strangers = ordinary() if crowd else [person("x:1", given="Otto", family="Pohl")]
    return match(base(person("a:1", **one), person("b:1", **two), *more, *strangers))


def band(found: Matched) -> str:
    """What came of the two records."""
    pairs = found.pairs.to_pylist()
    return next((p["band"] for p in pairs if (p["left"], p["right"]) == ("a:1", "b:1")), "apart")


CROWD = pytest.mark.parametrize(
    "crowd", [pytest.param(False, id="tiny file"), pytest.param(True, id="ordinary duplicates")]
)


@CROWD
@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(
            {**BERND, **HOME, "born": "1948-03-09"}, {**BERND, **HOME, "born": "1976-03-09"}, id="father, son"
        ),
        pytest.param(
            {**BERND, **HOME, "born": "1948-03-09"}, {**BERND, **HOME, "born": "1976-11-21"}, id="two ages"
        ),
        pytest.param({**TINE, **HOME}, {**TINE, **HOME, "given": "Sven"}, id="twins"),
        pytest.param({**TINE, **HOME}, {**TINE, **HOME, "given": "Svenja"}, id="twin sisters"),
        pytest.param(
            {**TINE, "email": HOME["email"]},
            {"given": "Sven", "family": "Ostwald", "born": "1988-01-30", "email": HOME["email"]},
            id="spouses with one mailbox",
        ),
        pytest.param(
            {**BERND, **HOME, "suffix": "sen."}, {**BERND, **HOME, "suffix": "jun."}, id="sen., jun."
        ),
        pytest.param(
            {"prefix": "Frau", "family": "Ostwald", **HOME},
            {"prefix": "Herr", "family": "Ostwald", **HOME},
            id="Frau and Herr",
        ),
        pytest.param(TINE, {**TINE, "given": "Sven"}, id="one surname and birth date"),
        pytest.param({**TINE, **HOME, "given": "Jan"}, {**TINE, **HOME, "given": "Jana"}, id="Jan and Jana"),
    ],
)
def test_who_shares_a_home_but_is_another_is_not_merged(
    one: dict[str, Any], two: dict[str, Any], crowd: bool
) -> None:
    """Different people of one household stay two customers, whatever the file taught."""
    assert band(matched(one, two, crowd=crowd)) != "merge"


@CROWD
@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(
            {**BERND, **HOME, "born": "1948-03-09"}, {**BERND, **HOME, "born": "1948-03-08"}, id="a slip"
        ),
        pytest.param(
            {**BERND, **HOME, "born": "1948-03-09"}, {**BERND, **HOME, "born": "1948-09-03"}, id="day, month"
        ),
        pytest.param({**BERND, **HOME}, {**BERND, **HOME, "given": "Bernd"}, id="nickname"),
        pytest.param({**TINE, **HOME}, {**HOME, **TINE, "family": "Pohlmann"}, id="married since"),
        pytest.param({**TINE, **HOME}, {**TINE, "city": "Leipzig", "street": "Am Tor 1"}, id="moved"),
        pytest.param(
            {**TINE, **HOME}, {**TINE, **HOME, "given": "Ostwald", "family": "Martina"}, id="swapped names"
        ),
        pytest.param(
            {"prefix": "Frau", **TINE, **HOME}, {"prefix": "Herr", **TINE, **HOME}, id="a wrong title"
        ),
    ],
)
def test_one_person_written_in_two_ways_is_merged(
    one: dict[str, Any], two: dict[str, Any], crowd: bool
) -> None:
    """Slips, nicknames, new surnames and a wrong title do not part one person."""
    assert band(matched(one, two, crowd=crowd)) == "merge"


@CROWD
def test_a_contradiction_is_asked_about(crowd: bool) -> None:
    """Father and son who agree in all but the birth date wait for a person."""
    one, two = ({**BERND, **HOME, "born": born} for born in ("1948-03-09", "1976-11-21"))
    assert band(matched(one, two, crowd=crowd)) == "review"


@CROWD
def test_a_record_that_tells_less_does_not_join_father_and_son(crowd: bool) -> None:
    """A third record without a birth date goes to one of them at most."""
    one, two = ({**BERND, **HOME, "born": born} for born in ("1948-03-09", "1976-11-21"))
    third = person("c:1", **BERND, **HOME)
    found = clusters(matched(one, two, crowd=crowd, more=(third,)))
    assert found["a:1"] != found["b:1"]


def test_an_identifier_settles_a_contradiction() -> None:
    """One tax number outweighs two birth dates: somebody mistyped a date."""
    one, two = (
        {**BERND, **HOME, "born": born, "vat": "DE136695976"} for born in ("1948-03-09", "1976-11-21")
    )
    assert band(matched(one, two, crowd=False)) == "merge"


@pytest.mark.parametrize(
    ("title", "gender"),
    [
        pytest.param("FRAU DR", "F", id="with a degree"),
        pytest.param("HERRN", "M", id="as in an address"),
        pytest.param("SENORA", "F", id="Spanish"),
        pytest.param("PAN", "M", id="Polish"),
        pytest.param("MR AND MRS", None, id="a couple"),
        pytest.param("DR", None, id="a degree alone"),
    ],
)
def test_a_courtesy_title_tells_the_gender(title: str, gender: str | None) -> None:
    """A title tells a woman or a man, unless it names both or neither."""
    assert gender_of_title(title) == gender
