"""Take a decision back."""

from __future__ import annotations

import click

from crm_unify.cli._deciding import Wish, decide, deciding
from crm_unify.cli._output import Output


@click.command("revoke")
@click.argument("decision", type=click.IntRange(min=1))
@deciding(why=False)
def command(output: Output, wish: Wish, decision: int) -> None:
    """Record that the decision of this number holds no longer; `crm-unify decisions` lists them.

    Nothing is deleted: the decision and its end both stay on record. A revocation can be revoked, too.
    """
    from crm_unify.run.deciding import revoking

    decide(output, wish, lambda connection: revoking(connection, decision))
