"""A mistake in a rule file is told with its line, before any source is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError
from crm_unify.rules.load import load_project, rules_from_text
from crm_unify.rules.mistakes import ConfigurationErrors, each
from crm_unify.rules.yaml_tree import parse_yaml
from tests.crm_unify.rules.examples import ORDERS, PROJECT, RULES, changed, line_of, write_project

SHAPE = [
    pytest.param("status: in_review", "on_delete: dlete", ["'dlete'", "'delete'"], id="no such policy"),
    pytest.param("status: in_review", "owenr: me", ["unknown key 'owenr'", "'owner'"], id="unknown key"),
    pytest.param("  reader: sql", "  raeder: sql", ["unknown key 'raeder'", "'reader'"], id="nested key"),
    pytest.param("{from: TEL, type: phone}", "{frm: TEL}", ["unknown key 'frm'", "'from'"], id="field key"),
    pytest.param("    person: {as", "    preson: {as", ["'preson'", "'person'"], id="unknown kind"),
    pytest.param("full_name: {from", "fullname: {from", ["'fullname'", "'full_name'"], id="unknown field"),
    pytest.param("type: phone", "type: fone", ["'fone'", "'phone'"], id="unknown type"),
    pytest.param("reader: sql", "reader: sqll", ["'sqll'", "'sql'"], id="unknown reader"),
    pytest.param("map: customers", "map: Customers", ["'Customers' is not a name"], id="name in capitals"),
    pytest.param(
        "key: [CUSTNO]", "key: []", ["'key' needs a list of 1 or more, found an empty list"], id="no key"
    ),
    pytest.param("to: 5", "to: five", ["needs a whole number, found 'five'"], id="no number"),
    pytest.param("{from: TEL, type: phone}", "{type: phone}", ["exactly one of"], id="value from nowhere"),
    pytest.param("{what: TYPE C is a company, ", "{", ["'BR-1' needs the key 'what'"], id="missing key"),
    pytest.param("kind: phone,", "kind: phone, kind: fax,", ["'kind' stands twice"], id="duplicate key"),
    pytest.param("    rule: BR-1\n", "\trule: BR-1\n", ["a tab indents"], id="tab"),
    pytest.param(
        "{from: NAME1,", "{from: !!python/name:os.system x,", ["tag"], id="tag that would make an object"
    ),
    pytest.param(
        "  - when: \"TYPE = 'C'\"", "  - discard: {rule: BR-2}", ["exactly one of"], id="two outcomes"
    ),
    pytest.param("  table: CUST", "  state: molten\n  table: CUST", ["molten"], id="state"),
    pytest.param("  table: CUST", "  delivery: delta\n  table: CUST", ["as it stands"], id="delta"),
    pytest.param("  table: CUST", "  cursor: {column: DAY, lag: 2w}\n  table: CUST", ["lag"], id="weeks"),
    pytest.param("  table: CUST", "  cursor: {colum: DAY}\n  table: CUST", ["'column'"], id="cursor's key"),
    pytest.param("  reader: sql", "  cursor: {column: A}\n  reader: csv", ["means nothing"], id="in a file"),
    pytest.param(
        "key: [CUSTNO]", "key: {content: [CUSTNO]}\n  cursor: {column: A}", ["a cursor needs"], id="keyless"
    ),
    pytest.param("  table: CUST", "  op_column: OP\n  table: CUST", ["op_column"], id="operations"),
    pytest.param(
        "    consent: {", "    product: {", ["kind 'product' is not supported yet"], id="later kind"
    ),
]
"""Mistakes in the shape of the file: (old text, new text, what the message says)."""

MEANING = [
    pytest.param("    rule: BR-1", "    rule: BR-7", ["unknown rule 'BR-7'"], id="rule of a target"),
    pytest.param("{rule: BR-2, max", "{rule: BR-9, max", ["unknown rule 'BR-9'"], id="discarding rule"),
    pytest.param("  BR-1: {", "  SYS-1: {", ["program's own"], id="rule id of the program"),
    pytest.param("{of: org, kind: phone", "{of: ogr, kind: phone", ["party 'ogr'", "'org'"], id="of"),
    pytest.param("{of: org, kind: phone", "{kind: phone", ["does not say whose"], id="of left out"),
    pytest.param(
        "person: {as: contact, ",
        "person: {as: contact, of: org, ",
        ["'of' means nothing"],
        id="of of a party",
    ),
    pytest.param("person: contact, role", "person: contcat, role", ["'contcat'", "'contact'"], id="link"),
    pytest.param(
        "person: contact, role", "person: org, role", ["unknown person 'org'"], id="link of another kind"
    ),
    pytest.param(
        "person: {as: contact,", "person: {as: org,", ["two entries", "'org'"], id="two parts of one name"
    ),
    pytest.param("squeeze, org_case", "squeeze, orgcase", ["'orgcase'", "'org_case'"], id="transform"),
    pytest.param("code_table: country", "code_table: cuntry", ["'cuntry'", "'country'"], id="code table"),
    pytest.param("kind: phone,", "kind: fone,", ["'fone'", "'phone'"], id="kind of contact point"),
    pytest.param("type: phone", "type: email", ["is not read as email"], id="type against the kind"),
    pytest.param(
        "{from: BALANCE}", "{from: BALANCE, type: text}", ["read as money"], id="type against the field"
    ),
    pytest.param(
        "{from: CONTACT}", "{from: CONTACT, objection: [N]}", ["belongs to the flag"], id="objection"
    ),
    pytest.param(
        "{from: CONTACT}", "{from: CONTACT, missing: null}", ["'missing'"], id="missing without a lookup"
    ),
    pytest.param(
        "objection: [N]", "objection: [N], consent: [N]", ["'N' stands for"], id="yes and no at once"
    ),
    pytest.param(
        "{const: contact}", "{const: x, transform: upper}", ["nothing for a constant"], id="constant tidied"
    ),
    pytest.param("{from: CONTACT}", "{lookup: [billing, customers, X]}", ["cannot be a lookup"], id="lookup"),
    pytest.param("{from: OPTIN, ", "{from: OPTIN, sentinels: [x], type: date, ", ["no date"], id="sentinel"),
    pytest.param("account_no: {from: CUSTNO}, ", "", ["account needs account_no"], id="needed field"),
    pytest.param("TYPE = 'C'", "TYPE = 'C", ["not SQL"], id="when is no SQL"),
    pytest.param("TYPE = 'C'", "TYPE || 'C'", ["a condition is needed"], id="when is no condition"),
    pytest.param("TYPE IS NULL", "1 = 2", ["never holds"], id="when never holds"),
    pytest.param("TYPE IS NULL", "TYPE = 'C' ", ["no row can get to"], id="the same condition again"),
    pytest.param("address.country_code =", "address.contry_code =", ["'country_code'"], id="mapped value"),
    pytest.param("address.country_code =", "adress.country_code =", ["'address'"], id="mapped entry"),
    pytest.param(
        "address.country_code =", "address.postal_code =", ["wait for each other"], id="circle of one"
    ),
    pytest.param("on: account", "on: person_x", ["'person_x'"], id="check on no kind"),
    pytest.param("balance >= 0", "balanc >= 0", ["'balanc'", "'balance'"], id="check on no field"),
    pytest.param("balance >= 0", "balance + 1", ["a condition is needed"], id="check is no condition"),
    pytest.param("sum(money(BALANCE))", "money(BALANCE)", ["needs sum"], id="sum over one row"),
    pytest.param("sum(account.balance)", "sum(balance)", ["kind.field"], id="sum over no kind"),
    pytest.param(
        "sum(account.balance)", "sum(address.city)", ["'sum' cannot be applied to text"], id="sum over text"
    ),
    pytest.param(
        "expect: {organisation:", "expect: {organization:", ["'organisation'"], id="example of no kind"
    ),
    pytest.param("[{name: Mueller", "[{nam: Mueller", ["'nam'", "'name'"], id="example of no field"),
    pytest.param("key: [CUSTNO]", "key: [CUSTNO, CUSTNO]", ["stands twice in the key"], id="key twice"),
    pytest.param(
        "OLD_REF: superseded in 2004", 'OLD_REF: ""', ["why is column"], id="ignored without reason"
    ),
    pytest.param("phone_country: DE", "phone_country: XX", ["no ISO 3166"], id="country"),
    pytest.param("phone_country: DE", "currency: EURO", ["no ISO 4217"], id="currency"),
    pytest.param("phone_country: DE", "timezone: Europe/Berlinn", ["'Europe/Berlin'"], id="timezone"),
    pytest.param("%Y%m%d", "%Y%m%q", ["'%q', which is not known"], id="date directive"),
    pytest.param("%Y%m%d", "%Y", ["year, month and day"], id="date format without a day"),
    pytest.param(
        "table: CUSTMAST", "sheet: Data", ["means nothing to the reader"], id="key of another reader"
    ),
    pytest.param("codes/country.csv", "codes/contry.csv", ["codes/country.csv"], id="code table file"),
]
"""Mistakes in what the file means: (old text, new text, what the message says)."""


@pytest.mark.parametrize(("old", "new", "parts"), [*SHAPE, *MEANING])
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    """The error names file and line of the mistake, says what is wrong and the nearest valid name."""
    broken, line = changed(RULES, old, new), line_of(RULES, old)
    with pytest.raises(ConfigurationError) as caught:
        load_project(write_project(tmp_path, rules=broken))
    told = [m for m in each(caught.value) if all(part in str(m) for part in parts)]
    assert told, str(caught.value)
    assert told[0].file.endswith("customers.yml")
    assert line <= (told[0].line or 0) <= line + new.count("\n")


def test_a_right_rule_file_loads(tmp_path: Path) -> None:
    """What the mistakes above are made from is right."""
    project = load_project(write_project(tmp_path))
    assert [loaded.rules.map for loaded in project.files] == ["customers", "orders"]
    assert project.files[0].code_tables["country"].mapping == {"D": "DE", "A": "AT"}


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Nobody has to correct one to see the next."""
    rules = changed(changed(RULES, "status: in_review", "owenr: me"), "to: 5", "to: five")
    orders, project = (
        changed(ORDERS, "order_no: ", "order_nr: "),
        changed(PROJECT, "[pin, valid", "[pin, vaild"),
    )
    with pytest.raises(ConfigurationErrors) as caught:
        load_project(write_project(tmp_path, rules=rules, orders=orders, project=project, codes=None))
    places = [(Path(m.file).name, m.line) for m in each(caught.value)]
    assert places == [
        ("crm_unify.yml", 9),
        ("customers.yml", 2),
        ("customers.yml", 28),
        ("orders.yml", 4),
        ("orders.yml", 6),
    ]


def test_a_bracket_left_open_is_told_where_it_shows(tmp_path: Path) -> None:
    """YAML sees it some lines later; the message says where to look."""
    broken = changed(RULES, "[squeeze, org_case]", "[squeeze, org_case")
    with pytest.raises(ConfigurationError, match=r"customers.yml:\d+; while parsing.*line above"):
        load_project(write_project(tmp_path, rules=broken))


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        pytest.param("[billing, customers", "[biling, customers", ["'biling'", "'billing'"], id="system"),
        pytest.param("[billing, customers", "[billing, custmers", ["'custmers'", "'customers'"], id="map"),
        pytest.param(
            "[billing, customers", "[billing, orders", ["makes no person"], id="map without parties"
        ),
        pytest.param(
            "{lookup: [billing, customers, CUSTNO], missing: hold}", "{from: X}", ["lookup"], id="no lookup"
        ),
        pytest.param(
            "missing: hold", "missing: withhold", ["'missing: withhold' means nothing"], id="withhold"
        ),
        pytest.param("system: billing", "system: biling", ["'biling'", "'billing'"], id="source system"),
        pytest.param(
            "system: billing", "system: sales", ["needs a url"], id="a file where a database is read"
        ),
        pytest.param("map: orders", "map: customers", ["call their map 'customers'"], id="map name twice"),
    ],
)
def test_a_wrong_reference_to_another_file_is_told(
    tmp_path: Path, old: str, new: str, parts: list[str]
) -> None:
    """Lookups, systems and map names are held against the whole project."""
    orders = changed(ORDERS, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_project(write_project(tmp_path, orders=orders))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert ("orders.yml", line_of(orders, new)) in [(Path(m.file).name, m.line) for m in each(caught.value)]


def test_a_map_without_a_one_column_key_cannot_be_looked_up(tmp_path: Path) -> None:
    """A content key is no value of another table."""
    rules = changed(RULES, "key: [CUSTNO]", "key: {content: [CUSTNO, NAME1]}")
    with pytest.raises(ConfigurationError, match="its key is not one column"):
        load_project(write_project(tmp_path, rules=rules))


def test_what_is_written_stays_text() -> None:
    """A key of zeros and digits, a date and a number are the characters that stand in the file."""
    row = "{A: 0017, B: NO, C: 1.10, D: 2026-03-02, E: null}"
    text = f"{ORDERS}tests:\n  - {{name: x, given: [{row}], expect: {{}}}}\n"
    given = rules_from_text(text).rules.tests[0].given
    assert given == [{"A": "0017", "B": "NO", "C": "1.10", "D": "2026-03-02", "E": None}]


@pytest.mark.parametrize("word", ["null", "'null'", "~"])
def test_missing_null_may_be_yaml_s_own_null(word: str) -> None:
    """The word and the value mean the same: the child loads without its parent."""
    rules = rules_from_text(changed(ORDERS, "missing: hold", f"missing: {word}")).rules
    assert rules.targets[0].entries[0].fields["customer"].missing == "null"


def test_a_part_of_the_model_knows_its_line(tmp_path: Path) -> None:
    """Later stages can point at the line of an entry, a field or a check."""
    loaded = load_project(write_project(tmp_path)).files[0]
    assert loaded.where(("targets", 0, "entries", 4, "fields", "value", "from")) == line_of(
        RULES, "from: EMAIL"
    )
    assert loaded.where(("targets", 0, "entries", 5, "fields", "postal_code")) == line_of(
        RULES, "postal_code"
    )
    assert loaded.where(("checks", 0, "expr")) == line_of(RULES, "CH-1")
    assert loaded.where(("nothing", "here")) == 1


def test_a_folded_text_is_what_it_says() -> None:
    """No mark of the YAML reader stands where it folded a line."""
    assert parse_yaml("why: >\n  one\n  two\n", shown="x").data == {"why": "one two\n"}
