"""SIGKILL at many instants of run, undo and sync, to the program and to the server: before or after.

Each history goes through a changed `run`, an `undo` of it, and a `sync` that does it again. Every command is
killed at its instants one after the other, against the same CRM; killed before the end of its commit it has
left the CRM as it was, to the byte. In the end each completes, and the CRM is that of a history that nobody
disturbed. `make soak` prints how many instants there were.
"""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests import servers
from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.instants import COMMIT, Instant
from tests.crm_unify.run.mortal import Mortal, mortal
from tests.crm_unify.run.targets import rows_of, wait_for_lock
from tests.crm_unify.run.test_undo import CHANGES
from tests.projects import AS_OF, copied, copy_of, crm, exported, run

Exported = dict[str, bytes]
Moment = tuple[float, float | None]
"""Share of the transaction that is over (1: its commit begins), and seconds from there."""

SHORT: Final[tuple[Moment, ...]] = ((0.5, None),)
LONG: Final[tuple[Moment, ...]] = (
    *((share, None) for share in (0.0, 0.2, 0.4, 0.6, 0.8)),
    *((share, 0.001) for share in (0.1, 0.5, 0.9)),
    *((1, delay) for delay in (None, 0.0, 0.001, 0.002)),
)
"""Twelve instants for each of three commands on three databases: 108."""
SERVERS: Final[tuple[Moment, ...]] = ((0.3, None), (1, 0.001))
COMMANDS: Final = ("run", "undo", "sync")


@dataclass
class History:
    """A tour on some database, and what has been done to it."""

    project: Path
    url: str
    dying: Mortal
    server: servers.Server | None = None
    within: int = 0
    """Instants between the first write and the end of the commit."""
    outside: int = 0
    after: int = 0
    """Of those within, after how many everything was written all the same."""
    changed: int = 0
    """Number of the run that took over the changes of the sources."""

    def words(self, command: str) -> list[str | Path]:
        """The command line."""
        rest = {"run": ["--yes", "--as-of", AS_OF], "sync": ["--as-of", AS_OF]}
        return (
            ["undo", str(self.changed), "-p", self.project, "--yes"]
            if command == "undo"
            else [command, self.project, *rest[command]]
        )

    def killed(self, command: str, statement: int, delay: float | None) -> tuple[int, bool]:
        """Kill a command, or its server, at an instant; how far it had come."""
        process = None if self.server is None else self.server.process
        instant = Instant(self.project / "marks", statement, delay, process.pid if process else None)
        instant.marks.unlink(missing_ok=True)
        ended = self.dying.run(*self.words(command), environment={"CRM_URL": self.url}, instant=instant)
        if self.server is not None:
            assert ended in (-4, 0), "a command without its server says so"
            self.server.dies()
            self.server.start()
        elif not instant.reached()[1]:
            assert ended == signal.SIGKILL
        wait_for_lock(self.url)
        return instant.reached()

    def measured(self, command: str) -> int:
        """Statements from the first write to the commit: killed just before it, the CRM is as it was."""
        before = rows_of(self.url)
        count, _ = self.killed(command, COMMIT, None)
        assert (count > 20, rows_of(self.url) == before) == (True, True)
        self.within += 1
        return count

    def disturbed(self, command: str, moments: tuple[Moment, ...]) -> None:
        """Kill a command at all its moments, as long as it has not come to its end."""
        before, count = rows_of(self.url), self.measured(command)
        for share, delay in moments:
            statement = COMMIT if share == 1 else 1 + round(share * (count - 1))
            reached, ended = self.killed(command, statement, delay)
            self.within, self.outside = self.within + (not ended), self.outside + ended
            if rows_of(self.url) == before:
                assert not ended, "what was committed is there"
                assert reached >= 1
            else:
                self.all_is_there()
                self.after += 1
                self.again(command)
                before = rows_of(self.url)

    def all_is_there(self) -> None:
        """Each change of the newest run has its image, and there is nothing between."""
        newest = crm("runs", self.project).data["runs"][-1]
        assert (newest["undoable"], newest["written_rows"] > 0) == (True, True)

    def again(self, command: str) -> None:
        """Take back what a killed command had done all the same, so that it can be killed once more."""
        assert crm("undo", "last", "-p", self.project, "--yes").code == 0
        if command != "undo":
            assert crm("resume", self.project, "--yes").code == 0

    def completed(self, command: str, wanted: Exported) -> None:
        """The next command completes unaided; nothing is lost or doubled."""
        first, *rest = self.words(command)
        answer = crm(str(first), *rest)
        assert (answer.code, answer.data.get("written_rows", 1) > 0) == (0, True), answer.stderr
        assert exported(self.project, self.project / "export") == wanted
        self.changed = answer.data.get("run", self.changed)
        if command == "undo":
            assert crm("resume", self.project, "--yes").code == 0
        else:
            assert run(self.project).data["written_rows"] == 0


@pytest.fixture(scope="module")
def dying() -> Iterator[Mortal]:
    """Runs commands in processes that may die."""
    with mortal() as process:
        yield process


@pytest.fixture(scope="module")
def wanted(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, Exported]:
    """The exported files of a tour that nobody disturbed, before and after its sources changed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    project = copy_of(toured.project, folder)
    first = exported(project, folder / "first")
    changed(project)
    assert run(project).code == 0
    return first, exported(project, folder / "second")


def changed(project: Path) -> None:
    """Let the sources say something else, in every way."""
    with closing(sqlite3.connect(project / "billing.db")) as con:
        con.executescript(CHANGES)


def disturbed(history: History, wanted: tuple[Exported, Exported], moments: tuple[Moment, ...]) -> None:
    """Go through a history whose commands are killed again and again."""
    changed(history.project)
    for command, files in zip(COMMANDS, (wanted[1], wanted[0], wanted[1]), strict=True):
        history.disturbed(command, moments)
        history.completed(command, files)


def test_a_few_instants(
    toured: Toured, wanted: tuple[Exported, Exported], tmp_path: Path, dying: Mortal
) -> None:
    """On SQLite, two instants for each command: amid the transaction, and just before its commit."""
    project = copy_of(toured.project, tmp_path)
    history = History(project, f"sqlite:///{project}/crm.db", dying)
    disturbed(history, wanted, SHORT)
    assert history.within + history.outside == 6


@pytest.mark.soak
@pytest.mark.parametrize("server", ["sqlite", "postgres_url", "mariadb_url"])
def test_every_instant(
    server: str,
    wanted: tuple[Exported, Exported],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    dying: Mortal,
) -> None:
    """39 on each database, most of them between the first write and the end of the commit."""
    folder: Path = request.getfixturevalue("tmp_path")
    url = f"sqlite:///{folder}/crm.db" if server == "sqlite" else request.getfixturevalue(server)
    history = started(folder, url, dying, monkeypatch)
    disturbed(history, wanted, LONG)
    tell(server, history)
    assert history.within >= 30


@pytest.mark.parametrize("server", [pytest.param(servers.postgres, id="PostgreSQL")])
def test_the_server_dies_once(
    server: Any, wanted: tuple[Exported, Exported], tmp_path: Path, monkeypatch: Any, dying: Mortal
) -> None:
    """Amid the transaction of a run: a sentence and exit 4, and the CRM is as it was."""
    with served(server, tmp_path, monkeypatch, dying) as history:
        changed(history.project)
        history.measured("run")
        history.completed("run", wanted[1])


@pytest.mark.soak
@pytest.mark.parametrize(
    "server", [pytest.param(servers.postgres, id="PostgreSQL"), pytest.param(servers.mariadb, id="MariaDB")]
)
def test_the_server_dies_again_and_again(
    server: Any, wanted: tuple[Exported, Exported], tmp_path: Path, monkeypatch: Any, dying: Mortal
) -> None:
    """Nine times on each: in the transaction, before its commit and within it."""
    with served(server, tmp_path, monkeypatch, dying) as history:
        disturbed(history, wanted, SERVERS)
        tell(f"the server itself, {server.__name__}", history)
        assert history.within + history.outside == 9


@contextmanager
def served(server: Any, folder: Path, monkeypatch: Any, dying: Mortal) -> Iterator[History]:
    """A tour on a server of its own that dies in place of the program."""
    with server() as one:
        history = started(folder, one.url, dying, monkeypatch)
        history.server = one
        yield history


def started(folder: Path, url: str, dying: Mortal, monkeypatch: pytest.MonkeyPatch) -> History:
    """The tour, run once into an empty database."""
    project = copied("tour", folder)
    monkeypatch.setenv("CRM_URL", url)
    assert run(project).code == 0
    return History(project, url, dying)


def tell(where: str, history: History) -> None:
    """Say how many instants there were; pytest shows it with ``-rP``."""
    print(f"{where}: {history.within + history.outside} kills, {history.within} between the first write")
    print(f"and the end of the commit ({history.after} of all had come through), {history.outside} later")


