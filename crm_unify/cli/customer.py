"""One customer with all the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crm_unify.cli._options import environment_option, output_options, project_option
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crm_unify.steward.customer import CustomerView, GoldenValue


@click.command("customer")
@click.argument("customer_id")
@environment_option
@project_option
@output_options
def command(output: Output, customer_id: str, project: Path, environment: str | None) -> None:
    """Show one customer: golden values and why they won, records, consent, orders, cases, deals, activities.

    A former id (of a customer that was merged) leads to the customer that holds its records now.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import open_target, reachable
    from crm_unify.schema.upgrade import require
    from crm_unify.steward.customer import customer

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    with reachable(engine), engine.connect() as connection:
        found = customer(connection, customer_id)
    output.answer(found.as_json(), "\n".join(lines(found)))


def lines(found: CustomerView) -> Iterator[str]:
    """The customer for people."""
    moved = "" if found.id == found.asked_for else f" ({found.asked_for} was merged into it)"
    yield f"{found.display_name} [{found.kind}, {found.status}] {found.id}{moved}"
    if found.owner is not None:
        yield f"  {'looked after by':<28} {found.owner}"
    for value in found.golden:
        yield from _golden(value)
    for table, rows in found.kept.items():
        yield from (f"  {table:<15} {_row(row)}" for row in rows)
    yield from (f"  {'consent':<15} {_row(row)}" for row in found.consent)
    yield from (f"  {'belongs with':<15} {_row(row)}" for row in found.organisations)
    yield from _shortened("orders", found.orders)
    yield from _shortened("cases", found.cases)
    yield from _shortened("opportunities", found.opportunities)
    yield from _shortened("activities", found.activities)
    yield f"  {len(found.records)} records:"
    for record in found.records:
        state = "" if record.state == "active" else f" ({record.state})"
        yield f"    {record.record_id}{state}"
        yield "      " + " | ".join(f"{header}: {text}" for header, text in record.raw.items())
        yield from (f"      {one.field} corrected to {one.sentence}" for one in found.corrected(record))


SHOWN = 5
"""Orders, cases and the like shown to people; ``--json`` has all of them."""
LONGEST = 300
"""Characters of a row shown to people: notes are long."""


def _golden(value: GoldenValue) -> Iterator[str]:
    by = "" if value.record_id is None else f"  <- {value.record_id} ({value.decided_by})"
    yield f"  {value.field:<28} {value.value}{by}"
    for record_id, rival in value.rivals:
        yield f"  {'':<28}   instead of {rival!r} of {record_id}"


def _shortened(name: str, rows: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    if rows:
        yield f"  {len(rows)} {name}:"
    yield from (f"    {_row(row)}" for row in rows[:SHOWN])
    if len(rows) > SHOWN:
        yield f"    and {len(rows) - SHOWN} more (--json shows all)"


def _row(row: Mapping[str, Any]) -> str:
    hidden = ("id", "owner_id", "original")
    said = ", ".join(
        f"{name} {value}" for name, value in row.items() if name not in hidden and value is not None
    )
    line = " / ".join(said.splitlines())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
