"""One table after the other: what its columns are for, what its rows make, what has to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from crm_unify.propose.children import Hanging, child_entry
from crm_unify.propose.codes import CodeBook
from crm_unify.propose.columns import Use, asked
from crm_unify.propose.interface import Branch, Map, outcomes
from crm_unify.propose.kinds import party_branches
from crm_unify.propose.parse import parse_block
from crm_unify.propose.questions import (
    Questions,
    ask_about_amounts,
    ask_about_codes,
    ask_about_columns,
    ask_about_dates,
    ask_about_flags,
    ask_about_orphans,
    ask_about_rows,
    ask_about_ties,
)
from crm_unify.propose.safeguards import checks, control_sums, expected_rows
from crm_unify.propose.subject import Division
from crm_unify.propose.table import Table
from crm_unify.propose.users import user_entry
from crm_unify.wording import counted
from pipelines.profile.interface import Reference

EXPECTED: Final = "half of the rows of today at least, and no fifth fewer than last time"


# --- customers ---
def party_map(table: Table, divided: Division | None, ties: Sequence[Reference] = ()) -> Map:
    """The map of a table of customers; `ties` are its columns that name customers of other tables."""
    questions, codes = Questions(table.prefix), CodeBook()
    ask_about_ties(questions, ties)
    table = replace(table, uses=tuple(_tied(use, ties) for use in table.uses))
    branches = tuple(party_branches(table, divided, questions=questions, codes=codes))
    about = (
        questions.asked[len(ties)].what
        if divided is None
        else f"{divided.column.name} says whether a row is an organisation or a person"
    )
    return _finished(table, branches, questions=questions, codes=codes, about=about)


def _tied(use: Use, ties: Sequence[Reference]) -> Use:
    """A column that ties customers, which a question of its own asks about."""
    return replace(use, to="tie") if any(one.column == use.name for one in ties) else use


# --- rows that hang on others, and rows that are left out ---
def child_map(table: Table, own: Hanging, lookup: tuple[str, str]) -> Map:
    """The map of a table whose rows hang on those of another one."""
    questions, codes = Questions(table.prefix), CodeBook()
    rule = ask_about_orphans(questions, own.reference)
    entry = child_entry(own, lookup, table, codes)
    found = own.reference
    about = f"Every row is {_ARTICLES[own.kind]}; {found.column} says to which of {found.to_table} it belongs"
    branch = Branch("", rule or "", (entry,))
    uses = tuple(_child_use(use, own) for use in table.uses)
    return _finished(replace(table, uses=uses), (branch,), questions=questions, codes=codes, about=about)


_ARTICLES: Final[Mapping[str, str]] = {
    "sales_order": "an order",
    "order_line": "a line",
    "support_case": "a case",
    "opportunity": "an opportunity",
    "activity": "an activity",
}
"""Kind -> what one row of it is called"""


def user_map(table: Table, why: str) -> Map:
    """The map of a list of users, whom owners are named by."""
    questions = Questions(table.prefix)
    told = f"Every row is a user of the old system, not a customer: {why}"
    rule = questions.ask(told, "the owners of customers, opportunities and activities are looked up here")
    branch = Branch("", rule, (user_entry(table.uses),))
    return _finished(table, (branch,), questions=questions, codes=CodeBook(), about=told)


def _child_use(use: Use, own: Hanging) -> Use:
    """A column for the field it fills, else what the lists of all tables say of its time and technique."""
    taken = next((name for name, other in own.uses.items() if other.name == use.name), None)
    if taken is not None:
        return replace(own.uses[taken], to=f"{own.kind}.{taken}")
    return use if use.to in ("ignore", "source.created", "source.updated") else replace(use, to="ask")


def left_out_map(table: Table, reason: str) -> Map:
    """The map of a table that is not loaded: a rule discards its rows, so that the account balances."""
    questions = Questions(table.prefix)
    rule = questions.ask(
        f"{table.profile.name} is left out: {reason}",
        "nothing of it is loaded until somebody says otherwise",
        counted(table.profile.rows, "row"),
    )
    branch = Branch("", "", discard={"rule": rule})
    uses = tuple(replace(use, to="ignore", why=f"the table is left out ({rule})") for use in table.uses)
    return _finished(
        replace(table, uses=uses),
        (branch,),
        questions=questions,
        codes=CodeBook(),
        about=questions.asked[0].what,
    )


# --- what all maps have ---
def _finished(
    table: Table, branches: tuple[Branch, ...], *, questions: Questions, codes: CodeBook, about: str
) -> Map:
    """The map with its source, its parse block, and what is asked of the columns that are left."""
    times, uses = _times(table.uses)
    parse, notes = parse_block(table.profile, uses, table.profile.phone_country)
    if table.key.doubt:
        questions.ask(table.key.doubt, "rows that share a key or have none are quarantined")
    made = Map(
        name=table.name,
        table=table.profile.name,
        about=about,
        source=_source(table, times),
        parse=parse,
        notes={"key": table.key.why, "expects": EXPECTED, **_notes(times), **notes},
        ignore={},
        questions=(),
        codes=(),
        branches=branches,
        asked=(),
    )
    if not made.left_out:
        sums, held = tuple(control_sums(made)), tuple(checks(made, table.prefix))
        made = replace(made, source={**made.source, **_expects(table)}, sums=sums, checks=held)
    rest = _rest(uses, made)
    ignored = {use.name: use.why for use in rest if use.to == "ignore"}
    ties = tuple(use.name for use in rest if use.to == "tie")
    open_columns = [use if use.to == "ask" else asked(use) for use in rest if use.to not in ("ignore", "tie")]
    if not made.left_out:
        ask_about_flags(questions, uses)
        ask_about_amounts(questions, [use for use in uses if use not in rest], parse.get("currency", "EUR"))
        ask_about_dates(questions, uses)
        ask_about_codes(questions, [use for use in uses if use not in rest], codes)
        ask_about_rows(questions, table.profile)
        ask_about_columns(questions, open_columns)
    return replace(
        made,
        ignore=ignored,
        asked=(*ties, *(use.name for use in open_columns)),
        questions=tuple(questions.asked),
        codes=tuple(codes.tables.values()),
    )


def _expects(table: Table) -> dict[str, object]:
    found = expected_rows(table.profile.rows)
    return {"expects": found} if found else {}


def _times(uses: Sequence[Use]) -> tuple[dict[str, Use], tuple[Use, ...]]:
    """The columns that say when a row was made and changed, the surest each."""
    found: dict[str, Use] = {}
    for name in ("created", "updated"):
        fitting = sorted((use for use in uses if use.to == f"source.{name}"), key=lambda use: -use.certainty)
        if fitting:
            found[name] = fitting[0]
    opened = next((use for use in uses if use.to == "account.opened"), None)
    if "created" not in found and opened is not None:
        found["created"] = opened
    return found, tuple(uses)


def _notes(times: Mapping[str, Use]) -> dict[str, str]:
    return {name: use.note for name, use in times.items()}


def _rest(uses: Sequence[Use], made: Map) -> list[Use]:
    """Columns that go nowhere."""
    taken = outcomes(made)
    return [use for use in uses if use.name not in taken]


def _source(table: Table, times: Mapping[str, Use]) -> dict[str, object]:
    profile = table.profile
    file = {} if table.whole_file or not profile.file else {"file": profile.file}
    return {
        "system": table.system,
        "reader": profile.reader,
        **file,
        **dict(profile.options),
        "key": table.key.key,
        **{name: times[name].name for name in ("created", "updated") if name in times},
    }
