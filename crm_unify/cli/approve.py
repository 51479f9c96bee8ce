"""Approve business rules as their files are now, or see which are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who
from crm_unify.errors import UsageError
from crm_unify.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_unify.rules.loaded import LoadedRules
    from crm_unify.run.approvals import Standing


@click.command("approve")
@click.argument("rules", metavar="[RULE]...", nargs=-1)
@click.option("--where", help="Where it was decided: a meeting, a letter.")
@click.option("--withdraw", is_flag=True, help="Take approvals back.")
@by_option
@environment_option
@yes_option
@project_option
@output_options
def command(
    output: Output,
    rules: Sequence[str],
    project: Path,
    environment: str | None,
    where: str | None,
    by: str | None,
    *,
    withdraw: bool,
    yes: bool,
) -> None:
    """Record that RULE (a business rule, MAP.RULE, or a MAP for all its rules) is approved as it is now.

    The approval is kept in the target of the environment, with what the rule file does: its source, targets,
    code tables and checks. Changing any of these ends it; status, owner and evidence do not. Runs of the
    environment `production` need every rule approved. Without RULE: where each rule stands.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run import approvals
    from crm_unify.schema.target import open_target

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    said = approvals.subjects(loaded, rules)
    if said:
        _agree(output, said, withdraw=withdraw, yes=yes)
    numbers: tuple[int, ...] = ()
    if said and withdraw:
        numbers = approvals.withdraw(engine, said, by=who(by))
    elif said:
        numbers = approvals.approve(engine, said, by=who(by), where=where)
    standing = approvals.standings(loaded, approvals.approvals_of(engine))
    names = {(one.rules.map, rule) for one, rule in said}
    shown = [s for s in standing if not said or (s.map, s.rule) in names or (s.map, None) in names]
    left = sum(one.state != approvals.APPROVED for one in standing)
    data = {"recorded": list(numbers), "rules": [one.as_json() for one in shown], "not_approved": left}
    tail = f"{len(standing) - left} of {len(standing)} rules are approved"
    output.answer(data, "\n".join([*map(line, shown), tail]))


def _agree(
    output: Output, said: Sequence[tuple[LoadedRules, str | None]], *, withdraw: bool, yes: bool
) -> None:
    """Show what would be approved and ask. Raises UsageError without a yes, or where nobody can be asked."""
    if not yes:
        output.say("\n".join(_named(loaded, rule) for loaded, rule in said))
    question = "Take these approvals back?" if withdraw else "Approve this as it is now?"
    if not output.agreed(question, yes=yes):
        raise UsageError("nothing was recorded", remedy="repeat it and agree")


def _named(loaded: LoadedRules, rule: str | None) -> str:
    """A rule with what it says, or a file with how many it has."""
    if rule is not None:
        return f"{loaded.rules.map}.{rule}: {loaded.rules.rules[rule].what}"
    return f"{loaded.rules.map}: {counted(len(loaded.rules.rules), 'rule')}"


def line(one: Standing) -> str:
    """Where a rule stands, for people."""
    approval = one.approval
    told = "" if approval is None else f"  {approval.by}, {approval.at:%Y-%m-%d}"
    place = f", {approval.where}" if approval is not None and approval.where else ""
    differs = f"  (the file says {one.claimed})" if one.differs else ""
    return f"{one.name:<36}  {one.state}{told}{place}{differs}"
