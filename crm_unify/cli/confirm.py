"""Say of a customer that it is right as it stands."""

from __future__ import annotations

import click

from crm_unify.cli._deciding import Wish, decide, deciding
from crm_unify.cli._output import Output


@click.command("confirm")
@click.argument("customer")
@deciding(why=False)
def command(output: Output, wish: Wish, customer: str) -> None:
    """Record that the records of a customer are one, and that somebody has looked at it.

    Its records stay together, and evidence alone merges it with no other confirmed customer. `confirmed_at`
    in the CRM tells when.
    """
    from crm_unify.run.deciding import confirming

    decide(output, wish, lambda connection: confirming(connection, customer))
