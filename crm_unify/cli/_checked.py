"""A project held against itself and the headers of its sources, and what people should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crm_unify.cli._examples import coverage_json
from crm_unify.errors import ConfigurationError, CrmUnifyError, SourceMissing

if TYPE_CHECKING:
    from crm_unify.rules.columns import ColumnCheck
    from crm_unify.rules.load import LoadedProject, LoadedRules
    from crm_unify.rules.source_model import Source
    from crm_unify.run.approvals import Standing
    from pipelines.interpret.coverage import Coverage, Failing


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
    from crm_unify.run.sources import refuse_unfit_cursor
    from pipelines.sources import header_of, open_reader

    source = loaded.rules.source
    try:
        reader = open_reader(source, project.project.sources[source.system], project.root)
        found = check_columns(loaded, header_of(reader))
        refuse_unfit_cursor(loaded, reader)
        return found
    except SourceMissing:
        if not may_be_gone(source):
            raise
        named = (use.column for use in column_uses(loaded) if use.claims)
        return ColumnCheck(tuple(dict.fromkeys(named)), tuple(source.ignore), ())


def may_be_gone(source: Source) -> bool:
    """Whether nobody delivers the whole of this source again."""
    return source.state != "live" or source.delivery != "full"


def _mistake(loaded: LoadedRules, failing: Failing) -> ConfigurationError:
    """An example that the rules do not fulfil, at its line."""
    what = f"the example '{failing.name}' fails: {'; '.join(failing.said)}"
    return loaded.wrong(what, ("tests", failing.number), remedy="correct the rules or the example")


def _open_questions(files: Sequence[LoadedRules]) -> Iterator[OpenQuestion]:
    for loaded in files:
        for rule_id, rule in loaded.rules.rules.items():
            if rule.status not in ("approved", "retired"):
                yield OpenQuestion(loaded.rules.map, rule_id, rule.status, rule.what, rule.owner)
