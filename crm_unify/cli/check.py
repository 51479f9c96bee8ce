"""Are the rules valid, the columns claimed, the examples true?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._check_text import checked_text
from crm_unify.cli._checked import Checked, check_project, may_be_gone
from crm_unify.cli._examples import mined_json, mined_text
from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.errors import EXIT_DONE, EXIT_NEEDS_PERSON, SourceMissing

if TYPE_CHECKING:
    from crm_unify.propose.mine import Found
    from crm_unify.rules.load import LoadedProject


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
    those, too, that still try them once every value is masked, to be read and put under `tests:`. Lookups are
    not mined, nor what is done with the texts they find: their examples need rows of other maps (`beside`).
    """
    from crm_unify.rules.load import load_project

    day = date.today() if as_of is None else as_of.date()
    loaded = load_project(project, environment=environment)
    checked = check_project(loaded, as_of=day)
    if mine:
        found = _mined(loaded, checked, as_of=day)
        data = {**checked.as_json(), "mined": [mined_json(one) for one in found]}
        output.answer(data, "\n\n".join([checked_text(checked), *filter(None, [mined_text(found)])]))
    else:
        output.answer(checked.as_json(), checked_text(checked))
    return EXIT_NEEDS_PERSON if strict and checked.needs_person else EXIT_DONE


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
            if not may_be_gone(source):
                raise
            found.append(Found(one.loaded.rules.map, (), dict.fromkeys(untried, error.what)))
    return found
