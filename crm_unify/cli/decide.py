"""Say of two records or customers that they are the same, different, or unsure."""

from __future__ import annotations

import click

from crm_unify.cli._deciding import Wish, decide, deciding
from crm_unify.cli._output import Output


@click.command("decide")
@click.argument("one")
@click.argument("other")
@click.argument("verdict", type=click.Choice(["same", "different", "unsure"], case_sensitive=False))
@deciding(why=True)
def command(output: Output, wish: Wish, one: str, other: str, verdict: str) -> None:
    """Record a verdict on ONE and OTHER: record ids, or customer ids with all their records.

    It holds in every run until it is revoked. SAME and DIFFERENT are obeyed whatever the evidence; UNSURE
    keeps the two from being merged by evidence alone, until somebody answers or one of the records changes.
    """
    from crm_unify.run.deciding import verdict as drafted

    decide(output, wish, lambda connection: drafted(connection, one, other, verdict.lower()))
