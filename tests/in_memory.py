"""Run a command, the tests say, with database servers of its own and all its temporary files in memory.

    python -m tests.in_memory python -m pytest -n 2

A new table or a commit waits for the disk, and tests do little else with their databases: a MariaDB with the
tables of a CRM is made in 0.2 seconds instead of 3. What is in memory is gone afterwards. A server named by
the environment is used as it is; where the programs of one are not installed, the tests look for it on its
usual port, as they do without this command.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests import servers

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 4 * 2**30
"""Bytes that must be free there; the tests take about half of them."""

SERVERS: Final[dict[str, Callable[[], AbstractContextManager[servers.Server]]]] = {
    "CRM_UNIFY_POSTGRES": partial(servers.postgres, "fsync=off", "max_connections=100"),
    "CRM_UNIFY_MARIADB": partial(servers.mariadb, "innodb-flush-log-at-trx-commit=0"),
}
"""What starts a server, by the variable that tells the tests its URL. None has to outlive the machine."""


def main(words: Sequence[str]) -> int:
    """Run the command; its exit code."""
    environment = dict(os.environ)
    with ExitStack() as stack:
        if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="crm_unify_", dir=MEMORY))
            Path(folder).chmod(0o1777)  # the servers of the tests are other users
            environment["TMPDIR"] = tempfile.tempdir = folder
        for variable, server in SERVERS.items():
            if variable not in environment:
                with told(variable):
                    environment[variable] = stack.enter_context(server()).url
        return subprocess.run(words, env=environment, check=False).returncode


@contextmanager
def told(variable: str) -> Iterator[None]:
    """Say why there is no server of our own, and go on: the tests that need one look for it elsewhere."""
    try:
        yield
    except (pytest.skip.Exception, pytest.fail.Exception, AssertionError, OSError, LookupError) as error:
        print(f"no server for {variable}: {error}", file=sys.stderr)


def ended(*_: object) -> NoReturn:
    """End as after an error, so that servers and folder go, too."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, ended)
    sys.exit(main(sys.argv[1:]))
