"""Options that many commands share."""

import io
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from crm_unify import cli
from crm_unify.cli._options import output_options, project_argument, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError


@click.command("run")
@project_argument
@yes_option
@output_options
def command(output: Output, project: Path, yes: bool) -> None:
    """Say what arrived."""
    output.say(f"{project.as_posix()} {yes}")


@pytest.fixture(autouse=True)
def _projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with a project, beside another."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/crm_unify.yml").touch()
    (tmp_path / "crm_unify.yml").touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param([], "crm_unify.yml False", id="the current folder"),
        pytest.param(["sub"], "sub/crm_unify.yml False", id="a folder"),
        pytest.param(["sub/crm_unify.yml"], "sub/crm_unify.yml False", id="a file"),
        pytest.param(["-p", "sub"], "sub/crm_unify.yml False", id="as an option"),
        pytest.param(["sub", "-p", "sub", "--yes"], "sub/crm_unify.yml True", id="twice the same, and yes"),
    ],
)
def test_a_project_is_a_file_or_its_folder(
    words: list[str],
    said: str,
    install: Callable[[click.Command], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The current folder is the default; the option and the argument say the same."""
    install(command)
    assert (cli.main(["run", *words]), capsys.readouterr().out) == (0, said + "\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(["sub", "-p", "empty"], "given twice, as sub and as empty", id="two projects"),
        pytest.param(["empty"], "no file empty/crm_unify.yml", id="a folder without a project"),
        pytest.param(["gone.yml"], "no file gone.yml", id="a file that is not there"),
    ],
)
def test_a_project_that_cannot_be_is_bad_usage(
    words: list[str],
    why: str,
    install: Callable[[click.Command], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, and the message says which file was looked for."""
    install(command)
    assert (cli.main(["run", *words]), why in capsys.readouterr().err) == (2, True)


@click.command("run")
@click.argument("customer")
@project_option
@output_options
def with_option(output: Output, project: Path, customer: str) -> None:
    """Say what arrived."""
    output.say(f"{customer} of {project}")


def test_commands_with_other_arguments_take_the_project_as_an_option(
    install: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """The first word belongs to the command, the project comes with -p."""
    install(with_option)
    cli.main(["run", "C-1", "-p", "sub"])
    assert capsys.readouterr().out == "C-1 of sub/crm_unify.yml\n"


def test_a_change_nobody_can_agree_to_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal nobody is asked: the answer must come as --yes."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    assert output.agreed("write 12 rows?", yes=True)
    with pytest.raises(UsageError, match="nobody agreed"):
        output.agreed("write 12 rows?", yes=False)
