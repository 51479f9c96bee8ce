"""Who may sign in to the review application."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._web import need_web
from crm_unify.cli._who import by_option, who

if TYPE_CHECKING:
    import sqlalchemy as sa


Made = TypeVar("Made")
ROLES: Final = ("viewer", "steward", "admin")
"""As :data:`crm_unify.schema.stewards.ROLES`, which costs an import."""


@click.group("user")
@output_options
def command(output: Output) -> None:
    """Make users of the review application, and take their leave.

    A viewer looks, a steward answers, an admin looks after users and runs as well. Passwords are typed twice
    on a terminal; in a script the password is the first line of standard input.
    """


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="steward", show_default=True, help="What they may.")
@by_option
@environment_option
@project_option
@output_options
def add(output: Output, name: str, role: str, by: str | None, project: Path, environment: str | None) -> None:
    """Let somebody sign in."""
    need_web()
    from crm_unify.steward.web.accounts import add_user

    password = _password()
    user = _changed(project, environment, lambda c: add_user(c, name, role, password, by=who(by)))
    output.answer(user.as_json(), f"{user.name} may sign in as {user.role}")


@command.command("list")
@environment_option
@project_option
@output_options
def listing(output: Output, project: Path, environment: str | None) -> None:
    """Show who may sign in."""
    need_web()
    from crm_unify.steward.web.accounts import users

    found = _looked(project, environment, users)
    lines = [f"{u.name:<24} {u.role:<8} {'' if u.active else 'disabled'}".rstrip() for u in found]
    output.answer({"users": [u.as_json() for u in found]}, "\n".join(lines) or "nobody may sign in yet")


@command.command("password")
@click.argument("name")
@by_option
@environment_option
@project_option
@output_options
def password(output: Output, name: str, by: str | None, project: Path, environment: str | None) -> None:
    """Set a password; the user is signed out everywhere."""
    need_web()
    from crm_unify.steward.web.accounts import set_password

    text = _password()
    user = _changed(project, environment, lambda c: set_password(c, name, text, by=who(by)))
    output.answer(user.as_json(), f"{user.name} has a new password and is signed out")


@command.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), help="Give them this role.")
@click.option("--disable/--enable", "disable", default=None, help="Let them in no more, or again.")
@by_option
@environment_option
@yes_option
@project_option
@output_options
def change(
    output: Output,
    name: str,
    role: str | None,
    disable: bool | None,
    by: str | None,
    project: Path,
    environment: str | None,
    *,
    yes: bool,
) -> None:
    """Give a user another role, or let them in no more; what they did stays theirs."""
    need_web()
    from crm_unify.steward.web.accounts import change as changed

    active = None if disable is None else not disable
    given = [] if role is None else [f"gets the role {role}"]
    given += [] if active is None else ["is let in again" if active else "is let in no more"]
    output.asked(f"{name} {' and '.join(given) or 'stays as it is'}", "Change this?", yes=yes)
    user = _changed(project, environment, lambda c: changed(c, name, by=who(by), role=role, active=active))
    output.answer(
        user.as_json(), f"{user.name} is {user.role if user.active else 'disabled'}, and signed out"
    )


def _password() -> str:
    """Typed twice on a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _changed(project: Path, environment: str | None, act: Callable[[sa.Connection], Made]) -> Made:
    """What an act on the users of a project gives, in one transaction; a load that goes on is waited for."""
    from crm_unify.run.appending import in_turn

    return in_turn(_target(project, environment), act)


def _looked(project: Path, environment: str | None, look: Callable[[sa.Connection], Made]) -> Made:
    """What a look at the users of a project gives; it waits for nobody."""
    from crm_unify.schema.target import reachable

    engine = _target(project, environment)
    with reachable(engine), engine.connect() as connection:
        return look(connection)


def _target(project: Path, environment: str | None) -> sa.Engine:
    """The CRM database of a project, of this version of the program."""
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import open_target
    from crm_unify.schema.upgrade import require

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    return engine
