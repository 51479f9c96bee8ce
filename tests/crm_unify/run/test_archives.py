"""Sources that come packed, or in several files: one table for the rules, each row with its file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.crm_unify.run.people import GOOD, HEADER, people
from tests.projects import crm, run


@pytest.mark.parametrize("packed", [pytest.param(True, id="archive"), pytest.param(False, id="folder")])
def test_several_files_are_one_table(tmp_path: Path, *, packed: bool) -> None:
    """A pattern finds the files; every row is traced to its file, and nothing is written twice."""
    project = people(tmp_path, source="file: '*/people-*.csv'")
    files = {f"old/people-{i}.csv": f"{HEADER}\n{line}\n" for i, line in enumerate(GOOD)}
    if packed:
        with zipfile.ZipFile(project / "old.zip", "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        (project / "box" / "old").mkdir(parents=True)
        for name, text in files.items():
            (project / "box" / name).write_text(text, encoding="utf-8")
    file = project / "crm_unify.yml"
    place = "old.zip" if packed else "box"
    file.write_text(file.read_text("utf-8").replace("path: people.csv", f"path: {place}"), encoding="utf-8")
    assert run(project).data["account"]["people"]["mapped"] == len(GOOD)
    assert run(project).data["written_rows"] == 0
    named = f"{'old.zip/' if packed else ''}old/people-1.csv!2!Name"
    assert crm("trace", named, "-p", project).data["traces"][0]["raw"] == "Ben Birch"
