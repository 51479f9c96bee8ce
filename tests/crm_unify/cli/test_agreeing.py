"""Commands that change something: shown, asked once on a terminal, and done only where somebody agrees."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.crm_unify.cli.test_web import typed
from tests.crm_unify.run.people import people, rules
from tests.projects import crm, run

RULES = "owner: office\nrules: {PE-1: {what: All are people, status: proposed}}\n"


class Terminal(io.StringIO):
    """Somebody who types at a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people after their first run, with a business rule."""
    project = people(tmp_path_factory.mktemp("ruled") / "people")
    rules(project, "owner: office\n", RULES)
    assert run(project).code == 0
    return project


def test_an_approval_needs_a_yes(ruled: Path) -> None:
    """In a script without --yes it is refused and says what to add; nothing is approved."""
    refused = crm("approve", "PE-1", "-p", ruled)
    assert (refused.code, "repeat it with --yes" in refused.stderr) == (2, True)
    assert crm("approve", "-p", ruled).data["not_approved"] == 1
    assert crm("approve", "PE-1", "--yes", "-p", ruled).data["not_approved"] == 0
    assert crm("approve", "PE-1", "--withdraw", "-p", ruled).code == 2
    assert crm("approve", "PE-1", "--withdraw", "--yes", "-p", ruled).data["not_approved"] == 1


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("approve", "PE-1"), id="an approval"),
        pytest.param(("user", "change", "Bea", "--role", "viewer"), id="another role"),
        pytest.param(("confirm", "office.people:1#person"), id="a confirmation"),
    ],
)
@pytest.mark.parametrize(("answer", "code"), [("n\n", 2), ("y\n", 0)], ids=["no", "yes"])
def test_who_sits_at_a_terminal_is_asked(
    ruled: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], answer: str, code: int
) -> None:
    """What would be done is shown; no means that nothing is recorded."""
    typed(monkeypatch)
    crm("user", "add", "Bea", "-p", ruled)
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    answered = crm(words[0], *words[1:], "-p", ruled)
    assert (answered.code, "nothing was recorded" in answered.stderr) == (code, code == 2)
