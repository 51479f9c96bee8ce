"""Commands that may die: each in a process of its own, forked from one that has paid for the imports.

``python -m tests.crm_unify.run.mortal`` reads one request a line from standard input, JSON with ``words``,
``environment``, ``largest_file`` and ``instant``. It answers with the number of the signal that ended the
command, or minus its exit code.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.crm_unify.run.instants import Instant, watch

NEEDED = (
    "crm_unify.cli.apply",
    "crm_unify.cli.run",
    "crm_unify.run.stages",
    "crm_unify.run.sync",
    "crm_unify.run.undo",
    "anyascii",
    "dlt.destinations",
    "email_validator",
    "fsspec.implementations.local",
    "pandera.pandas",
    "phonenumbers",
    "pyarrow.dataset",
    "requests",
    "rich.progress",
    "tests.pipelines.crm_states",
)
"""What the commands import, paid for once."""


@dataclass(frozen=True, slots=True)
class Mortal:
    """The process that forks."""

    process: subprocess.Popen[str]

    def run(
        self,
        *words: str | Path,
        environment: Mapping[str, str],
        largest_file: int | None = None,
        instant: Instant | None = None,
    ) -> int:
        """Number of the signal that killed ``crm-unify WORDS``; minus its exit code when nothing did.

        No file may grow beyond `largest_file` bytes, as on a disk that gets full. At `instant` somebody dies.
        """
        return self._ask(
            words=[str(word) for word in words],
            environment=dict(environment),
            largest_file=largest_file,
            instant=None if instant is None else instant.as_json(),
        )

    def call(self, function: str, *words: str, environment: Mapping[str, str]) -> int:
        """The same for a function of the tests, ``module:name``, called with words."""
        return self._ask(call=function, words=list(words), environment=dict(environment), largest_file=None)

    def _ask(self, **request: Any) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())


@contextmanager
def mortal() -> Iterator[Mortal]:
    """A process that forks commands, ended with the block."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as process:
        yield Mortal(process)


def _serve() -> None:
    """Answer requests until standard input ends; it only imports itself, so that no lock is forked held."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    for name in NEEDED:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _die(json.loads(line))
        _, status = os.waitpid(child, 0)
        answer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        print(answer, flush=True)


def _die(request: dict[str, Any]) -> None:
    """Become the command that was asked for."""
    from crm_unify.cli import main

    os.environ.update(request["environment"])
    if request["largest_file"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest_file"], request["largest_file"]))
    sys.stdout = sys.stderr  # standard output is for the answers
    if request.get("instant") is not None:
        watch(request["instant"])
    if "call" in request:
        module, _, name = request["call"].partition(":")
        getattr(import_module(module), name)(*request["words"])
        os._exit(0)
    os._exit(main(request["words"]))


if __name__ == "__main__":
    _serve()
