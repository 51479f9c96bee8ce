"""The account of rows and the control sums, in words and units a reader knows."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.report.rows import amount, discards, held, source_tables, sums, total
from tests.crm_unify.steward.report.invented import ACCOUNT, fate, left

FATES = [
    fate(1, "mapped"), fate(2, "discarded", "SYS-REPEATED-ROW"), fate(3, "discarded", "ME-2"),
    fate(4, "discarded", "ME-2"), fate(5, "held", "PARENT-MISSING"),
]


def test_a_table_shows_the_account_and_where_it_is(club: LoadedProject, connection: sa.Connection) -> None:
    """The figures are the run's; the table is named by map, system and file."""
    (table,) = source_tables(left(club, connection))
    assert {name: getattr(table, name) for name in ACCOUNT} == ACCOUNT
    assert (table.place, table.customers, table.balances) == ("club", True, True)
    assert [part.value for part in table.bar] == [5, 1, 3]


def test_a_table_that_does_not_balance_says_so(club: LoadedProject, connection: sa.Connection) -> None:
    """One row lost is enough."""
    wrong = {"account": {"members": ACCOUNT | {"mapped": 4}}}
    (table,) = source_tables(left(club, connection, figures=wrong))
    assert not table.balances


def test_all_tables_together_are_the_sum(club: LoadedProject, connection: sa.Connection) -> None:
    """Also of tables whose rule file is gone; those come last, for nobody knows what they hold."""
    account = {"account": {"gone": ACCOUNT, "members": ACCOUNT}}
    tables = source_tables(left(club, connection, figures=account))
    assert [table.map for table in tables] == ["members", "gone"]
    assert total(tables).extracted == 2 * ACCOUNT["extracted"]


def test_discards_name_their_rule_in_its_words(club: LoadedProject, connection: sa.Connection) -> None:
    """Most rows first; the built-in rule has words of its own."""
    found = discards(left(club, connection, fates=FATES))
    assert found is not None
    assert [(one.rule, one.rows) for one in found] == [("ME-2", 2), ("SYS-REPEATED-ROW", 1)]
    assert found[0].what == "rows marked X are test rows"
    assert "more than once" in found[1].what


def test_held_rows_have_their_reason(club: LoadedProject, connection: sa.Connection) -> None:
    """The reason stands there in words."""
    found = held(left(club, connection, fates=FATES))
    assert found is not None
    assert [(one.rows, one.title) for one in found] == [(1, "Parent record not found")]


def test_without_the_workspace_rules_of_discards_are_not_known(
    club: LoadedProject, connection: sa.Connection
) -> None:
    """None is not the same as nothing."""
    gone = left(club, connection)
    assert (discards(gone), held(gone)) == (None, None)


def test_sums_of_money_are_shown_in_their_currency(club: LoadedProject, connection: sa.Connection) -> None:
    """Minor units become units; a sum that counts rows stays as it is."""
    parts = {"map": "members", "quarantined": 0, "discarded": 0, "held": 0, "tolerance": 0, "difference": 0}
    fees = parts | {"name": "fees", "source": 123456, "loaded": 123406, "difference": 50, "ok": False}
    members = parts | {"name": "members", "source": 1200, "loaded": 1200, "ok": True}
    shown = sums(left(club, connection, figures={"sums": [members, fees]}))
    assert [(s.name, s.unit, s.source, s.difference, s.ok) for s in shown] == [
        ("fees", "EUR", "1,234.56", "0.50", False),
        ("members", "", "1,200", "0", True),
    ]
    assert shown[0].tolerance == Decimal(0)


@pytest.mark.parametrize(
    ("value", "exponent", "shown"),
    [
        pytest.param(-5, 2, "-0.05", id="less than one unit"),
        pytest.param(1234567, 0, "1,234,567", id="whole"),
        pytest.param("1234.5", 0, "1,234.5", id="decimal text"),
        pytest.param(1234567, 3, "1,234.567", id="a currency of three decimals"),
    ],
)
def test_amounts_are_exact(value: int | str, exponent: int, shown: str) -> None:
    """No rounding, thousands separated."""
    assert amount(value, exponent) == shown
