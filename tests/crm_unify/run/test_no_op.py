"""Same sources, same rules: nothing is written, whatever the order of rows and the fate of the workspace."""

import shutil
from pathlib import Path

from tests.crm_unify.conftest import Toured
from tests.projects import copied, differing, dump, exported, reverse_rows_of_tour, run


def test_a_second_run_writes_nothing(touring: Path, tmp_path: Path) -> None:
    """No row but the one in mig_run; the exports are byte-identical."""
    before, files = dump(touring / "crm.db"), exported(touring, tmp_path / "first")
    answer = run(touring)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)
    assert differing(before, dump(touring / "crm.db")) == {"mig_run"}
    assert exported(touring, tmp_path / "second") == files


def test_row_order_and_workspace_do_not_matter(touring: Path, tmp_path: Path) -> None:
    """Every source upside down, the workspace deleted: nothing is written."""
    before, files = dump(touring / "crm.db"), exported(touring, tmp_path / "first")
    reverse_rows_of_tour(touring)
    shutil.rmtree(touring / ".crm_unify")
    answer = run(touring)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)
    assert differing(before, dump(touring / "crm.db")) == {"mig_run"}
    assert exported(touring, tmp_path / "second") == files


def test_two_projects_with_the_same_content_get_the_same_crm(toured: Toured, tmp_path: Path) -> None:
    """A first run on reversed sources exports the same bytes: ids come from source keys alone."""
    project = copied("tour", tmp_path)
    reverse_rows_of_tour(project)
    assert run(project).code == 0
    assert exported(project, tmp_path / "here") == exported(toured.project, tmp_path / "there")
