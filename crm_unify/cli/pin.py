"""Pin a field of a customer to a value, or to what one record says."""

from __future__ import annotations

from datetime import date

import click

from crm_unify.cli._deciding import Wish, decide, deciding
from crm_unify.cli._output import Output


@click.command("pin")
@click.argument("customer")
@click.argument("field")
@click.argument("value", required=False)
@click.option("--from", "source", metavar="RECORD", help="Take the field from this record of the customer.")
@deciding(why=True)
def command(
    output: Output, wish: Wish, customer: str, field: str, value: str | None, source: str | None
) -> None:
    """Record what a FIELD of a customer shall be, whatever its other records say.

    A VALUE is written as the CRM holds it (dates as YYYY-MM-DD). With --from the field follows that record,
    also when its source changes. The parts of a name are pinned together. Of `address` and `contact_point`
    all are kept; pinned to a record, its own come first.
    """
    from crm_unify.run.pinning import pinning

    decide(
        output,
        wish,
        lambda connection: pinning(
            connection, customer, field, value=value, source=source, as_of=date.today()
        ),
    )
