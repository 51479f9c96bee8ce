"""Say of two or more customers that they are one."""

from __future__ import annotations

import click

from crm_unify.cli._deciding import Wish, decide, deciding
from crm_unify.cli._output import Output


@click.command("merge")
@click.argument("names", nargs=-1, required=True, metavar="A B...")
@deciding(why=False)
def command(output: Output, wish: Wish, names: tuple[str, ...]) -> None:
    """Record that customers (or records) are one: SAME for every two records of different ones.

    The next run merges them. The customer whose founding record is the oldest keeps its id; the other ids
    lead to it.
    """
    from crm_unify.run.deciding import merging

    decide(output, wish, lambda connection: merging(connection, names))
