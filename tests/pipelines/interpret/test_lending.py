"""Texts that rows look up in the rows of another map, or of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError, GuardStopped
from crm_unify.rules.load import load_project
from crm_unify.rules.meaning import meaning
from pipelines.interpret.coverage import try_examples
from pipelines.interpret.interface import Interpreted
from tests.pipelines.interpret.maps import (
    AS_OF,
    Row,
    claimed,
    entries,
    loaded,
    project_of,
    refused,
    rule_text,
)

TOWNS = rule_text("- lookup_only: true", name="towns", key="[NO]")
TOWN_ROWS: list[Row] = [
    {"NO": "1", "TOWN": " Berlin ", "CODE": "B"},
    {"NO": "2", "TOWN": "Köln", "CODE": "K"},
    {"NO": "3", "TOWN": "Kassel", "CODE": "K"},
    {"NO": "4", "TOWN": None, "CODE": "N"},
]


def people(lookup: str, *, rest: str = "") -> str:
    """Persons whose town is looked up."""
    city = f"address: {{of: person, line1: {{from: STREET}}, city: {{{lookup}}}}}"
    return rule_text(entries("person: {full_name: {from: NAME}}", city), rest=rest)


def run(folder: Path, lookup: str, *towns: str | None) -> Interpreted:
    """Persons 1, 2, ... with these references."""
    rows: list[Row] = [
        {"ID": str(i), "NAME": f"Ada Park{'abcdef'[i]}", "STREET": "High St", "TOWN": town}
        for i, town in enumerate(towns)
    ]
    return project_of(folder, {"people": (people(lookup), rows), "towns": (TOWNS, TOWN_ROWS)})


def test_a_text_is_taken_from_the_row_whose_key_stands_here(tmp_path: Path) -> None:
    """Trimmed like any text of its source; a row without a reference has no value and nothing is wrong."""
    found = run(tmp_path, "lookup: [shop, towns, TOWN], take: TOWN", "1", " 2 ", None, "4")
    assert found.claims["address"]["city"].to_pylist() == ["Berlin", "Köln", None, None]
    assert refused(found, "code") == []


def test_looked_up_text_goes_on_like_any_other(tmp_path: Path) -> None:
    """Transforms work on it."""
    found = run(tmp_path, "lookup: [shop, towns, TOWN], take: TOWN, transform: upper", "2")
    assert [row["city"] for row in claimed(found, "address")] == ["KÖLN"]


def test_rows_of_lists_are_accounted_for_by_a_rule_of_the_program(tmp_path: Path) -> None:
    """They make nothing, and none of them is lost."""
    fates = run(tmp_path, "lookup: [shop, towns, TOWN], take: TOWN", "1").fates.to_pylist()
    rows = [(row["fate"], row["rule"]) for row in fates if row["map"] == "towns"]
    assert rows == [("discarded", "SYS-LOOKUP-ONLY")] * 4


@pytest.mark.parametrize(
    ("missing", "severity", "fate"),
    [
        pytest.param("", "withhold", "mapped", id="withheld where nothing is said"),
        pytest.param(", missing: quarantine", "quarantine", "quarantined", id="the row waits for repair"),
        pytest.param(", missing: null", None, "mapped", id="nothing is said"),
    ],
)
def test_a_reference_that_nothing_has(tmp_path: Path, missing: str, severity: str, fate: str) -> None:
    """The entry shows the reference as found, and its column."""
    found = run(tmp_path, f"lookup: [shop, towns, TOWN], take: TOWN{missing}", "9")
    told = refused(found, "severity", "column", "code", "sentence")
    said = "TOWN holds '9', and the source in which it is looked up has no such row."
    assert told == ([(severity, "TOWN", "LOOKUP-MISSING", said)] if severity else [])
    assert [row["fate"] for row in found.fates.to_pylist() if row["map"] == "people"] == [fate]


def test_missing_fail_names_the_references(tmp_path: Path) -> None:
    """The guard stops the run."""
    with pytest.raises(GuardStopped, match="2 rows of 'people' look up what 'towns' does not have: '8', '9'"):
        run(tmp_path, "lookup: [shop, towns, TOWN], take: TOWN, missing: fail", "9", "8", "1")


def test_any_column_can_be_looked_up_by_and_rows_that_differ_are_told(tmp_path: Path) -> None:
    """Two towns have one code: nobody knows which is meant, and the value is withheld."""
    found = run(tmp_path, "lookup: [shop, towns, TOWN], by: CODE, take: TOWN", "B", "K")
    assert found.claims["address"]["city"].to_pylist() == ["Berlin", None]
    assert refused(found, "severity", "code", "raw") == [("withhold", "LOOKUP-AMBIGUOUS", "K")]


@pytest.mark.parametrize("missing", ["quarantine", "fail"])
def test_rows_that_differ_are_as_bad_as_none(tmp_path: Path, missing: str) -> None:
    """What `missing` says holds for both."""
    lookup = f"lookup: [shop, towns, TOWN], by: CODE, take: TOWN, missing: {missing}"
    if missing == "fail":
        with pytest.raises(GuardStopped, match="'towns' has in several texts: 'K'"):
            run(tmp_path, lookup, "K")
    else:
        assert refused(run(tmp_path, lookup, "K"), "severity", "code") == [("quarantine", "LOOKUP-AMBIGUOUS")]


def test_nothing_is_taken_from_a_retired_map(tmp_path: Path) -> None:
    """It has no rows, and all fields would be emptied."""
    retired = rule_text("- lookup_only: true", name="towns", key="[NO]", source="state: retired")
    text = people("lookup: [shop, towns, TOWN], take: TOWN")
    with pytest.raises(ConfigurationError, match="the map 'towns' is retired"):
        project_of(tmp_path, {"people": (text, []), "towns": (retired, [])})


def test_a_default_that_is_written_out_changes_no_meaning() -> None:
    """An approval stays."""
    lookup = "lookup: [shop, towns, TOWN], take: TOWN"
    plain, said = (loaded(people(f"{lookup}{more}")) for more in ("", ", missing: withhold"))
    assert meaning(plain) == meaning(said)


def test_examples_know_the_null_tokens_of_the_other_map(tmp_path: Path) -> None:
    """A dash that means nothing there is no town."""
    dash = 'parse: {null_tokens: ["-"]}'
    towns = rule_text("- lookup_only: true", name="towns", key="[NO]", source=dash)
    rest = EXAMPLES.replace("TOWN: Bonn", 'TOWN: "-"').replace("[{city: Bonn}]", "[{city: null}]")
    rest = rest.replace("TOWN: 7}]", "STREET: S, TOWN: 7}]", 1)
    text = people("lookup: [shop, towns, TOWN], take: TOWN", rest=rest)
    project_of(tmp_path, {"people": (text, [{"TOWN": "1"}]), "towns": (towns, TOWN_ROWS)})
    rules = load_project(tmp_path).rules_of("people")
    assert rules is not None
    assert try_examples(rules, as_of=AS_OF)[0] == ()


def test_a_map_may_look_texts_up_in_itself(tmp_path: Path) -> None:
    """The boss's name as job title; a row that is in quarantine lends its text all the same."""
    text = rule_text(
        entries("person: {full_name: {from: NAME}, job_title: {lookup: [shop, people, BOSS], take: NAME}}")
    )
    rows: list[Row] = [
        {"ID": "1", "NAME": "Ada Park", "BOSS": None},
        {"ID": "2", "NAME": "Bo Reed", "BOSS": "1"},
    ]
    found = project_of(tmp_path, {"people": (text, rows)})
    assert found.claims["person"]["job_title"].to_pylist() == [None, "Ada Park"]


def test_what_nobody_looks_up_is_told(tmp_path: Path) -> None:
    """Rows of a list that no row needs, and columns that lookups take are no longer untaken."""
    notes = run(tmp_path, "lookup: [shop, towns, TOWN], take: TOWN", "1").notes
    assert [(note.map, note.sentence) for note in notes] == [
        ("towns", "No rule takes column 'CODE'; map it, or list it under `ignore` with a reason."),
        ("towns", "3 of 4 keys of 'towns' (NO) are looked up by no row: 2, 3, 4"),
    ]


def test_lineage_names_the_reference_and_what_is_taken(tmp_path: Path) -> None:
    """The column is that of the own row; the words say where the text is from."""
    found = run(tmp_path, "lookup: [shop, towns, TOWN], take: TOWN", "1")
    (line,) = [one for line in found.lineages for one in line.fields if one.target == "address.city"]
    assert (line.columns, line.how) == (("TOWN",), "TOWN of shop.towns with this key")


EXAMPLES = """tests:
  - name: the town is known
    given: [{ID: 1, NAME: Ada Park, TOWN: 7}]
    beside: {towns: [{NO: 7, TOWN: Bonn}]}
    expect: {address: [{city: Bonn}]}
  - name: the town is not known
    given: [{ID: 1, NAME: Ada Park, STREET: High St, TOWN: 7}]
    beside: {towns: []}
    expect: {address: [{city: null}], rejection: [{code: LOOKUP-MISSING}]}
"""


def test_examples_bring_the_other_rows_along(tmp_path: Path) -> None:
    """And count as trying the lookup."""
    text = people("lookup: [shop, towns, TOWN], take: TOWN", rest=EXAMPLES)
    project_of(tmp_path, {"people": (text, [{"TOWN": "1"}]), "towns": (TOWNS, TOWN_ROWS)})
    rules = load_project(tmp_path).rules_of("people")
    assert rules is not None
    failing, coverage = try_examples(rules, as_of=AS_OF)
    assert (failing, coverage.counts()["lookup"]) == ((), (1, 1))


@pytest.mark.parametrize(
    ("lookup", "said"),
    [
        pytest.param("lookup: [shop, town, TOWN], take: TOWN", "did you mean 'towns'", id="another map"),
        pytest.param("lookup: [shop, towns, TOWN]", "add take:", id="no record hangs on a town"),
        pytest.param("from: TOWN, take: TOWN", "'take' belongs to a lookup", id="nothing is looked up"),
        pytest.param(
            "lookup: [shop, towns, TOWN], take: TOWN, missing: hold", "write one of withhold", id="hold"
        ),
    ],
)
def test_lookups_that_cannot_be_are_refused(tmp_path: Path, lookup: str, said: str) -> None:
    """With file, line and what to do."""
    with pytest.raises(ConfigurationError) as refusal:
        run(tmp_path, lookup)
    assert said in str(refusal.value)
    assert "rules.yml:" in str(refusal.value)


def test_a_list_that_nobody_looks_up_is_refused(tmp_path: Path) -> None:
    """Its rows would vanish for no reason."""
    with pytest.raises(ConfigurationError, match="no rule file looks texts up in 'towns'"):
        project_of(tmp_path, {"towns": (TOWNS, [])})
