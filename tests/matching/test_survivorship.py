"""Which claim wins a golden field, and for which reason."""

from typing import Any

import pyarrow as pa
import pytest

from matching.pins import PINS
from matching.survivorship import Details, details
from tests.factory import claims, parties, party


def born(*records: dict[str, Any], dates: list[str | None], **options: Any) -> tuple[str | None, str]:
    """The golden birth date of one customer and what decided it."""
    rows = [r | {"customer_id": "C-1"} for r in records]
    said = [{"record_id": r["record_id"], "birth_date": d} for r, d in zip(records, dates, strict=True)]
    pins = options.pop("pins", None)
    made: Details = details(
        parties(*rows, trust=("crm", "web"), pins=pins), "person", claims("person", *said), chains=options
    )
    reason = made.winners.filter(pa.compute.field("field") == "person.birth_date")["decided_by"].to_pylist()
    return made.table["birth_date"][0].as_py(), reason[0] if reason else "nobody"


@pytest.mark.parametrize(
    ("first", "second", "dates", "expected"),
    [
        pytest.param(
            party("crm:1"), party("web:1"), ["1980-01-01", None], ("1980-01-01", "only"), id="only claim"
        ),
        pytest.param(party("crm:1"), party("web:1"), [None, None], (None, "nobody"), id="nobody claims it"),
        pytest.param(
            party("web:1"), party("crm:1"), ["1980-01-01", "1981-01-01"], ("1981-01-01", "trust"), id="trust"
        ),
        pytest.param(
            party("crm:1", state="inactive"),
            party("web:1"),
            ["1980-01-01", "1981-01-01"],
            ("1981-01-01", "valid"),
            id="a vanished record loses",
        ),
        pytest.param(
            party("crm:1", state="stale"),
            party("web:1"),
            ["1980-01-01", "1981-01-01"],
            ("1980-01-01", "trust"),
            id="a row that has turned bad since stays in force",
        ),
        pytest.param(
            party("crm:1", updated="2001-01-01"),
            party("crm:2", updated="2002-01-01"),
            ["1980-01-01", "1981-01-01"],
            ("1981-01-01", "recent"),
            id="recent",
        ),
        pytest.param(
            party("crm:1"),
            party("crm:2", created="2002-01-01"),
            ["1980-01-01", "1981-01-01"],
            ("1981-01-01", "recent"),
            id="undated claims come last",
        ),
        pytest.param(
            party("crm:1"),
            party("crm:2"),
            ["1980-01-01", "1981-01-01"],
            ("1980-01-01", "record id"),
            id="tie",
        ),
    ],
)
def test_the_chain_decides(
    first: Any, second: Any, dates: list[str | None], expected: tuple[str | None, str]
) -> None:
    """Each step of the chain tells two claims apart, in its order."""
    assert born(first, second, dates=dates) == expected


def test_a_value_said_more_often_wins_before_the_record_id() -> None:
    """Two of three equally trusted records agree."""
    records = [party(f"crm:{i}") for i in (1, 2, 3)]
    assert born(*records, dates=["1980-01-01", "1981-01-01", "1981-01-01"]) == ("1981-01-01", "frequent")


def pinned(*pins: tuple[str, str, int, str | None]) -> pa.Table:
    """Pins: record, field, number of the decision, and the value given for it."""
    columns = zip(*pins, strict=True)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, PINS, strict=True)], schema=PINS)


def test_a_value_a_person_gave_beats_every_claim_and_names_its_decision() -> None:
    """No record says so: the golden value is the given one, and the winner is the decision."""
    records = (party("crm:1", customer_id="C-1"), party("web:1", customer_id="C-1"))
    said = claims("person", *({"record_id": r, "birth_date": "1980-01-01"} for r in ("crm:1", "web:1")))
    pins = pinned(("web:1", "person.birth_date", 7, '{"birth_date": "1975-05-05"}'))
    made = details(parties(*records, pins=pins), "person", said, chains={"default": ["trust"]})
    won = made.winners.filter(pa.compute.field("field") == "person.birth_date").to_pylist()
    assert made.table["birth_date"].to_pylist() == ["1975-05-05"]
    assert [(row["record_id"], row["decided_by"]) for row in won] == [("decision 7", "pin")]


def test_of_two_pins_the_newer_decision_wins() -> None:
    """A record chosen first, another record later."""
    pins = pinned(("crm:1", "person.birth_date", 1, None), ("web:1", "person.birth_date", 2, None))
    dates: list[str | None] = ["1980-01-01", "1981-01-01"]
    assert born(party("crm:1"), party("web:1"), dates=dates, pins=pins) == ("1981-01-01", "pin")


def test_a_value_given_for_a_record_that_is_gone_is_left_aside() -> None:
    """Nobody knows the record: the claims decide."""
    pins = pinned(("gone:1", "person.birth_date", 1, '{"birth_date": "1975-05-05"}'))
    assert born(party("crm:1"), dates=["1980-01-01"], pins=pins) == ("1980-01-01", "only")


def test_a_pin_beats_trust() -> None:
    """What a person chose stays chosen."""
    pins = pinned(("web:1", "person.birth_date", 1, None))
    assert born(party("crm:1"), party("web:1"), dates=["1980-01-01", "1981-01-01"], pins=pins)[1] == "pin"


def test_a_project_may_set_its_own_chain() -> None:
    """With recency before trust the newer claim of the less trusted source wins."""
    records = (party("crm:1", updated="2001-01-01"), party("web:1", updated="2002-01-01"))
    chain = {"person.birth_date": ["recent", "trust"]}
    assert born(*records, dates=["1980-01-01", "1981-01-01"], **chain) == ("1981-01-01", "recent")


def test_the_parts_of_a_name_win_together() -> None:
    """No golden name is patched together from two records."""
    rows = [party("crm:1", customer_id="C-1"), party("web:1", customer_id="C-1")]
    said = claims(
        "person",
        {"record_id": "crm:1", "full_name": "A. Weber", "given_name": "A.", "family_name": "Weber"},
        {
            "record_id": "web:1",
            "full_name": "Anna M. Huber",
            "given_name": "Anna",
            "middle_name": "M.",
            "family_name": "Huber",
        },
    )
    made = details(parties(*rows, trust=("crm",)), "person", said, chains={})
    golden = made.table.select(["full_name", "given_name", "middle_name", "family_name"]).to_pylist()
    assert golden == [
        {"full_name": "A. Weber", "given_name": "A.", "middle_name": None, "family_name": "Weber"}
    ]
