"""Unknown is not consent, and an objection holds wherever the address is."""

from typing import Any

import pyarrow as pa
import pytest

from crm_unify.records import OBJECTIONS
from matching.consent import consents
from tests.factory import claims, parties, party

ANNA = (party("crm:1", customer_id="C-1"), party("web:2", customer_id="C-1"))
PAUL = party("web:3", customer_id="C-2")
POINTS = claims(
    "contact_point",
    {"record_id": "crm:1", "kind": "email", "value_raw": "a@x.example", "value_norm": "a@x.example"},
    {"record_id": "crm:1", "kind": "phone", "value_raw": "1", "value_norm": "+1"},
    {"record_id": "web:2", "kind": "email", "value_raw": "b@x.example", "value_norm": "b@x.example"},
    {"record_id": "web:3", "kind": "email", "value_raw": "a@x.example", "value_norm": "a@x.example"},
)

NOTHING = OBJECTIONS.empty_table()


def said(*claimed: dict[str, Any]) -> set[tuple[Any, ...]]:
    """``(customer, channel, value, status)`` of all consent rows."""
    table = consents(parties(*ANNA, PAUL), claims("consent", *claimed), POINTS, NOTHING)
    assert table["id"].to_pylist() == sorted(set(table["id"].to_pylist()))
    return {
        tuple(row[n] for n in ("customer_id", "channel", "value_norm", "status")) for row in table.to_pylist()
    }


def word(record: str, status: str, channel: str = "email") -> dict[str, str]:
    """A consent claim."""
    return {"record_id": record, "channel": channel, "status": status}


def test_an_objection_holds_for_everybody_who_carries_the_address() -> None:
    """Anna's objection reaches Paul's record with her address, not her own other address."""
    assert said(word("crm:1", "opted_out")) == {
        ("C-1", "email", None, "opted_out"),
        ("C-1", "email", "a@x.example", "opted_out"),
        ("C-2", "email", "a@x.example", "opted_out"),
    }


def switchboard(*, objecting: int) -> list[dict[str, Any]]:
    """Consent rows of 300 customers with one number, the first of whom object, each by a row of its own."""
    names = [f"crm:{n:03}" for n in range(300)]
    number = {"kind": "phone", "value_raw": "1", "value_norm": "+1"}
    found: list[dict[str, Any]] = consents(
        parties(*(party(name, customer_id=f"C-{name}") for name in names)),
        claims("consent", *(word(name, "opted_out", "phone") for name in names[:objecting])),
        claims("contact_point", *({"record_id": name, **number} for name in names)),
        NOTHING,
    ).to_pylist()
    return found


@pytest.mark.parametrize("objecting", [1, 2, 300])
def test_many_objections_to_one_number_are_carried_once_to_each_customer(objecting: int) -> None:
    """Two rows of each who objects (itself, its number) and one for each customer of the others."""
    found = switchboard(objecting=objecting)
    reached = [row for row in found if row["customer_id"] != f"C-{row['source_record_id']}"]
    assert len({row["customer_id"] for row in reached}) == len(reached) == (299 if objecting == 1 else 300)
    assert {row["source_record_id"] for row in reached} <= {"crm:000", "crm:001"}
    assert len(found) == len(reached) + 2 * objecting


def test_an_objection_that_is_carried_counts_the_others() -> None:
    """The evidence names the least record and says how many object; one alone is not counted."""
    last = [next(r for r in switchboard(objecting=n) if r["customer_id"] == "C-crm:299") for n in (1, 3)]
    assert [row["evidence"] for row in last] == [
        "objection made for this address or number by crm:000",
        "objection made for this address or number by crm:000, one of 3 records that object",
    ]


@pytest.mark.parametrize("status", ["opted_in", "unknown"])
def test_anything_but_an_objection_stays_with_its_customer(status: str) -> None:
    """Consent of one person is not consent of another at the same address."""
    assert {customer for customer, *_ in said(word("crm:1", status))} == {"C-1"}


def test_an_objection_to_everything_covers_every_value() -> None:
    """Channel any speaks of addresses and numbers alike."""
    assert ("C-1", "any", "+1", "opted_out") in said(word("crm:1", "opted_out", "any"))


def test_an_objection_by_post_is_about_the_customer_alone() -> None:
    """No address or number is concerned."""
    assert said(word("crm:1", "opted_out", "post")) == {("C-1", "post", None, "opted_out")}


def test_contradicting_words_are_both_kept() -> None:
    """Merging forgets nothing: the view shows the most restrictive, the table both."""
    found = said(word("crm:1", "opted_in"), word("web:2", "opted_out"))
    assert {status for customer, _, _, status in found if customer == "C-1"} == {"opted_in", "opted_out"}


def unheard(*rows: tuple[str, str, str | None, str | None]) -> list[dict[str, Any]]:
    """Consent rows made of objections on rows that made no record: record, channel, kind and value."""
    columns = ("record_id", "channel", "kind", "value_norm")
    given = [
        {"map": "news", "system": "web", "raw_flag": "N", **dict(zip(columns, r, strict=True))} for r in rows
    ]
    objections = pa.Table.from_pylist(given, schema=OBJECTIONS)
    found: list[dict[str, Any]] = consents(
        parties(*ANNA, PAUL), claims("consent"), POINTS, objections
    ).to_pylist()
    return found


def test_an_objection_of_a_row_in_quarantine_holds_for_all_who_carry_the_address() -> None:
    """Anna and Paul both have it; the rows say whose row it was and through which record it reaches them."""
    found = unheard(("news:9", "email", "email", "a@x.example"), ("news:9", "email", None, None))
    assert {(row["customer_id"], row["carrier_record_id"]) for row in found} == {
        ("C-1", "crm:1"),
        ("C-2", "web:3"),
    }
    same = ("source_record_id", "status", "value_norm", "raw_flag", "system", "evidence")
    assert {tuple(row[name] for name in same) for row in found} == {
        (
            *("news:9", "opted_out", "a@x.example", "N", "web"),
            "objection on a row of news that is in quarantine, waits or was deleted",
        )
    }


@pytest.mark.parametrize(
    ("channel", "kind", "value"),
    [
        pytest.param("email", "email", "nobody@x.example", id="nobody carries the value"),
        pytest.param("email", "phone", "+1", id="the channel is not about numbers"),
        pytest.param("post", "email", "a@x.example", id="post is about no address of this kind"),
    ],
)
def test_an_objection_of_a_row_in_quarantine_reaches_nobody_else(channel: str, kind: str, value: str) -> None:
    """It stays in the quarantine entry."""
    assert unheard(("news:9", channel, kind, value)) == []


def test_a_row_that_turned_bad_objects_for_the_customer_it_made_before() -> None:
    """Its record is there, so the objection needs no address to hold for the customer as a whole."""
    (row,) = unheard(("web:2", "post", None, None))
    assert (row["customer_id"], row["channel"], row["value_norm"]) == ("C-1", "post", None)
