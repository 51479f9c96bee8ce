"""One place where errors become messages and exit codes."""

import json
import os
from collections.abc import Callable

import click
import pytest

from crm_unify import cli
from crm_unify.cli._options import output_options
from crm_unify.cli._output import Output, as_text
from crm_unify.errors import GuardStopped, UsageError


class Panic(BaseException):
    """What a driver written in Rust raises: no Exception."""


@click.command("run")
@click.argument("ending")
@output_options
def command(output: Output, ending: str) -> int | None:
    """End in the way that is asked for."""
    print("noise of a library")
    match ending:
        case "guard":
            raise GuardStopped("half of the rows are gone", "billing", remedy="look at the source")
        case "defect":
            raise ZeroDivisionError("no rows")
        case "end":
            raise EOFError("the file breaks off")
        case "file":
            raise OSError(36, "File name too long", "x" * 300)
        case "panic":
            raise Panic("index out of bounds")
        case "keyboard":
            raise KeyboardInterrupt
        case "person":
            output.answer({"review_pairs": 3}, "3 pairs wait for a person")
            return 1
    output.answer({"written_rows": 0}, "nothing to write")
    return None


@pytest.mark.parametrize("words", [["run", "well"], ["run", "well", "--json"]])
def test_an_answer_that_nobody_reads_to_its_end_is_no_error(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Behind `| head` a command ends as it would have ended."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        assert cli.main(words) == 0


@pytest.fixture(autouse=True)
def _installed(install: Callable[[click.Command], None]) -> None:
    """Put the command above in the place of `run`."""
    install(command)


@pytest.mark.parametrize(
    ("ending", "exit_code"),
    [
        pytest.param("well", 0, id="done"),
        pytest.param("person", 1, id="something needs a person"),
        pytest.param("guard", 3, id="a guard stopped the run"),
        pytest.param("file", 4, id="a file that the system refuses"),
        pytest.param("defect", 70, id="a defect"),
        pytest.param("end", 70, id="the end of a file is no keyboard"),
        pytest.param("panic", 70, id="a panic in a driver is a defect too"),
        pytest.param("keyboard", 130, id="stopped from the keyboard"),
    ],
)
def test_the_exit_code_says_how_it_ended(ending: str, exit_code: int) -> None:
    """Every way a command can end has its own exit code."""
    assert cli.main(["run", ending]) == exit_code


def test_an_error_is_told_in_parts_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """What, where and what to do, one a line; an empty part is left out."""
    cli.main(["run", "guard"])
    assert capsys.readouterr().err == (
        "error: half of the rows are gone [GUARD-STOPPED]\n  where: billing\n  do:    look at the source\n"
    )


@pytest.mark.parametrize("words", [["run", "defect", "-v"], ["-v", "run", "defect"]], ids=["after", "before"])
def test_verbose_shows_the_traceback(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With -v, before or after the command's name, a defect can be reported with its traceback."""
    cli.main(words)
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "key"),
    [
        pytest.param(["run", "well"], "written_rows", id="an answer"),
        pytest.param(["run", "person"], "review_pairs", id="an answer with exit code 1"),
        pytest.param(["run", "guard"], "error", id="a program error"),
        pytest.param(["run", "defect"], "error", id="a defect"),
        pytest.param(["run"], "error", id="a missing argument"),
        pytest.param(["run", "--nothing"], "error", id="an unknown option"),
        pytest.param(["rnu"], "error", id="an unknown command"),
    ],
)
def test_json_is_one_object_on_standard_output(
    words: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever happens, and whatever libraries print, standard output parses as one object."""
    cli.main([*words, "--json"])
    assert key in json.loads(capsys.readouterr().out)


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A typo costs one more try."""
    code = cli.main(["chekc"])
    assert (code, "did you mean 'check'?" in capsys.readouterr().err) == (2, True)


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever types the bare name sees what there is; a script sees that nothing was done."""
    assert (cli.main([]), "Commands:" in capsys.readouterr().out) == (2, True)


def test_several_mistakes_stand_one_a_line() -> None:
    """What takes more than one line is indented below its label."""
    error = UsageError("2 mistakes", "a.yml:1", why="\n a.yml:1: this\n a.yml:7: that", remedy="correct them")
    assert as_text(error).splitlines()[2:] == [
        "  why:",
        "    a.yml:1: this",
        "    a.yml:7: that",
        "  do:    correct them",
    ]
