"""Say of records of a customer that they are another one."""

from __future__ import annotations

import click

from crm_unify.cli._deciding import Wish, decide, deciding
from crm_unify.cli._output import Output


@click.command("split")
@click.argument("customer")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...")
@deciding(why=False)
def command(output: Output, wish: Wish, customer: str, records: tuple[str, ...]) -> None:
    """Record that these records are not the customer: DIFFERENT from each of its other records.

    The next run parts them. Whether the parted records are one customer among themselves is left to the
    evidence; `crm-unify merge` says that they are.
    """
    from crm_unify.run.deciding import splitting

    decide(output, wish, lambda connection: splitting(connection, customer, records))
