"""Code blocks of the documentation, and how they are carried out.

A `console` block is a session: lines that begin with `$ ` are run one after the other, and each must succeed
and print exactly the lines below it, where `...` stands for any text. Those of the README go through bash as
if typed; on the other pages `crm-unify` alone, without pipe or pattern, is called in this process, where its
imports are paid for. A `python` block is run as a script, or as a doctest if it has `>>>`. The blocks of one
page share a folder that holds copies of `fixtures` and `mappings`. A `sh` block is never run here: it may
only hold what the build script itself runs.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from crm_unify.cli import main

FENCE = re.compile(r"^```(?P<language>[a-z]*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


OPERATORS: Final = frozenset("();<>|&")
EXPANDED: Final = frozenset("$`*?[{~")
"""Signs outside of words that only a shell understands."""
WIDTH: Final = {"COLUMNS": "100"}


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a page."""

    page: Path
    """The Markdown file."""
    line: int
    """Line of its first line, from 1."""
    language: str
    """What stands after the fence."""
    text: str
    """What stands between the fences."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a session and what it must print."""

    command: str
    """What bash is given."""
    expected: str
    """The lines below it, `...` standing for any text."""


def pages(root: Path) -> list[Path]:
    """Every page of documentation, README first."""
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = FENCE.finditer(text)
    return [Block(page, text.count("\n", 0, m.start("text")) + 1, m["language"], m["text"]) for m in found]


def steps(session: str) -> list[Step]:
    """The commands of a session; a line that ends in a backslash goes on in the next."""
    parts = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    split = (re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*)\n?(.*)", part, flags=re.DOTALL) for part in parts)
    return [Step(m[1], m[2]) for m in split if m is not None]


def fits(expected: str, printed: str) -> bool:
    """Does the printed text fit the expected one, in which `...` stands for any text?"""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), flags=re.DOTALL) is not None


def run_session(block: Block, folder: Path) -> None:
    """Run the commands of a `console` block; raise AssertionError at the first that says something else."""
    for step in steps(block.text):
        words = None if block.page.name == "README.md" else words_alone(step.command)
        done = _by_bash(step.command, folder) if words is None else _here(words, folder)
        where = f"{block.page.name}:{block.line}: $ {step.command}"
        assert done.returncode == 0, f"{where}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
        assert fits(step.expected, done.stdout), f"{where}\nprinted:\n{done.stdout}"


def words_alone(command: str) -> list[str] | None:
    """The words after `crm-unify` of a command that is nothing else; None for one that needs a shell."""
    lexer = shlex.shlex(command.replace("\\\n", ""), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    program, *words = lexer
    shell = EXPANDED & set(command) or any(set(word) <= OPERATORS for word in words if word)
    return None if program != "crm-unify" or shell else words


def _by_bash(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **WIDTH, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _here(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Call the program in this process, as if by bash."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        patch.setattr(sys, "stdin", io.StringIO())
        for name, value in WIDTH.items():
            patch.setenv(name, value)
        code = main(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def run_python(block: Block, folder: Path) -> None:
    """Run a `python` block as a script or, with prompts, as a doctest, in a process of its own."""
    script = folder / "block.py"
    prompted = ">>> " in block.text
    script.write_text(f'r"""\n{block.text}"""\n' if prompted else block.text, encoding="utf-8")
    command = [sys.executable, *(["-m", "doctest"] if prompted else []), script.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block.page.name}:{block.line}\n{done.stdout}{done.stderr}"
