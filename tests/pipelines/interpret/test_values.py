"""From the text of a column to the value of a field."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import GuardStopped
from tests.pipelines.interpret.maps import PERSON, claimed, entries, out, refused, rule_text, went

PARSE = "parse: {dates: ['%d.%m.%Y'], decimal: ',', null_tokens: [N/A, '-'], phone_country: DE, country: DE}"


def field(line: str, *, kind: str = "person", extra: str = "") -> str:
    """A rule file with a person and one more field or entry."""
    if kind == "person":
        return rule_text(entries(f"person: {{full_name: {{from: NAME}}, {line}}}"), source=PARSE, rest=extra)
    return rule_text(entries(PERSON, f"{kind}: {{of: person, {line}}}"), source=PARSE, rest=extra)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("  Clerk \t", "Clerk", id="white space around it goes"),
        pytest.param("\u00a0Clerk\u00a0", "Clerk", id="no-break space too"),
        pytest.param("Chief  Clerk", "Chief  Clerk", id="white space inside stays"),
        pytest.param(" - ", None, id="a null token means nothing, also with space around it"),
        pytest.param("   ", None, id="blank means nothing"),
        pytest.param(None, None, id="NULL means nothing"),
        pytest.param("n/a", "n/a", id="null tokens are compared letter by letter"),
    ],
)
def test_values_are_trimmed_and_null_tokens_mean_nothing(text: str | None, value: str | None) -> None:
    """A field sees its column after trim and null tokens."""
    found = out(field("job_title: {from: JOB}"), {"ID": "1", "NAME": "Ada Park", "JOB": text})
    assert found.claims["person"]["job_title"].to_pylist() == [value]


def test_raw_is_the_text_as_found() -> None:
    """`raw.X` in an expression is neither trimmed nor emptied of null tokens."""
    found = out(
        field("job_title: {expr: \"'[' || raw.JOB || ']'\"}"), {"ID": "1", "NAME": "A Park", "JOB": " - "}
    )
    assert found.claims["person"]["job_title"].to_pylist() == ["[ - ]"]


def test_current_date_is_the_date_of_the_run() -> None:
    """An expression reads the run's date, not the clock."""
    found = out(field("job_title: {expr: current_date::VARCHAR}"), {"ID": "1", "NAME": "Ada Park"})
    assert claimed(found, "person")[0]["job_title"] == "2026-03-02"


def test_transforms_run_in_their_order() -> None:
    """Each transform works on what the one before it left."""
    text = field("job_title: {from: JOB, transform: [squeeze, upper]}")
    assert claimed(out(text, {"ID": "1", "NAME": "Ada Park", "JOB": "chief  clerk"}), "person")[0][
        "job_title"
    ] == ("CHIEF CLERK")


@pytest.mark.parametrize(
    ("country", "postcode", "expected"),
    [
        pytest.param("DE", "1067", "01067", id="short text is filled up where the condition holds"),
        pytest.param("AT", "1010", "1010", id="and left alone where it does not"),
        pytest.param("DE", "10115", "10115", id="long enough text stays"),
        pytest.param("DE", None, None, id="nothing stays nothing"),
    ],
)
def test_pad_left_may_depend_on_another_mapped_value(
    country: str, postcode: str | None, expected: str | None
) -> None:
    """The condition of pad_left sees values mapped in the same branch, whatever their order in the file."""
    zipped = "postal_code: {from: ZIP, pad_left: {to: 5, with: '0', when: \"address.country_code = 'DE'\"}}"
    text = field(f"{zipped}, country_code: {{from: LAND}}, city: {{from: CITY}}", kind="address")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "ZIP": postcode, "LAND": country, "CITY": "Dresden"})
    assert found.claims["address"]["postal_code"].to_pylist() == [expected]


def test_how_a_value_is_read_does_not_close_a_circle() -> None:
    """A country worked out from the postcode: the postcode is read without it."""
    country = "country_code: {expr: \"CASE WHEN length(address.postal_code) = 4 THEN 'AT' ELSE 'DE' END\"}"
    text = field(f"postal_code: {{from: ZIP}}, {country}", kind="address")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "ZIP": "10115"})
    assert claimed(found, "address") == [{"postal_code": "10115", "country_code": "DE"}]


def test_a_value_that_cannot_be_read_is_withheld_and_the_record_loads() -> None:
    """A bad date costs the date, and its entry names target, column, code and text as found."""
    found = out(field("birth_date: {from: DOB}"), {"ID": "1", "NAME": "Ada Park", "DOB": "31.02.1990"})
    assert claimed(found, "person")[0]["full_name"] == "Ada Park"
    assert refused(found, "severity", "target", "column", "code", "raw", "record_id") == [
        ("withhold", "person.birth_date", "DOB", "DATE-UNPARSED", "31.02.1990", "shop.people:1#person")
    ]


def test_sentinels_apply_after_parsing() -> None:
    """A date that stands for nothing is no value and no problem, in whatever format it is written."""
    text = field("birth_date: {from: DOB, sentinels: [1900-01-01]}")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "DOB": "01.01.1900"})
    assert found.claims["person"]["birth_date"].to_pylist() == [None]
    assert found.rejections.num_rows == 0


def test_an_expression_that_fails_withholds_its_value_on_that_row_alone() -> None:
    """One value that cannot be cast ends neither the query nor the row."""
    text = field("job_title: {expr: CAST(LEVEL AS INTEGER)::VARCHAR}")
    rows = [{"ID": "1", "NAME": "Ada Park", "LEVEL": "three"}, {"ID": "2", "NAME": "Bo Reed", "LEVEL": "4"}]
    found = out(text, *rows)
    assert found.claims["person"]["job_title"].to_pylist() == [None, "4"]
    assert refused(found, "code", "raw", "column") == [("RULE-FAILED", "three", "LEVEL")]


def test_an_infinite_number_is_a_failed_expression() -> None:
    """DuckDB divides by zero to infinity; no field takes that."""
    text = field("job_title: {expr: (1 / CAST(LEVEL AS DOUBLE))::DOUBLE}")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "LEVEL": "0"})
    assert refused(found, "code") == [("RULE-FAILED",)]


def test_a_number_an_expression_works_out_is_written_with_a_point() -> None:
    """The decimal sign of the source is for its text, not for SQL numbers."""
    text = field(
        "account_no: {from: ID}, balance: {expr: 'CAST(CENTS AS INTEGER) / 100::DECIMAL(9,2)'}",
        kind="account",
    )
    found = out(text, {"ID": "1", "NAME": "Ada Park", "CENTS": "1250"})
    assert claimed(found, "account")[0]["balance"] == 1250


def test_amounts_are_read_in_the_currency_of_their_row() -> None:
    """Yen have no minor unit; a row that names no currency has that of the source."""
    text = field("account_no: {from: ID}, balance: {from: SUM}, currency: {from: CUR}", kind="account")
    row = {"NAME": "Ada Park", "SUM": "1200"}
    found = out(text, row | {"ID": "1", "CUR": "JPY"}, row | {"ID": "2", "CUR": None})
    assert [(r["balance"], r["currency"]) for r in claimed(found, "account")] == [
        (1200, "JPY"),
        (120000, "EUR"),
    ]


# --- code tables ---
@pytest.fixture
def genders(tmp_path: Path) -> Path:
    """A folder with a small code table."""
    (tmp_path / "sex.csv").write_text(
        "source_value,target_value,label,rows\n1,M,man,\n2,F,woman,\n9,,not said,\n"
    )
    return tmp_path


def coded(unmapped: str) -> str:
    """A rule file with that code table."""
    return field(
        "gender: {from: SEX, code_table: sex}",
        extra=f"code_tables: {{sex: {{file: sex.csv, unmapped: {unmapped}}}}}",
    )


@pytest.mark.parametrize(
    ("unmapped", "code", "value", "problems"),
    [
        pytest.param("withhold", "2", "F", [], id="a code of the table becomes its meaning"),
        pytest.param("withhold", "9", None, [], id="a code may mean nothing"),
        pytest.param(
            "withhold", "7", None, [("withhold", "CODE-UNMAPPED", "7")], id="an unknown one is withheld"
        ),
        pytest.param("{default: X}", "7", "X", [], id="or becomes the default"),
        pytest.param("pass", "x", "X", [], id="or passes as it is"),
        pytest.param("pass", "7", None, [("withhold", "NOT-A-CHOICE", "7")], id="if the field can take it"),
        pytest.param("withhold", None, None, [], id="nothing is no code"),
    ],
)
def test_code_tables(
    genders: Path, unmapped: str, code: str | None, value: str | None, problems: list[tuple[str, ...]]
) -> None:
    """What a code becomes, and what a code becomes that the table lacks."""
    found = out(coded(unmapped), {"ID": "1", "NAME": "Ada Park", "SEX": code}, folder=genders)
    assert found.claims["person"]["gender"].to_pylist() == [value]
    assert refused(found, "severity", "code", "raw") == problems


def test_a_code_that_quarantines_takes_its_row_along(genders: Path) -> None:
    """`unmapped: quarantine` leaves no record of the row, and keeps the whole row in its entry."""
    found = out(coded("quarantine"), {"ID": "1", "NAME": "Ada Park", "SEX": "7"}, folder=genders)
    assert went(found) == {"1": ("quarantined", "CODE-UNMAPPED")}
    assert refused(found, "raw", "record_id") == [('{"ID":"1","NAME":"Ada Park","SEX":"7"}', None)]


def test_a_code_that_fails_stops_the_run(genders: Path) -> None:
    """`unmapped: fail` names table, codes and rows."""
    with pytest.raises(GuardStopped, match=r"1 rows .* 'sex' lacks: '7'"):
        out(coded("fail"), {"ID": "1", "NAME": "Ada Park", "SEX": "7"}, folder=genders)


def test_codes_nobody_needs_are_noted(genders: Path) -> None:
    """The rows of a code table that no value used are named."""
    found = out(coded("withhold"), {"ID": "1", "NAME": "Ada Park", "SEX": "2"}, folder=genders)
    assert [n.name for n in found.notes if n.subject == "code unused"] == ["sex: 1", "sex: 9"]


# --- contact points ---
@pytest.mark.parametrize(
    ("kind", "text", "norm"),
    [
        pytest.param("email", " Ada@Park.example ", "ada@park.example", id="an address in small letters"),
        pytest.param("phone", "030 23125 100", "+493023125100", id="a number in E.164"),
        pytest.param("fax", "(030) 23125-101", "+493023125101", id="a fax number likewise"),
        pytest.param("web", "WWW.Park.example/", "https://www.park.example", id="a web address with scheme"),
    ],
)
def test_contact_points_are_read_as_their_kind_says(kind: str, text: str, norm: str) -> None:
    """Beside the normal form stands the text as found, trimmed."""
    found = out(
        field(f"kind: {kind}, value: {{from: X}}", kind="contact_point"),
        {"ID": "1", "NAME": "A Park", "X": text},
    )
    assert claimed(found, "contact_point") == [{"kind": kind, "value_raw": text.strip(), "value_norm": norm}]


def test_the_kind_of_a_contact_point_may_come_from_a_column() -> None:
    """Each row is read as its own kind."""
    text = field("kind: {from: K}, value: {from: X}", kind="contact_point")
    rows = [
        {"ID": "1", "K": "Email", "X": "ada@park.example"},
        {"ID": "2", "K": "phone", "X": "030 23125 100"},
    ]
    found = out(text, *({**row, "NAME": "Ada Park"} for row in rows))
    assert [c["value_norm"] for c in claimed(found, "contact_point")] == ["ada@park.example", "+493023125100"]


def test_an_invalid_contact_point_is_withheld() -> None:
    """No claim without a normal form; the entry keeps the text."""
    text = field("kind: email, value: {from: X}", kind="contact_point")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "X": "ada@"})
    assert claimed(found, "contact_point") == []
    assert refused(found, "target", "code", "raw") == [("contact_point.value", "EMAIL-INVALID", "ada@")]


def test_an_entry_of_constants_and_blanks_claims_nothing() -> None:
    """A label and a default currency alone are no claim."""
    text = field("label: home, city: {from: CITY}", kind="address")
    assert claimed(out(text, {"ID": "1", "NAME": "Ada Park", "CITY": " "}), "address") == []


def test_a_claim_without_a_field_it_cannot_lack_is_withheld_with_an_entry() -> None:
    """A balance without account number is told, not dropped in silence."""
    text = field("account_no: {from: NO}, balance: {from: SUM}", kind="account")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "NO": None, "SUM": "5"})
    assert claimed(found, "account") == []
    assert refused(found, "severity", "target", "code") == [
        ("withhold", "account.account_no", "PART-MISSING")
    ]


def test_a_nul_character_becomes_six_characters_and_an_entry() -> None:
    """No database takes U+0000; the rest of the value loads."""
    found = out(field("job_title: {from: JOB}"), {"ID": "1", "NAME": "Ada Park", "JOB": "Cl\x00erk"})
    assert claimed(found, "person")[0]["job_title"] == "Cl\\u0000erk"
    assert refused(found, "severity", "code", "raw") == [("withhold", "NUL-CHARACTER", "Cl\\u0000erk")]


@pytest.mark.parametrize(
    ("name", "loaded", "listed"),
    [
        pytest.param("Ada\x00Lou Park", ["Ada\\u0000Lou Park"], ["NUL-CHARACTER"], id="inside a name"),
        pytest.param("Park\x00", ["Park\\u0000"], ["NUL-CHARACTER"], id="behind a name"),
        pytest.param("\x00 \x00", [], ["NAME-MISSING"], id="alone it is no name"),
    ],
)
def test_a_nul_character_in_a_name_is_not_left_out_unsaid(
    name: str, loaded: list[str], listed: list[str]
) -> None:
    """Parting the name would drop it; the person keeps it, spelt out, and it is listed."""
    found = out(rule_text(entries(PERSON)), {"ID": "1", "NAME": name})
    assert [person["full_name"] for person in claimed(found, "person")] == loaded
    assert [code for (code,) in refused(found, "code")] == listed


def test_text_in_the_wrong_encoding_is_named_with_the_likely_right_text_and_loads() -> None:
    """Mojibake is a warning; the value stays as found."""
    found = out(field("job_title: {from: JOB}"), {"ID": "1", "NAME": "Ada Park", "JOB": "GeschÃ¤ftsfÃ¼hrer"})
    assert claimed(found, "person")[0]["job_title"] == "GeschÃ¤ftsfÃ¼hrer"
    ((severity, code, suggestion),) = refused(found, "severity", "code", "suggestion")
    assert (severity, code) == ("warn", "TEXT-MOJIBAKE")
    assert "Geschäftsführer" in suggestion


def test_a_required_value_quarantines_the_row() -> None:
    """Missing or unreadable is the same to `required`."""
    text = field("birth_date: {from: DOB, required: true}")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "DOB": "soon"}, {"ID": "2", "NAME": "Bo Reed"})
    assert went(found) == {"1": ("quarantined", "REQUIRED-MISSING"), "2": ("quarantined", "REQUIRED-MISSING")}
    assert found.records.num_rows == 0
