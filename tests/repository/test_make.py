"""The build files: few targets, each explained; every installed version pinned."""

import re
import tomllib
from pathlib import Path


def test_every_make_target_has_a_line_of_help(root: Path) -> None:
    """`make help` tells all there is, and there are at most a dozen."""
    text = (root / "Makefile").read_text()
    declared = set(" ".join(re.findall(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)).split())
    assert declared == set(re.findall(r"^([a-z]+):.* ## \S", text, flags=re.MULTILINE))
    assert len(declared) <= 12


def pinned(root: Path) -> list[str]:
    """The lines of the constraints file, without comments."""
    return [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


def test_constraints_are_names_and_versions(root: Path) -> None:
    """No address, no local path, no option: the file works with any index; sorted, so that a change shows."""
    lines = pinned(root)
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert lines == sorted(lines, key=str.casefold)


def test_every_dependency_is_pinned(root: Path) -> None:
    """What the program and its tests ask for has a version that was tested, database drivers too."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["postgres"], *extras["mysql"]]
    names = {plain(re.split(r"[^\w.-]", text)[0]) for text in wanted}
    assert names - {plain(line.split("==")[0]) for line in pinned(root)} == {"crm-unify"}


def plain(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
