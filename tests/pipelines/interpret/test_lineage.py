"""How every field gets its value, and what nobody needs."""

from __future__ import annotations

from crm_unify.records import FieldLineage
from tests.pipelines.interpret.maps import entries, out, rule_text

TEXT = rule_text(
    "- when: \"KIND = 'P'\"\n"
    "  rule: R1\n"
    "  person:\n"
    "    full_name: {from: NAME, transform: [squeeze, person_case]}\n"
    "    job_title: {expr: A || raw.B, rule: R2}\n"
    "  contact_point:\n"
    "    - {of: person, kind: email, value: {from: MAIL}}\n"
    "    - {of: person, kind: phone, value: {from: TEL}, rule: R3}\n"
    + entries("organisation: {name: {from: NAME}}"),
    source="ignore: {OLD: superseded}",
    rest="rules: {R1: {what: P is a person}, R2: {what: A and B}, R3: {what: direct}, R4: {what: unused}}",
)
ROW = {"ID": "1", "NAME": "Ada Park", "KIND": "P", "A": "x", "B": "y", "MAIL": None, "TEL": None}


def test_each_record_of_a_branch_has_a_lineage() -> None:
    """Branches are counted from 1; the record names its lineage."""
    found = out(TEXT, ROW)
    assert [(one.map, one.branch, one.part) for one in found.lineages] == [
        ("people", 1, "person"),
        ("people", 2, "organisation"),
    ]
    assert found.records["lineage"].to_pylist() == [found.lineages[0].id]


def test_a_field_lineage_names_columns_work_and_rule() -> None:
    """The rule is the field's own, else the entry's, else the branch's; list positions stand in brackets."""
    fields = {field.target: field for field in out(TEXT, ROW).lineages[0].fields}
    assert fields["person.full_name"] == FieldLineage(
        "person.full_name", ("NAME",), "squeeze, person_case", "R1"
    )
    assert fields["person.job_title"] == FieldLineage("person.job_title", ("A", "B"), "A || raw.B", "R2")
    assert fields["contact_point[2].value"] == FieldLineage(
        "contact_point[2].value", ("TEL",), "read as phone", "R3"
    )
    assert fields["person.family_name"].how == "out of person.full_name"


def test_another_mapping_is_another_lineage() -> None:
    """The id is a hash of what the lineage says; the version of the file is not in it."""
    here, there = (out(text, ROW).lineages[0].id for text in (TEXT, TEXT.replace("A || raw.B", "A")))
    again = out(TEXT.replace("map: people", "map: people\nversion: 7"), ROW).lineages[0].id
    assert here != there
    assert here == again


def test_hits_count_the_rows_each_rule_decided() -> None:
    """A rule of an entry or field counts where it makes a value, the rule of a branch on all its rows."""
    rows = [ROW | {"TEL": "+49 30 23125100"}, ROW | {"ID": "2", "A": None}, ROW | {"ID": "3", "KIND": "O"}]
    hits = {hit["rule"]: hit["rows"] for hit in out(TEXT, *rows).hits.to_pylist()}
    assert hits == {"R1": 2, "R2": 1, "R3": 1}


def test_notes_name_untaken_columns_and_unused_rules() -> None:
    """Columns under ignore are no news."""
    found = out(TEXT, ROW | {"OLD": "x", "NEW": "y", "TEL": "+49 30 23125100"})
    assert {(note.map, str(note.subject), note.name) for note in found.notes} == {
        ("people", "column untaken", "NEW"),
        ("people", "rule unused", "R4"),
    }
