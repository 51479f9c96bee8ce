"""Sources that are not read any more: frozen ones stay in force, retired ones are evidence alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.projects import AS_OF, copied, crm, differing, dump, exported, run

BILLING = ("billing_customers", "billing_orders")


def told(project: Path, state: str, *maps: str) -> None:
    """Say `state:` in the rule files of these maps."""
    for name in maps:
        file = project.parent.parent / "mappings" / project.name / f"{name}.yml"
        text = file.read_text(encoding="utf-8")
        assert text.count("\nsource:\n") == 1
        file.write_text(text.replace("\nsource:\n", f"\nsource:\n  state: {state}\n"), encoding="utf-8")


def test_a_frozen_source_stays_in_force_without_its_file(touring: Path, tmp_path: Path) -> None:
    """Account, golden values and ids are those of before; later runs write nothing, without workspace too."""
    account, files = run(touring).data["account"], exported(touring, tmp_path / "before")
    told(touring, "frozen", *BILLING)
    (touring / "billing.db").unlink()
    first = run(touring)
    assert (first.code, first.data["account"], first.data["drift"]) == (0, account, [])
    assert exported(touring, tmp_path / "after") == files
    shutil.rmtree(touring / ".crm_unify")
    second = run(touring)
    assert (second.data["account"], second.data["written_rows"]) == (account, 0)
    assert crm("sync", touring, "--as-of", AS_OF).data["quiet"] is True
    assert crm("check", touring).code == 0


def test_the_rows_of_a_frozen_source_are_taken_back_with_the_run_that_kept_them(touring: Path) -> None:
    """Undo forgets what was kept; the source is there to be read again."""
    before = dump(touring / "crm.db")
    told(touring, "frozen", *BILLING)
    frozen = run(touring).data["run"]
    assert {"mig_snapshot", "mig_delivery"} <= differing(before, dump(touring / "crm.db"))
    assert crm("undo", frozen, "-p", touring, "--yes").code == 0
    assert {"mig_snapshot", "mig_delivery"}.isdisjoint(differing(before, dump(touring / "crm.db")))


def test_a_frozen_source_that_nobody_has_read_is_read_once(tmp_path: Path) -> None:
    """Its file is there on the first run; what it said then is what counts."""
    project = copied("tour", tmp_path)
    told(project, "frozen", *BILLING)
    account = run(project).data["account"]
    (project / "billing.db").unlink()
    again = run(project)
    assert (again.code, again.data["account"], again.data["written_rows"]) == (0, account, 0)


def test_a_retired_source_is_evidence_alone(touring: Path) -> None:
    """It has no account, and its records are inactive."""
    told(touring, "retired", "billing_customers")
    answer = run(touring)
    assert answer.code in (0, 1), answer.stderr
    assert "billing_customers" not in answer.data["account"]
    rows = dump(touring / "crm.db")["mig_source_record"]
    mine = [row for row in rows if "billing.billing_customers:" in row.split(",")[0]]
    assert mine
    assert all("'inactive'" in row for row in mine)
