"""An expression is one value from one row, and reads nothing else."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.records import FieldType
from crm_unify.rules.expressions import (
    ExpressionRefusedError,
    check_expression,
    check_on_fields,
    connection,
    holds_always,
    rewritten,
)

COLUMNS = ("TYPE", "ZIP", "E Mail", "Straße", "BALANCE", "user")
LOCKED = connection()
NAMES = {"address": {"country_code": FieldType.COUNTRY}, "p": {"birth_date": FieldType.DATE}}


@pytest.mark.parametrize(
    ("sql", "used"),
    [
        pytest.param("TYPE = 'C'", {"TYPE"}, id="comparison"),
        pytest.param("type", None, id="other case is another column"),
        pytest.param(
            "raw.\"E Mail\" || '; x -- y'", {"E Mail"}, id="raw text, semicolon and dashes in a text"
        ),
        pytest.param("Straße IS NULL AND NOT row_hidden", {"Straße"}, id="umlaut and row flag"),
        pytest.param("TRY_CAST(ZIP AS INTEGER) BETWEEN 1 AND 99999", {"ZIP"}, id="between"),
        pytest.param(
            "CASE WHEN TYPE IN ('C', 'F') THEN upper(ZIP) ELSE trim(ZIP) END", {"TYPE", "ZIP"}, id="case"
        ),
        pytest.param(
            "address.country_code = 'DE' AND p.birth_date < CURRENT_DATE", set(), id="mapped values"
        ),
        pytest.param(
            "coalesce(nullif(ZIP, ''), split_part(TYPE, ' ', 1))", {"ZIP", "TYPE"}, id="pure macros"
        ),
        pytest.param(
            "regexp_matches(\"user\", '^[0-9]{2,}$')", {"user"}, id="column named like a word of SQL"
        ),
    ],
)
def test_the_columns_of_an_expression_are_told(sql: str, used: set[str] | None) -> None:
    """Every name is a column, a mapped value or a word of the language; a wrong one has a nearest name."""
    if used is None:
        with pytest.raises(ExpressionRefusedError, match="unknown column 'type'") as caught:
            check_expression(sql, columns=COLUMNS)
        assert caught.value.nearest == "TYPE"
    else:
        assert check_expression(sql, columns=COLUMNS, names=NAMES) == used


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        pytest.param("read_csv('/etc/passwd')", "not allowed", id="reads a file"),
        pytest.param("read_text('x')", "not allowed", id="reads text"),
        pytest.param("glob('*')", "not allowed", id="lists files"),
        pytest.param("getenv('HOME')", "not allowed", id="reads the environment"),
        pytest.param("getvariable('x')", "not allowed", id="reads a variable"),
        pytest.param("current_setting('threads')", "not allowed", id="reads a setting"),
        pytest.param("query('SELECT 1')", "not allowed", id="runs a query"),
        pytest.param("random() > 0.5", "not allowed", id="is random"),
        pytest.param("uuid()", "not allowed", id="makes an id"),
        pytest.param("now()", "not allowed", id="asks the clock"),
        pytest.param("age(TRY_CAST(ZIP AS DATE))", "not allowed", id="asks the clock by the back door"),
        pytest.param("current_timestamp", "the run's date", id="asks the clock by a word"),
        pytest.param("current_user", "not allowed", id="asks who runs it"),
        pytest.param("nextval('s')", "not allowed", id="counts"),
        pytest.param("pg_sleep(9)", "not allowed", id="waits"),
        pytest.param("repeat('x', 999999999)", "not allowed", id="fills the memory"),
        pytest.param("json_serialize_sql('SELECT 1')", "not allowed", id="takes SQL apart"),
        pytest.param("(SELECT max(ZIP) FROM other)", "sub-query", id="another table"),
        pytest.param("ZIP IN (SELECT 1)", "sub-query", id="in a sub-query"),
        pytest.param("EXISTS (FROM other)", "sub-query", id="exists"),
        pytest.param("ZIP FROM other", "FROM", id="from"),
        pytest.param("1 WHERE TYPE = 'C'", "only one expression", id="where"),
        pytest.param("ZIP ORDER BY 1 LIMIT 1", "only one expression", id="order and limit"),
        pytest.param("1 UNION SELECT 2", "a query", id="union"),
        pytest.param("1) UNION (SELECT 2", "not SQL", id="brackets that open outside"),
        pytest.param("1; DROP TABLE customer", "not several statements", id="second statement"),
        pytest.param("ZIP; TYPE", "not SQL", id="semicolon"),
        pytest.param("1; SELECT 2", "semicolon", id="second query"),
        pytest.param("ATTACH 'x.db'", "ATTACH", id="attach"),
        pytest.param("COPY (SELECT 1) TO 'x'", "not SQL", id="copy"),
        pytest.param("TYPE = 'C' -- AND TRUE", "comment", id="comment to the end"),
        pytest.param("TYPE /* ' */ = 'C' -- '", "comment", id="comment that hides a quote"),
        pytest.param("E'\\' -- '", "comment", id="comment behind an escaped quote"),
        pytest.param("row_number() OVER ()", "window", id="window"),
        pytest.param("sum(ZIP)", "reconcile only", id="aggregate"),
        pytest.param("first(ZIP)", "not allowed", id="aggregate without order"),
        pytest.param("money(BALANCE)", "reconcile only", id="money"),
        pytest.param("list_transform([1], x -> x + 1)", "lambda", id="lambda"),
        pytest.param("COLUMNS('Z.*')", "star", id="columns by pattern"),
        pytest.param("*", "star", id="star"),
        pytest.param("$1", "parameter", id="parameter"),
        pytest.param("#1", "by position", id="column by position"),
        pytest.param("TYPE, ZIP", "several", id="two values"),
        pytest.param("TYPE AS x", "AS is not allowed", id="alias"),
        pytest.param("(TYPE, ZIP)", "one value", id="row of values"),
        pytest.param("[TYPE]", "one value", id="list"),
        pytest.param("system.main.upper(TYPE)", "schema", id="function with a catalogue"),
        pytest.param("other.db.tbl", "too many parts", id="name with three parts"),
        pytest.param("uper(TYPE)", "unknown function 'uper'", id="unknown function"),
        pytest.param("address.contry_code", "maps no field", id="unknown mapped field"),
        pytest.param("adress.country_code", "unknown name", id="unknown mapped entry"),
        pytest.param("ZIP + 1", "cannot be applied to text", id="text and number"),
        pytest.param("ZIP > current_date", "Cannot compare", id="text and date"),
        pytest.param("ZIP::nonsense", "nonsense", id="unknown type"),
        pytest.param("  ", "empty", id="nothing"),
    ],
)
def test_everything_but_a_pure_value_is_refused(sql: str, reason: str) -> None:
    """The reason says what is not allowed; nothing is run to find out."""
    with pytest.raises(ExpressionRefusedError, match=reason):
        check_expression(sql, columns=COLUMNS, names=NAMES)


def test_control_sums_may_add_up() -> None:
    """Aggregates and `money` are for reconcile."""
    assert check_expression("sum(money(BALANCE))", columns=COLUMNS, aggregates=True) == {"BALANCE"}
    assert check_expression("count(*)", columns=COLUMNS, aggregates=True) == set()
    with pytest.raises(ExpressionRefusedError, match="not allowed"):
        check_expression("avg(money(BALANCE))", columns=COLUMNS, aggregates=True)


def test_checks_see_the_fields_of_their_kind_only() -> None:
    """A column of the source is not a field."""
    fields = {"birth_date": FieldType.DATE}
    assert check_on_fields("birth_date < current_date", fields, condition=True) == {"birth_date"}
    with pytest.raises(ExpressionRefusedError, match="unknown field 'birthdate'"):
        check_on_fields("birthdate IS NULL", fields, condition=True)


def test_unknown_columns_pass_while_the_header_is_unknown() -> None:
    """Rule files are checked before any source is opened."""
    assert check_expression("ANYTHING = raw.MORE") == {"ANYTHING", "MORE"}


@pytest.mark.parametrize(
    ("sql", "always"),
    [
        pytest.param("TRUE", True, id="the word"),
        pytest.param("1 = 1", True, id="a sum that is right"),
        pytest.param("FALSE", False, id="never"),
        pytest.param("NULL", False, id="unknown is not true"),
        pytest.param("TYPE = TYPE", None, id="depends on the row"),
        pytest.param("current_date > DATE '2000-01-01'", None, id="depends on the day"),
    ],
)
def test_a_constant_condition_is_known_beforehand(sql: str, always: bool | None) -> None:
    """Targets after one that always holds are never reached."""
    assert holds_always(sql) is always


def test_rewriting_replaces_every_name_and_the_run_date() -> None:
    """What is run has the names of the table that is at hand, and the date of the run."""
    sql = rewritten(
        "TYPE = 'C' AND \"E Mail\" < Current_Date", lambda ref: ("t", f"x {ref[0]}"), as_of=date(2026, 3, 1)
    )
    assert sql == "(((t.\"x TYPE\" = 'C') AND (t.\"x E Mail\" < CAST('2026-03-01' AS DATE))))"


@given(st.text(max_size=30))
def test_any_text_is_checked_or_refused(text: str) -> None:
    """No input makes the check itself fail; what passes names columns only."""
    try:
        used = check_expression(text, columns=COLUMNS)
    except ExpressionRefusedError:
        return
    assert used <= set(COLUMNS)


@given(st.text(max_size=20))
def test_a_quoted_text_never_leaves_its_quotes(text: str) -> None:
    """Whatever stands in a constant, the rewritten expression gives that very text."""
    quoted = text.replace("'", "''")
    try:
        sql = rewritten(f"'{quoted}'", lambda ref: ref)
    except ExpressionRefusedError:
        assert "\0" in text
        return
    assert LOCKED.execute(f"SELECT {sql}").fetchall() == [(text,)]


def test_the_connection_reads_nothing_outside_its_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Files elsewhere, other databases and settings are out of reach; files inside are not."""
    inside, outside = tmp_path_factory.mktemp("inside"), tmp_path_factory.mktemp("outside")
    for folder in (inside, outside):
        (folder / "x.csv").write_text("a\n1\n", encoding="utf-8")
    locked = connection(folder=str(inside))
    assert locked.execute(f"SELECT a FROM read_csv('{inside}/x.csv')").fetchall() == [(1,)]
    attempts = [
        f"FROM read_csv('{outside}/x.csv')",
        f"ATTACH '{outside}/x.db'",
        "SET threads = 1",
        "INSTALL httpfs",
    ]
    for attempt in attempts:
        with pytest.raises(duckdb.Error):
            locked.execute(attempt)


def test_python_variables_are_no_tables() -> None:
    """A name in SQL never reaches a variable of the program."""
    secret = duckdb.connect().sql("SELECT 1 AS a").to_arrow_table()
    with pytest.raises(duckdb.CatalogException, match="secret"):
        connection().execute("SELECT * FROM secret")
    assert secret.num_rows == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        pytest.param("sum(ZIP)", "'sum' cannot be applied to text; a column is text until", id="sum of text"),
        pytest.param("ZIP + 3 > 2", "'+' cannot be applied to text, a whole number", id="text plus number"),
        pytest.param("TRUE; drop table x", "one expression is allowed, not several", id="two statements"),
    ],
)
def test_a_refusal_is_said_in_words_of_this_program(sql: str, said: str) -> None:
    """No message of the database's own parser or binder where the reason is known."""
    with pytest.raises(ExpressionRefusedError) as refused:
        check_expression(sql, columns=COLUMNS, aggregates=True)
    assert said in refused.value.reason
    assert "argument types" not in refused.value.reason
    assert "serialized" not in refused.value.reason


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("rpad(ZIP, 2000000000, 'x')", id="padding to two billion"),
        pytest.param("lpad(ZIP, TRY_CAST(BALANCE AS INTEGER), '0')", id="a length that the row says"),
        pytest.param("printf('%1000000d', 1)", id="a wide format"),
        pytest.param("printf('%*d', 1000000000, 1)", id="a width beside the format"),
        pytest.param("format('{:{}}', ZIP, 1000000000)", id="a width inside the format"),
        pytest.param("format(ZIP, 1)", id="a format that the row says"),
        pytest.param("array_to_string(list_resize([ZIP], 1000000000, 'x'), '')", id="a list of any length"),
    ],
)
def test_a_text_without_end_is_refused(sql: str) -> None:
    """A length must stand there, and within bounds; a usual one is fine."""
    with pytest.raises(ExpressionRefusedError):
        check_expression(sql, columns=COLUMNS)
    assert check_expression("lpad(ZIP, 5, '0') || printf('%05d', 7)", columns=COLUMNS) == {"ZIP"}
