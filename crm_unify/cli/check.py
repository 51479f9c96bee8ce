"""Are the rules valid, the columns claimed, the examples true?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli._examples import coverage_json, coverage_lines, mined_json, mined_text
from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.errors import EXIT_DONE, EXIT_NEEDS_PERSON, ConfigurationError, CrmUnifyError, SourceMissing
from crm_unify.wording import counted

if TYPE_CHECKING:
    from crm_unify.propose.mine import Found
    from crm_unify.rules.columns import ColumnCheck
    from crm_unify.rules.load import LoadedProject, LoadedRules
    from crm_unify.rules.source_model import Source
    from crm_unify.run.approvals import Standing
    from pipelines.interpret.coverage import Coverage, Failing


@click.command("check")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date of the examples; today by default.")
@environment_option
@click.option("--mine", is_flag=True, help="Read rows; propose masked examples for what none tries.")
@click.option("--strict", is_flag=True, help="Exit with 1 when something waits for a person.")
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    as_of: datetime | None,
    environment: str | None,
    *,
    mine: bool,
    strict: bool,
) -> int:
    """Check rule files, code tables and examples, and open each source as far as its header.

    No data row is read (but with --mine) and nothing is written. Mistakes are told all at once, with file and
    line. Rules that nobody has approved, columns nobody takes and parts of rule files that no example tries
    are listed; they are no mistakes. --mine looks among real rows for examples of these parts and prints
    those, too, that still try them once every value is masked, to be read and put under `tests:`.
    """
    from crm_unify.rules.load import load_project

    day = date.today() if as_of is None else as_of.date()
    loaded = load_project(project, environment=environment)
    checked = check_project(loaded, as_of=day)
    if mine:
        found = _mined(loaded, checked, as_of=day)
        data = {**checked.as_json(), "mined": [mined_json(one) for one in found]}
        output.answer(data, "\n\n".join([checked.as_text(), *filter(None, [mined_text(found)])]))
    else:
        output.answer(checked.as_json(), checked.as_text())
    return EXIT_NEEDS_PERSON if strict and checked.needs_person else EXIT_DONE


# --- what is found ---
@dataclass(frozen=True, slots=True)
class CheckedMap:
    """One rule file that is right."""

    loaded: LoadedRules
    """The rule file."""
    columns: ColumnCheck
    """Columns of its source today."""
    coverage: Coverage
    """What its examples try."""

    def as_json(self) -> dict[str, object]:
        """The map as an object of plain values."""
        rules, columns = self.loaded.rules, self.columns
        return {
            "map": rules.map,
            "file": self.loaded.tree.file,
            "system": rules.source.system,
            "status": rules.status,
            "columns": {
                "claimed": list(columns.claimed),
                "ignored": list(columns.ignored),
                "unclaimed": list(columns.unclaimed),
            },
            "code_tables": {name: len(table.codes) for name, table in self.loaded.code_tables.items()},
            "examples": len(rules.tests),
            "coverage": coverage_json(self.coverage),
        }


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A business rule that nobody has approved."""

    map: str
    """Map whose rule file asks it."""
    rule: str
    """Id of the rule."""
    status: str
    """Draft, proposed or disputed."""
    what: str
    """The rule in words."""
    owner: str | None
    """Who is to answer."""

    def as_json(self) -> dict[str, str | None]:
        """The question as an object of plain values."""
        return {
            "map": self.map,
            "rule": self.rule,
            "status": self.status,
            "what": self.what,
            "owner": self.owner,
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """A project without mistakes, and what people should look at."""

    project: str
    """Name of the project."""
    maps: tuple[CheckedMap, ...]
    """Rule files by map name."""
    questions: tuple[OpenQuestion, ...]
    """Rules that are not approved, by map, in file order."""
    unread: tuple[str, ...]
    """Source systems that no rule file reads."""
    approvals: tuple[Standing, ...]
    """Where each rule stands in the target; nothing while nobody has approved anything there."""
    untold: str = ""
    """Why the approvals are not known."""

    @property
    def differing(self) -> tuple[Standing, ...]:
        """Rules of which the file says one thing and the approvals another."""
        return tuple(one for one in self.approvals if one.differs)

    @property
    def needs_person(self) -> bool:
        """Whether a question is open, an approval differs, a column has no taker or a source no reader."""
        unclaimed = any(one.columns.unclaimed for one in self.maps)
        return bool(self.questions or self.unread or self.differing or unclaimed)

    def as_json(self) -> dict[str, object]:
        """The whole as an object of plain values."""
        return {
            "project": self.project,
            "valid": True,
            "maps": [one.as_json() for one in self.maps],
            "open_questions": [question.as_json() for question in self.questions],
            "sources_not_read": list(self.unread),
            "approvals": [one.as_json() for one in self.approvals],
            "approvals_differ": [one.name for one in self.differing],
            "approvals_unknown": self.untold,
        }

    def as_text(self) -> str:
        """A table on a terminal, plain lines elsewhere."""
        return "\n".join([*_table(self.maps), *_findings(self)])


# --- checking ---
def check_project(project: LoadedProject, *, as_of: date) -> Checked:
    """Check everything that needs no data row; raises all mistakes at once, else the first other stop."""
    from crm_unify.rules.mistakes import each, raise_all
    from pipelines.interpret.coverage import try_examples

    mistakes: list[ConfigurationError] = []
    stops: list[CrmUnifyError] = []
    maps: list[CheckedMap] = []
    for loaded in project.files:
        failing, coverage = try_examples(loaded, as_of=as_of)
        mistakes += [_mistake(loaded, one) for one in failing]
        try:
            maps.append(CheckedMap(loaded, _columns_of(project, loaded), coverage))
        except ConfigurationError as error:
            mistakes += each(error)
        except CrmUnifyError as error:
            stops.append(error)
    raise_all(mistakes)
    if stops:
        raise stops[0]
    read = {loaded.rules.source.system for loaded in project.files}
    unread = tuple(system for system in project.project.sources if system not in read)
    questions, told = tuple(_open_questions(project.files)), _approvals(project)
    return Checked(project.project.project, tuple(maps), questions, unread, *told)


def _approvals(project: LoadedProject) -> tuple[tuple[Standing, ...], str]:
    """Where the rules stand in the target, and why that is not known where it does not answer."""
    from crm_unify.run.approvals import approvals_of, standings
    from crm_unify.schema.target import open_target

    try:
        found = approvals_of(open_target(project.project.target, root=project.root))
    except CrmUnifyError as error:
        return (), error.what
    return (standings(project, found) if found else ()), ""


def _columns_of(project: LoadedProject, loaded: LoadedRules) -> ColumnCheck:
    """The header of the source, held against its rule file; that of one nobody delivers again may be gone."""
    from crm_unify.rules.columns import ColumnCheck, check_columns, column_uses
    from pipelines.sources import header_of, open_reader

    source = loaded.rules.source
    try:
        reader = open_reader(source, project.project.sources[source.system], project.root)
        return check_columns(loaded, header_of(reader))
    except SourceMissing:
        if not _may_be_gone(source):
            raise
        named = (use.column for use in column_uses(loaded) if use.claims)
        return ColumnCheck(tuple(dict.fromkeys(named)), tuple(source.ignore), ())


def _may_be_gone(source: Source) -> bool:
    """Whether nobody delivers the whole of this source again."""
    return source.state != "live" or source.delivery != "full"


def _mistake(loaded: LoadedRules, failing: Failing) -> ConfigurationError:
    """An example that the rules do not fulfil, at its line."""
    what = f"the example '{failing.name}' fails: {'; '.join(failing.said)}"
    return loaded.wrong(what, ("tests", failing.number), remedy="correct the rules or the example")


def _mined(project: LoadedProject, checked: Checked, *, as_of: date) -> Sequence[Found]:
    """Examples out of real rows for what no example tries, map by map."""
    from crm_unify.propose.mine import Found, mine
    from pipelines.sources import open_reader

    found = []
    for one in checked.maps:
        source, untried = one.loaded.rules.source, one.coverage.untried
        if not untried:
            continue
        try:
            reader = open_reader(source, project.project.sources[source.system], project.root)
            found.append(mine(one.loaded, reader, untried, as_of=as_of))
        except SourceMissing as error:
            if not _may_be_gone(source):
                raise
            found.append(Found(one.loaded.rules.map, (), dict.fromkeys(untried, error.what)))
    return found


def _open_questions(files: Sequence[LoadedRules]) -> Iterator[OpenQuestion]:
    for loaded in files:
        for rule_id, rule in loaded.rules.rules.items():
            if rule.status not in ("approved", "retired"):
                yield OpenQuestion(loaded.rules.map, rule_id, rule.status, rule.what, rule.owner)


# --- telling ---
HEADS: Final = ("map", "source", "status", "columns", "claimed", "ignored", "unclaimed", "codes", "examples")


def _cells(one: CheckedMap) -> tuple[str, ...]:
    rules, columns = one.loaded.rules, one.columns
    source = rules.source
    place = source.table or source.sheet or source.file or ("query" if source.query is not None else "")
    kinds = (columns.claimed, columns.ignored, columns.unclaimed)
    codes = sum(len(table.codes) for table in one.loaded.code_tables.values())
    counts = (sum(map(len, kinds)), *map(len, kinds), codes, len(rules.tests))
    return (rules.map, f"{source.system} {place}".strip(), rules.status, *map(str, counts))


def _table(maps: Sequence[CheckedMap]) -> Iterator[str]:
    rows = [_cells(one) for one in maps]
    if sys.stdout.isatty():
        yield _rich_table(rows)
        return
    widths = [max(len(row[i]) for row in (HEADS, *rows)) for i in range(len(HEADS))]
    for row in (HEADS, *rows):
        cells = (
            cell.ljust(w) if i < 3 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _rich_table(rows: Sequence[tuple[str, ...]]) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, head in enumerate(HEADS):
        table.add_column(head, justify="left" if i < 3 else "right")
    for row in rows:
        table.add_row(*row)
    console = Console(file=StringIO(), force_terminal=True, width=Console().width)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip("\n")


def _findings(checked: Checked) -> Iterator[str]:
    """What people should look at, and the sum of it."""
    for one in checked.maps:
        if one.columns.unclaimed:
            names = ", ".join(one.columns.unclaimed)
            yield f"\ncolumns nobody takes in {one.loaded.rules.map}: {names}"
    yield ""
    yield from coverage_lines([one.coverage for one in checked.maps])
    if checked.unread:
        yield f"\nsources no rule file reads: {', '.join(checked.unread)}"
    if checked.questions:
        yield "\nopen questions:"
    for question in checked.questions:
        owner = f" ({question.owner})" if question.owner is not None else ""
        yield f"  {question.map} {question.rule} {question.status}: {question.what}{owner}"
    if checked.differing:
        yield "\nthe files and the approvals say different things:"
    for rule in checked.differing:
        yield f"  {rule.name}: the file says {rule.claimed}, in the target it is {rule.state}"
    if checked.untold:
        yield f"\napprovals are not known: {checked.untold}"
    examples = sum(len(one.loaded.rules.tests) for one in checked.maps)
    passes = "passes" if examples == 1 else "pass"
    yield (
        f"\n{checked.project}: {counted(len(checked.maps), 'rule file')} valid, "
        f"{counted(examples, 'example')} {passes}, {counted(len(checked.questions), 'open question')}"
    )
