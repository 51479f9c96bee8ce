"""Consent is append-only: what is said again, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.pipelines.crm_states import State, changes_to, dump, edit, load, small_state

RECORD = "shop.persons:1#person"


def consenting(*rows: dict[str, Any]) -> State:
    """The small state, its first record saying these things about its e-mail address."""
    state = small_state()
    base = {
        "customer_id": state.tables["customer"][0]["id"],
        "channel": "email",
        "value_norm": "ada@mueller.example",
        "source_record_id": RECORD,
        "carrier_record_id": RECORD,
        "system": "shop",
    }
    for row in rows:
        state.tables["consent"].append({"id": f"CO-{row['status']:*<13}"[:16], **base, **row})
    return state


YES, NO, UNKNOWN = {"status": "opted_in"}, {"status": "opted_out"}, {"status": "unknown"}


def current(crm: sa.Engine) -> list[str]:
    """Statuses in force."""
    with crm.connect() as connection:
        return [str(s) for s in connection.scalars(sa.text("SELECT status FROM consent_current ORDER BY 1"))]


@pytest.mark.parametrize(
    ("history", "rows", "status"),
    [
        pytest.param([[YES], [YES]], 1, "opted_in", id="said once, kept once"),
        pytest.param([[YES], [NO]], 2, "opted_out", id="an objection is appended"),
        pytest.param([[YES], [NO], [YES]], 3, "opted_in", id="a word taken up again is said again"),
        pytest.param([[YES], [NO], [YES], [NO], [NO]], 4, "opted_out", id="back and forth"),
        pytest.param([[NO], []], 1, "opted_out", id="silence takes nothing back"),
        pytest.param([[YES], [{**YES, "evidence": "form 12"}]], 2, "opted_in", id="new evidence is appended"),
        pytest.param(
            [
                [{**NO, "evidence": "objection made by A, one of 2 records that object"}],
                [{**NO, "evidence": "objection made by A, one of 3 records that object"}],
            ],
            1,
            "opted_out",
            id="one objector more changes nothing",
        ),
        pytest.param(
            [[YES, UNKNOWN], [{**YES, "evidence": "form"}, UNKNOWN]],
            4,
            "unknown",
            id="the stricter of two words is said again with the other",
        ),
    ],
)
def test_history_of_one_record(any_crm: sa.Engine, history: Any, rows: int, status: str) -> None:
    """Each state of a record is loaded in turn; nothing is ever updated or deleted."""
    for words in history:
        load(consenting(*words), any_crm)
    assert len(dump(any_crm)["consent"]) == rows
    assert current(any_crm) == [status]
    assert changes_to(consenting(*history[-1]), any_crm).tables == {}


def test_consent_is_never_deleted_with_its_customer(crm: sa.Engine) -> None:
    """A customer that has said something becomes inactive when its records are gone; the words stay."""
    load(consenting(NO), crm)
    state = consenting()
    state.tables["customer"].pop(0), state.tables["person"].pop(0)
    state.tables["contact_point"].clear(), state.tables["sales_order"].clear()
    load(state, crm)
    assert [row[3] for row in dump(crm)["customer"]] == ["inactive", "active"]
    assert len(dump(crm)["consent"]) == 1


def test_consent_entered_by_hand_is_left_alone(crm: sa.Engine) -> None:
    """An objection that a person entered covers every address of the customer, and no load touches it."""
    state = consenting(YES)
    load(state, crm)
    by_hand = (
        "INSERT INTO consent (id, customer_id, channel, status) VALUES ('by hand', :id, 'email', 'opted_out')"
    )
    edit(crm, by_hand, id=state.tables["customer"][0]["id"])
    assert changes_to(consenting(YES), crm).tables == {}
    assert current(crm) == ["opted_out", "opted_out"]
