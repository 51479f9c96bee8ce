"""An objection on a row that makes no record is not lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.interpret.interface import Interpreted
from tests.pipelines.interpret.maps import Row, entries, out, project_of, rule_text

PERSON = "person: {full_name: {from: NAME}}"
MAIL = (
    "contact_point: [{of: person, kind: email, value: {from: MAIL}}, "
    "{of: person, kind: phone, value: {from: TEL}}]"
)
CONSENT = "consent: {of: person, channel: {from: CH}, flag: {from: OPT, objection: [N], consent: [Y]}}"
TEXT = rule_text(entries(PERSON, MAIL, CONSENT), source="parse: {phone_country: DE}")
BAD = {"ID": "1", "CH": "email", "OPT": "N", "MAIL": "Ann@Post.example"}
WHOLE = ("shop.people:1#person", "email", None, None)
MAILED = ("shop.people:1#person", "email", "email", "ann@post.example")


def unheard(found: Interpreted) -> list[tuple[Any, ...]]:
    """Would-be record, channel, kind and value of the objections."""
    rows = found.objections.to_pylist()
    return [tuple(row[name] for name in ("record_id", "channel", "kind", "value_norm")) for row in rows]


def test_a_row_without_a_name_objects_with_its_values() -> None:
    """The record as a whole, and each address and number it would have had."""
    found = out(TEXT, {**BAD, "TEL": "030 23125 100"})
    assert found.records.num_rows == 0
    phone = ("shop.people:1#person", "email", "phone", "+493023125100")
    assert sorted(unheard(found), key=str) == sorted([WHOLE, MAILED, phone], key=str)
    same = found.objections.select(["map", "system", "raw_flag"]).to_pylist()
    assert same == [{"map": "people", "system": "shop", "raw_flag": "N"}] * 3


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"NAME": "Ann Ash"}, id="a record carries it"),
        pytest.param({"OPT": "Y"}, id="a yes"),
        pytest.param({"OPT": None}, id="a blank flag"),
    ],
)
def test_other_rows_object_to_nothing(changes: dict[str, str | None]) -> None:
    """Consents of good rows are claims; a yes on a bad row is not taken for one."""
    assert unheard(out(TEXT, {**BAD, **changes})) == []


def test_rows_that_share_a_key_object_each() -> None:
    """They are in quarantine side by side, before any branch has seen them."""
    found = out(TEXT, {**BAD, "NAME": "Ann Ash"}, {"ID": "1", "NAME": "Bo Birch", "CH": "email", "OPT": "N"})
    assert unheard(found) == [MAILED, WHOLE, WHOLE]


def test_a_row_without_a_key_objects_under_its_row_id() -> None:
    """The id has no place in it, so it is the same when the row moves."""
    found = out(TEXT, {**BAD, "ID": None, "NAME": "Ann Ash"})
    (row_id,) = found.fates["row_id"].to_pylist()
    assert {record for record, *_ in unheard(found)} == {f"shop.people:!{row_id}#person"}


def test_a_party_that_is_left_out_objects() -> None:
    """`skip_if_null` leaves the contact out, and its address with it."""
    parties = "organisation: {name: {from: FIRM}}", PERSON[:-1] + ", skip_if_null: NAME}"
    found = out(rule_text(entries(*parties, MAIL, CONSENT)), {**BAD, "FIRM": "Ash Ltd"})
    assert found.records["kind"].to_pylist() == ["organisation"]
    assert unheard(found) == [MAILED, WHOLE]


def test_what_is_found_on_the_way_is_told_once() -> None:
    """Working out the objection of a row in quarantine adds no entry and no hit."""
    found = out(TEXT, {**BAD, "MAIL": "none", "TEL": "1"})
    assert found.rejections["code"].to_pylist() == ["NAME-MISSING"]
    assert unheard(found) == [WHOLE]


def test_a_row_that_waits_objects(tmp_path: Path) -> None:
    """Its parent may never come."""
    order = "sales_order: {customer: {lookup: [shop, others, WHO]}, order_no: {from: ID}}"
    people: list[Row] = [{**BAD, "NAME": "Ann Ash", "WHO": "9"}]
    files: dict[str, tuple[str, list[Row]]] = {
        "others": (rule_text(entries(PERSON), name="others"), [{"ID": "1", "NAME": "Cy Dorn"}]),
        "people": (rule_text(entries(PERSON, MAIL, CONSENT, order)), people),
    }
    assert unheard(project_of(tmp_path, files)) == [MAILED, WHOLE]
