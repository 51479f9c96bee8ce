"""JSON built from columns is the JSON that Python writes."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.interpret.jsontext import arrays, members, objects
from tests.pipelines.interpret.maps import out, rule_text

TEXTS = st.lists(st.none() | st.text(max_size=8), min_size=3, max_size=3)
NUMBERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3)


def dumped(value: object) -> str:
    """As Python writes it: sorted keys, no spaces, letters beyond ASCII as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(b=TEXTS, a=TEXTS, n=NUMBERS)
def test_objects_are_sorted_and_leave_nulls_out(
    b: list[str | None], a: list[str | None], n: list[int | None]
) -> None:
    """Any text survives, also quotes, backslashes and control characters."""
    found = objects(
        {"b": pa.array(b, pa.string()), "a": pa.array(a, pa.string()), "n": pa.array(n, pa.int64())}, 3
    )
    rows = [dict(zip("ban", row, strict=True)) for row in zip(b, a, n, strict=True)]
    assert found.to_pylist() == [dumped({k: v for k, v in row.items() if v is not None}) for row in rows]


def test_arrays_keep_order_and_leave_nulls_out() -> None:
    """A row without items has no list."""
    one, two = pa.array(["1", None, None], pa.string()), pa.array(["2", "2", None], pa.string())
    assert arrays([one, two], 3).to_pylist() == ["[1,2]", "[2]", None]


def test_members_leave_out_what_is_null() -> None:
    """Lists that are not there have no key."""
    texts = {"z": pa.array(["{}", "{}"], pa.string()), "a": pa.array(["[1]", None], pa.string())}
    assert members(texts, 2).to_pylist() == ['{"a":[1],"z":{}}', '{"z":{}}']


def test_claims_of_a_record_are_grouped_by_kind_in_rule_order() -> None:
    """A party's own kind is an object, its claims are lists; ids of other records are part of a claim."""
    text = rule_text(
        "- when: 'TRUE'\n"
        "  person: {full_name: {from: NAME}}\n"
        "  contact_point:\n"
        "    - {of: person, kind: phone, value: {from: TEL}}\n"
        "    - {of: person, kind: email, value: {from: MAIL}}\n"
    )
    found = out(text, {"ID": "1", "NAME": "Ada Park", "TEL": "+49 30 23125100", "MAIL": "ada@park.example"})
    said = json.loads(found.records["claims"][0].as_py())
    assert [claim["kind"] for claim in said["contact_point"]] == ["phone", "email"]
    assert said["person"] == {"family_name": "Park", "full_name": "Ada Park", "given_name": "Ada"}


def test_the_raw_row_is_kept_as_found_without_empty_columns() -> None:
    """White space stays, nothing is cleaned."""
    found = out(
        rule_text("- person: {full_name: {from: NAME}}"), {"ID": "1", "NAME": " Ada \\ Park\n", "X": ""}
    )
    assert json.loads(found.records["raw"][0].as_py()) == {"ID": "1", "NAME": " Ada \\ Park\n"}
