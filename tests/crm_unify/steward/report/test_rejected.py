"""Rejections by reason: counted exactly, the examples found most often first."""

from typing import Any

import sqlalchemy as sa

from crm_unify.records import Severity
from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.report.rejected import SHOWN, problems
from tests.crm_unify.steward.report.invented import fate, left, rejection

ROW = '{"Name":"Anna","No":"7","Zone":null,"Fee":"x"}'


def test_reasons_and_examples_come_by_frequency(club: LoadedProject, connection: sa.Connection) -> None:
    """The commonest reason first, in it the commonest text, with the number of times and one place."""
    found = [rejection(i, "MONEY-UNPARSED", "free" if i > 2 else f"odd {i}") for i in range(1, 6)]
    found.append(rejection(9, "EMAIL-INVALID", "none"))
    run = left(club, connection, rejections=found, fates=[fate(3, "mapped")])
    first, second = problems(run, Severity.WITHHOLD)
    assert (first.code, first.count, second.code, second.count) == ("MONEY-UNPARSED", 5, "EMAIL-INVALID", 1)
    assert (first.examples[0].raw, first.examples[0].times) == ("free", 3)
    assert first.examples[0].place == "members.csv, row 4"


def test_many_texts_are_counted_and_few_are_shown(club: LoadedProject, connection: sa.Connection) -> None:
    """A thousand bad values are one reason with a handful of examples."""
    found = [rejection(i, "MONEY-UNPARSED", f"bad {i:04d}") for i in range(1000)]
    (one,) = problems(left(club, connection, rejections=found), Severity.WITHHOLD)
    assert (one.count, len(one.examples)) == (1000, SHOWN)
    assert one.tables == (("members", 1000),)


def test_the_order_of_rejections_does_not_matter(club: LoadedProject, connection: sa.Connection) -> None:
    """Texts found equally often come in their own order."""
    found = [rejection(i, "MONEY-UNPARSED", text) for i, text in enumerate("dcbaef")]
    there = problems(left(club, connection, rejections=found), Severity.WITHHOLD)
    back = problems(left(club, connection, rejections=found[::-1]), Severity.WITHHOLD)
    assert there == back


def test_a_row_in_quarantine_shows_its_cells_in_the_order_of_the_source(
    club: LoadedProject, connection: sa.Connection
) -> None:
    """Empty cells are left out; two reasons of one kind count the row once."""
    whole: dict[str, Any] = {"severity": "quarantine", "target": "person.full_name", "column": "Name"}
    found = [rejection(1, "NAME-MISSING", ROW, **whole), rejection(1, "NAME-MISSING", ROW, **whole)]
    figures = {"headers": {"members": ["No", "Name", "Fee", "Zone"]}}
    (one,) = problems(left(club, connection, rejections=found, figures=figures), Severity.QUARANTINE)
    assert one.count == 1
    assert one.examples[0].cells == (("No", "7"), ("Name", "Anna"), ("Fee", "x"))


def test_a_value_that_looks_like_a_row_is_a_value(club: LoadedProject, connection: sa.Connection) -> None:
    """JSON in a cell is text like any other; a broken line in quarantine is text too."""
    broken = rejection(2, "CSV-RAGGED", "7;Anna;;", severity="quarantine")
    run = left(club, connection, rejections=[rejection(1, "MONEY-UNPARSED", ROW), broken])
    assert problems(run, Severity.WITHHOLD)[0].examples[0].raw == ROW
    assert problems(run, Severity.QUARANTINE)[0].examples[0].raw == "7;Anna;;"


def test_a_reason_of_the_project_speaks_for_itself(club: LoadedProject, connection: sa.Connection) -> None:
    """A code of a rule file has the sentence and advice the rule file gives."""
    own = {"severity": "quarantine", "sentence": "Mark is Q", "suggestion": "ask the board"}
    run = left(club, connection, rejections=[rejection(1, "MARK-Q", ROW, **own)])
    (one,) = problems(run, Severity.QUARANTINE)
    assert (one.title, one.advice) == ("Mark is Q", "ask the board")
