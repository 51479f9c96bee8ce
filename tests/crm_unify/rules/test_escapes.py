"""No expression of a rule file gets out of its own row: `check` refuses each attempt, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError
from crm_unify.rules.load import load_project
from tests.crm_unify.rules.examples import ORDERS, RULES, changed, line_of, write_project

ATTEMPTS = {
    "a file": "read_csv('/etc/passwd')",
    "a file by a quoted name": "\"read_csv\"('/etc/passwd')",
    "a file's bytes": "read_blob('/etc/passwd')",
    "a file as a method": "'/etc/passwd'.read_text()",
    "a parquet file": "parquet_scan('x.parquet')",
    "a file in a sub-select": "(SELECT a FROM 'people.csv')",
    "a file behind FROM": "(FROM 'people.csv')",
    "a listing": "glob('/home/*')",
    "the environment": "getenv('HOME')",
    "the environment by a quoted name": "\"getenv\"('HOME')",
    "the environment as a method": "'HOME'.getenv()",
    "settings": "duckdb_settings()",
    "secrets": "duckdb_secrets()",
    "one setting": "current_setting('home_directory')",
    "a variable": "getvariable('x')",
    "attach": "ATTACH '/tmp/x.db'",
    "attach behind a value": "1; ATTACH '/tmp/x.db'",
    "copy": "COPY (SELECT 1) TO '/tmp/x'",
    "export": "EXPORT DATABASE '/tmp/x'",
    "install": "INSTALL httpfs",
    "load": "1; LOAD httpfs",
    "pragma": "PRAGMA database_list",
    "set": "SET threads = 1",
    "call": "CALL pragma_version()",
    "a macro": "CREATE MACRO f(x) AS x",
    "another table": "(SELECT max(total) FROM sales_order)",
    "another table in brackets": "(TABLE sales_order)",
    "any table of the catalogue": "(SELECT table_name FROM information_schema.tables LIMIT 1)",
    "in a sub-select": "TYPE IN (SELECT password FROM users)",
    "values": "(VALUES (1))",
    "a query in a text": "query('SELECT 1')",
    "a comment to the end": "TYPE = 'C' -- AND FALSE",
    "a comment within": "TYPE = /* ' */ 'C'",
    "a nested comment": "TYPE /* /* */ */ = 'C'",
    "a list lambda": "list_transform([TYPE], x -> x)[1]",
    "a lambda in new letters": "list_transform([TYPE], lambda x: x)[1]",
    "a comprehension": "[x for x in [TYPE]][1]",
    "a catalogue": "system.main.upper(TYPE)",
    "a prepared value": "$1",
    "unnest": "unnest([TYPE])",
    "a cast to a table's type": "TYPE::sales_order",
    "sleeping": "pg_sleep(10)",
    "endless memory": "rpad(TYPE, 2000000000)",
}
PLACES = {
    "when": ("\"TYPE = 'C'\"", "- when:"),
    "expr": ("{from: NAME1, transform: [squeeze, org_case]}", "organisation: {as: org"),
    "pad_left.when": ("\"address.country_code = 'DE'\"", "postal_code: {from: ZIP"),
    "checks": ("balance >= 0", "- {id: CH-1"),
    "reconcile": ("sum(money(BALANCE))", "- {name: balance, source"),
}


def quoted(sql: str) -> str:
    """As a YAML text."""
    return "'" + sql.replace("'", "''") + "'"


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in ATTEMPTS.items()])
def test_an_attempt_is_refused_with_file_and_line(tmp_path: Path, sql: str) -> None:
    """Wherever an expression may stand, before any row is read."""
    for place, (old, at) in PLACES.items():
        new = f"{{expr: {quoted(sql)}}}" if place == "expr" else quoted(sql)
        text = changed(RULES, old, new)
        with pytest.raises(ConfigurationError) as caught:
            load_project(write_project(tmp_path, rules=text))
        assert (Path(caught.value.file or "").name, caught.value.line) == (
            "customers.yml",
            line_of(text, at),
        ), place


def test_one_id_for_two_rules_is_refused_with_both_places(tmp_path: Path) -> None:
    """Approvals and reports name rules by id alone."""
    orders = ORDERS + "rules: {BR-2: {what: something else}}\n"
    with pytest.raises(ConfigurationError, match="two rules have the id 'BR-2'") as caught:
        load_project(write_project(tmp_path, orders=orders))
    first = f"customers.yml:{line_of(RULES, 'BR-2: {what')}"
    assert (caught.value.line, first in caught.value.why) == (line_of(orders, "rules:"), True)


def test_maps_that_look_each_other_up_are_refused_with_file_and_line(tmp_path: Path) -> None:
    """A circle has no start: no row could be loaded before the other."""
    case = "    support_case: {customer: {lookup: [billing, orders, ORDNO]}, case_no: {from: CUSTNO}}\n"
    rules = changed(RULES, "    account: {of: org", case + "    account: {of: org")
    orders = ORDERS + "    person: {full_name: {from: NAME}}\n"
    with pytest.raises(
        ConfigurationError, match="look each other up: customers -> orders -> customers"
    ) as caught:
        load_project(write_project(tmp_path, rules=rules, orders=orders))
    assert caught.value.line == line_of(rules, "support_case:")
