"""Who decides: the name that stands beside a decision."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from typing import Final

import click

from crm_unify.errors import UsageError

VARIABLE: Final = "CRM_UNIFY_BY"
"""Environment variable that names the person, for machines many people share."""


def by_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `--by NAME`, handed on as `by`."""
    said = f"Who decides; {VARIABLE} or the login name by default."
    return click.option("--by", metavar="NAME", help=said)(function)


def who(by: str | None) -> str:
    """The name given, else the one in the environment, else the login name. Raises UsageError without any."""
    said = (by or os.environ.get(VARIABLE) or "").strip()
    if said:
        return said
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:  # no such user, or no such thing on this system
        why = "neither the environment nor the system knows a name"
        raise UsageError("nobody decides", "--by", why=why, remedy="name yourself with --by") from error
