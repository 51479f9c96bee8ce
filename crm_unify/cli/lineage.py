"""Where does a field come from, and where does a column go?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_option
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from crm_unify.rules.loaded import LoadedProject, LoadedRules
    from crm_unify.steward.lineage_answer import Headers


@click.command("lineage")
@click.argument("field", required=False)
@environment_option
@project_option
@output_options
def command(output: Output, field: str | None, project: Path, environment: str | None) -> None:
    """Follow a field of the CRM back to its columns, or a column of a source to its fields.

    FIELD is a field like person.birth_date or contact_point.email, or a column as SOURCE.COLUMN, where SOURCE
    is a rule file, a source system, a table, sheet or file. Without it every column is told. The rule files
    are read, and of the sources the headers; no data row.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.steward import lineage_answer as answer
    from crm_unify.steward.lineage import CUSTOMER, canonical, known_targets

    loaded = load_project(project, environment=environment)
    kinds = {target.partition(".")[0] for target in (*known_targets(), CUSTOMER)}
    if field is not None and field.partition(".")[0] in kinds:
        aliases = [f"contact_point.{kind}" for kind in ("email", "phone", "fax", "web")]
        if canonical(field) not in (*known_targets(), *aliases):
            raise _unknown_field(field, [*known_targets(), *aliases])
        found = answer.field_lineage(loaded, field)
        output.answer(found.as_json(), answer.field_text(found, loaded))
        return
    headers = headers_of(loaded)
    if field is None:
        columns = answer.every_column(loaded, headers=headers)
    else:
        columns = answer.column_lineages(loaded, field, headers=headers)
    output.answer({"columns": [one.as_json() for one in columns]}, answer.column_text(columns))


def _unknown_field(field: str, known: list[str]) -> Exception:
    from crm_unify.errors import UsageError, nearest_name

    near = nearest_name(field, known)
    kind = field.partition(".")[0]
    of_kind = ", ".join(name for name in known if name.startswith(f"{kind}."))
    remedy = f"did you mean '{near}'?" if near is not None else "see docs/glossary.md"
    return UsageError("the CRM has no such field", field, why=f"known: {of_kind}", remedy=remedy)


def headers_of(project: LoadedProject) -> Headers:
    """Asks a source for its header, once; one that cannot be opened has none."""
    from crm_unify.errors import CrmUnifyError
    from pipelines.sources import header_of, open_reader

    known: dict[str, tuple[str, ...]] = {}

    def of(loaded: LoadedRules) -> tuple[str, ...]:
        source = loaded.rules.source
        if loaded.rules.map not in known:
            try:
                reader = open_reader(source, project.project.sources[source.system], project.root)
                known[loaded.rules.map] = header_of(reader)
            except (
                CrmUnifyError
            ):  # the rules can be explained without the source; `check` tells what is wrong
                known[loaded.rules.map] = ()
        return known[loaded.rules.map]

    return of
