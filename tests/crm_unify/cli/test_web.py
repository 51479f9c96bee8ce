"""The commands of the review application."""

import io
from pathlib import Path

import pytest

from crm_unify.cli import _web, serve
from crm_unify.schema import target
from crm_unify.schema.target import BUSY_MILLISECONDS
from tests.crm_unify.run.people import people
from tests.crm_unify.steward.web.loads import load, written
from tests.projects import crm, run


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people after their first run."""
    folder = people(tmp_path_factory.mktemp("people"))
    assert run(folder).code == 0
    return folder


def typed(monkeypatch: pytest.MonkeyPatch, password: str = "lantern meadow copper") -> None:
    """A password on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))


def test_users_are_made_changed_and_listed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first admin comes by the command line; the last one cannot be taken away."""
    typed(monkeypatch)
    assert crm("user", "add", "Ada", "--role", "admin", "-p", project).code == 0
    typed(monkeypatch)
    assert crm("user", "add", "ada", "-p", project).code == 2
    typed(monkeypatch, "short")
    assert "12 to 256 characters" in crm("user", "add", "Ben", "-p", project).stderr
    assert crm("user", "change", "Ada", "--disable", "-p", project).code == 2
    typed(monkeypatch, "another password of hers")
    assert crm("user", "password", "Ada", "-p", project).code == 0
    listed = crm("user", "list", "-p", project).data["users"]
    assert listed == [{"name": "Ada", "role": "admin", "active": True}]
    assert "did you mean Ada" in crm("user", "change", "Adda", "--role", "viewer", "-p", project).stderr


def test_users_are_changed_beside_a_load(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is shown meanwhile; a change waits as long as any other command before it gives up."""
    with load(project):
        assert crm("user", "list", "-p", project).code == 0
    typed(monkeypatch)
    with written() as tried:
        assert crm("user", "add", "Cora", "-p", project).code == 0
    assert {patience for _, patience in tried} == {BUSY_MILLISECONDS}
    monkeypatch.setattr(target, "PRAGMAS", ("PRAGMA busy_timeout = 0",))
    with load(project):
        told = crm("user", "change", "Cora", "--role", "viewer", "-p", project)
    assert (told.code, "the CRM database is in use" in told.stderr) == (4, True)


def test_without_the_extra_it_says_how_to_install_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2 and the line to type; nothing of it is imported by the core."""
    monkeypatch.setattr(_web, "PACKAGES", ("fastapi", "no_such_package"))
    for words in (("serve", project), ("user", "list", "-p", project)):
        answer = crm(*words)  # type: ignore[arg-type]  # a command and its words
        assert (answer.code, "pip install 'crm-unify[web]'" in answer.stderr) == (2, True)


def test_a_port_that_is_taken_is_told(project: Path) -> None:
    """Exit code 4 and another way, before anything is served."""
    with serve.listening_on("127.0.0.1", 0) as taken:
        answer = crm("serve", project, "--port", str(taken.getsockname()[1]))
    assert (answer.code, answer.data["error"]["code"]) == (4, "UNREACHABLE")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("crm.example", False)],
)
def test_only_this_machine_does_without_tls(host: str, local: bool) -> None:
    """An address that others reach gets cookies that travel over HTTPS alone."""
    assert serve.is_loopback(host) is local
