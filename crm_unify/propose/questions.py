"""Open questions as business rules in draft, each with what the profile says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from crm_unify.propose.codes import CodeBook
from crm_unify.propose.columns import Use
from crm_unify.propose.consents import is_unticked
from crm_unify.propose.interface import Question
from crm_unify.propose.names import free_name
from crm_unify.propose.parse import AMOUNTS
from crm_unify.roles.interface import Role
from crm_unify.wording import counted
from pipelines.profile.interface import ColumnProfile, Reference, TableProfile

VALUES_TOLD: Final = 12
_NO_CODES: Final = frozenset({"date", "date-time", "decimal", "money", "percent", "time"})
"""Types whose values say what they are"""
_CODE_LENGTH: Final = 30
_ONE_BY_ONE: Final = 8
"""Columns of a kind that are asked about one by one, the fullest first; the others in one question"""
_LISTED: Final = 20
"""Different values up to which a column is asked about value by value"""


@dataclass(slots=True)
class Questions:
    """The questions of one map, numbered as they come up."""

    prefix: str
    """Letters in front of the number"""
    asked: list[Question] = field(default_factory=list)

    def ask(self, what: str, why: str, evidence: str = "") -> str:
        """Add a question; gives the id of the rule."""
        made = f"{self.prefix}-{len(self.asked) + 1:03d}"
        self.asked.append(Question(made, what, why, evidence))
        return made


def prefix_of(name: str, taken: Collection[str] = ()) -> str:
    """Capitals for the rules of a map, which no other map of the project has.

    >>> prefix_of("billing_custmast"), prefix_of("kontakte"), prefix_of("billing_codes", {"BC"})
    ('BC', 'KO', 'BCO')
    """
    words = [word for word in name.split("_") if word[0].isalpha()]
    first = "".join(word[0] for word in words[:3]) if len(words) > 1 else name[:2]
    rest = words[-1][1 if len(words) > 1 else 2 :]
    for length in range(len(rest) + 1):
        if (made := f"{first}{rest[:length]}".upper()) not in taken:
            return made
    return free_name(first.upper(), taken).replace("_", "X")


def ask_about_columns(questions: Questions, uses: Sequence[Use]) -> None:
    """What the columns mean that nobody takes: those with few values one by one, the others together."""
    by_fill = sorted(uses, key=lambda use: -use.column.filled)
    few = [use for use in by_fill if 1 < use.column.distinct <= _LISTED and _is_coded(use.column)]
    rest = [use for use in by_fill if use not in few]
    for use in few[:_ONE_BY_ONE]:
        questions.ask(f"{use.name} has values {values_of(use.column)}: what do they mean?", _doubt(use))
    for use in rest[:_ONE_BY_ONE]:
        questions.ask(f"What is {use.name}, and does anybody need it?", _doubt(use), _told(use.column))
    if together := [*few[_ONE_BY_ONE:], *rest[_ONE_BY_ONE:]]:
        names = ", ".join(use.name for use in together)
        questions.ask(
            f"What are these {counted(len(together), 'column')}, and does anybody need them? {names}",
            "not mapped: neither their headers nor their values say enough",
        )


def _is_coded(column: ColumnProfile) -> bool:
    told = column.role.role != Role.TEXT and column.type.name not in _NO_CODES
    short = all(one.length <= _CODE_LENGTH for one in column.top)
    return bool(column.top) and told and short and column.distinct < column.filled


def _doubt(use: Use) -> str:
    return f"not mapped: {use.why} (certainty {use.certainty:.2f})"


def _told(column: ColumnProfile) -> str:
    """Figures of a column without its values, which may be anybody's."""
    forms = ", ".join(one.text for one in column.patterns.top[:3]) if column.role.role != Role.TEXT else ""
    told = f"{counted(column.filled, 'row')} filled of {column.rows:,}, {column.distinct:,} different"
    return f"{told}, like {forms}" if forms else told


def ask_about_codes(questions: Questions, uses: Sequence[Use], codes: CodeBook) -> None:
    """What codes mean whose target in the code table is open."""
    for use in uses:
        if found := codes.open_values(use):
            what = f"{use.name} has values {values_of(use.column)}: what do they mean?"
            missing = ", ".join(found[:VALUES_TOLD])
            questions.ask(
                what, f"their targets are open (?) in the code table: {missing}; such values are withheld"
            )


def ask_about_flags(questions: Questions, uses: Sequence[Use]) -> None:
    """What a flag of consent stands for."""
    for use in uses:
        sense, _, channel = use.to.partition(".")
        if sense not in ("consent", "objection") or channel == "given_at":
            continue
        unticked = (
            [one.value for one in use.column.top if is_unticked(one.value)] if sense == "consent" else []
        )
        left = (
            f"; {', '.join(unticked)} may only mean that nobody ticked the box and says nothing"
            if unticked
            else ""
        )
        taken = (
            "a no is taken for an objection, a yes without evidence for no consent"
            if sense == "consent"
            else "whatever is no plain no is taken for an objection"
        )
        questions.ask(
            f"Who set {use.name}, when, and to which question? Values: {values_of(use.column)}",
            f"{taken}{left} (certainty {use.certainty:.2f}: {use.why})",
        )


def ask_about_rows(questions: Questions, table: TableProfile) -> None:
    """Rows that look unlike customers: test data, hidden and struck rows, those that cannot be read."""
    suspects = [one for column in table.columns for one in column.suspicions if one.code == "TEST"]
    examples = ", ".join([one.value for found in suspects for one in found.examples][:3])
    if table.test_rows:
        what = _verb(table.test_rows, "looks like test data", "look like test data")
        questions.ask(f"{what}: to be discarded?", _LOADED, examples)
    if table.hidden:
        what = _verb(table.hidden, "is hidden in the spreadsheet", "are hidden in the spreadsheet")
        questions.ask(f"{what}: to be loaded?", _LOADED)
    if table.struck:
        what = _verb(
            table.struck, "is struck out or marked as deleted", "are struck out or marked as deleted"
        )
        questions.ask(f"{what}: to be loaded?", _LOADED)
    if table.unreadable:
        told = ", ".join(f"{code} {rows:,}" for code, rows in table.unreadable.items())
        questions.ask(
            "Some rows cannot be read: can the file be delivered anew?", "they are quarantined", told
        )


_LOADED: Final = "loaded until somebody says otherwise"


def _verb(rows: int, one: str, many: str) -> str:
    return f"{counted(rows, 'row')} {one if rows == 1 else many}"


def ask_about_dates(questions: Questions, uses: Sequence[Use]) -> None:
    """Dates of which day and month cannot be told apart."""
    for use in uses:
        for one in use.column.suspicions:
            if one.code == "DATE-AMBIGUOUS" and use.to not in ("ask", "ignore"):
                questions.ask(
                    f"{use.name}: does the day or the month come first?",
                    f"{counted(one.rows, 'row')} {one.sentence}; see `parse.dates`",
                )


def ask_about_amounts(questions: Questions, uses: Sequence[Use], assumed: str) -> None:
    """Amounts beside which no column says their currency."""
    names = [use.name for use in uses if use.to in AMOUNTS]
    if names and not any(use.to.endswith(".currency") for use in uses):
        told = ", ".join(names)
        verb = "is" if len(names) == 1 else "are"
        why = f"no column says it; {assumed} is assumed until then"
        questions.ask(f"In which currency {verb} {told}?", why)


def ask_about_orphans(questions: Questions, one: Reference) -> str | None:
    """Rows whose parent is not there."""
    if not one.orphans:
        return None
    return questions.ask(
        f"{one.orphans:,} of {one.rows:,} rows name a {one.column} that {one.to_table} does not have: "
        "what becomes of them?",
        "they wait for their parent until somebody says so",
        f"{counted(one.orphan_values, 'value')}, such as {', '.join(c.value for c in one.examples[:3])}",
    )


def ask_about_ties(questions: Questions, ties: Sequence[Reference]) -> None:
    """Columns by which customers name other customers: rules tie only what stands in one row."""
    for one in ties:
        found = "none is missing" if not one.orphans else f"{one.orphans:,} of {one.rows:,} are not there"
        questions.ask(
            f"{one.column} names a row of {one.to_table} by its {one.to_column} ({found}): what are they to "
            "each other: employer, parent company, household?",
            "not loaded: this version ties a person and an organisation that stand in one row, not those of "
            "two tables; both are loaded, the tie is not",
            f"{counted(one.rows, 'row')} with a value",
        )


def values_of(column: ColumnProfile) -> str:
    """`C 1,204, P 2,987, blank 12`."""
    return ", ".join(_values(column))


def _values(column: ColumnProfile) -> Iterator[str]:
    for one in column.top[:VALUES_TOLD]:
        yield f"{one.value.strip()[:40] or repr(one.value)} {one.rows:,}"
    if column.distinct > VALUES_TOLD:
        yield f"{column.distinct - VALUES_TOLD} more"
    if column.rows > column.filled:
        yield f"blank {column.rows - column.filled:,}"
