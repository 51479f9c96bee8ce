"""A command of the test's own in the place of a real one."""

import sys
from collections.abc import Callable
from types import ModuleType

import click
import pytest

from crm_unify import cli


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[click.Command], None]:
    """Put a command in the place of `run`; every other command of the table counts as there."""
    monkeypatch.setattr(cli.Program, "list_commands", lambda self, ctx: list(cli.COMMANDS))

    def put(command: click.Command) -> None:
        module = ModuleType("crm_unify.cli.run")
        module.command = command  # type: ignore[attr-defined]  # a module has the attributes it is given
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put
