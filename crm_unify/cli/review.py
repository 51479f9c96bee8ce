"""What people are asked: the queue, workbooks to answer it in, samples that measure."""

from __future__ import annotations

import click

from crm_unify.cli import (
    _review_assign,
    _review_estimate,
    _review_export,
    _review_import,
    _review_list,
    _review_next,
    _review_sample,
)
from crm_unify.cli._options import output_options
from crm_unify.cli._output import Output


@click.group("review")
@output_options
def command(output: Output) -> None:
    """Look at the questions of the newest run and answer them.

    What the evidence cannot settle stands in a queue, those first whose answer settles most. Answers are
    decisions: `crm-unify decide` records one, a workbook many; each holds until it is revoked.
    """


command.add_command(_review_list.command)
command.add_command(_review_next.command)
command.add_command(_review_assign.command)
command.add_command(_review_export.command)
command.add_command(_review_import.command)
command.add_command(_review_sample.command)
command.add_command(_review_estimate.command)
