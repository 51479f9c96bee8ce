"""Database servers that a test starts itself, on a folder and a port of their own, and kills."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

PATIENCE: Final = 120
"""Attempts to connect, each of which waits for the server in its own way, before it counts as dead."""


@dataclass(slots=True)
class Server:
    """A server that can be killed and started again on the same files."""

    command: list[str]
    user: str | None
    url: str
    """Of a database that is there from the start; it has no password."""
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it, and return when it answers; whatever it had not finished it has put right by then."""
        self.process = subprocess.Popen(
            self.command, user=self.user, start_new_session=True, stderr=subprocess.DEVNULL
        )
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        for _ in range(PATIENCE):
            with suppress(DBAPIError), engine.connect():
                return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.5)
                pytest.fail(f"the server ended with {self.process.returncode}")
        pytest.fail("the server does not answer")

    def dies(self) -> None:
        """Kill what is left of it, and wait for its end."""
        if self.process is not None:
            kill_server(self.process.pid)
            self.process.wait()


def kill_server(pid: int) -> None:
    """SIGKILL a server and its children, each of which PostgreSQL puts into a process group of its own."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    for one in (pid, *(child for child, parent in parents.items() if parent == pid)):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


@contextmanager
def postgres(*settings: str) -> Iterator[Server]:
    """A PostgreSQL server of its own, with these settings; skips where its programs are not, but in CI."""
    programs = [*Path("/usr/lib/postgresql").glob("*/bin"), *_folder_of("initdb")]
    if not programs:
        _lacking("no initdb on this machine")
    with _folder("postgres") as (folder, user):
        data, port = folder / "data", _free_port()
        _quietly([str(programs[0] / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"], user)
        command = [str(programs[0] / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
        # shared memory in its folder: what a killed server leaves in /dev/shm nobody takes away
        own = ("listen_addresses=127.0.0.1", "max_connections=20", "dynamic_shared_memory_type=mmap")
        for setting in (*own, *settings):
            command += ["-c", setting]
        yield from _serving(Server(command, user, f"postgresql://postgres@127.0.0.1:{port}/postgres"))


@contextmanager
def mariadb(*settings: str) -> Iterator[Server]:
    """A MariaDB server of its own, with these settings; skips where its programs are not, but in CI."""
    install, daemon = shutil.which("mariadb-install-db"), shutil.which("mariadbd", path="/usr/sbin:/usr/bin")
    if install is None or daemon is None:
        _lacking("no mariadbd on this machine")
    with _folder("mysql") as (folder, user):
        data, port = folder / "data", _free_port()
        own = [f"--datadir={data}", "--innodb-log-file-size=8M", *([f"--user={user}"] if user else [])]
        made = [install, "--no-defaults", *own, "--auth-root-authentication-method=normal"]
        _quietly(made, None)
        command = [daemon, "--no-defaults", *own, f"--port={port}", f"--socket={folder}/s"]
        command += ["--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--skip-log-bin"]
        command += [f"--{setting}" for setting in settings]
        url = f"mysql+pymysql://root@127.0.0.1:{port}/test?charset=utf8mb4"
        yield from _serving(Server(command, None, url))


def _lacking(what: str) -> NoReturn:
    (pytest.fail if os.environ.get("CRM_UNIFY_CI") else pytest.skip)(what)


def _serving(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.dies()


@contextmanager
def _folder(owner: str) -> Iterator[tuple[Path, str | None]]:
    """A new folder, and the user to serve from it: servers refuse to be root, and need a short path."""
    with tempfile.TemporaryDirectory(prefix="crm_unify_") as name:
        if os.geteuid() != 0:
            yield Path(name), None
            return
        shutil.chown(name, owner)
        yield Path(name), owner


def _folder_of(program: str) -> Iterator[Path]:
    found = shutil.which(program)
    if found is not None:
        yield Path(found).parent


def _quietly(command: list[str], user: str | None) -> None:
    done = subprocess.run(command, user=user, capture_output=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
