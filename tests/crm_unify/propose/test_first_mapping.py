"""`init` maps as a person would, asks where one would ask, and what it makes can be checked and run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from crm_unify.cli._checked import check_project
from crm_unify.rules.load import load_project
from tests.crm_unify.propose.shares import shares
from tests.projects import AS_OF, ROOT, Answer, crm, run

COMPANY = ("billing.db", "helpdesk.csv", "helpdesk_cases.csv", "newsletter.csv", "sales_contacts.xlsx")
LEGACY = {
    "foxpro_contacts": "dbf/infused/foxprodb",
    "salesforce_accounts": "csv_exports/salesforce_dataloader",
    "cobol_companies": "cobol_ebcdic/cobrix/test4_data",
}
RUN = "foxpro_contacts"
"""The folder that is also run: it has calls beside its contacts"""
RIGHT, WRONG = 0.85, 0.03
"""Share of the columns that have to be right at least, and may be wrong at most"""


def initialised(folder: Path, *sources: Path | str) -> Answer:
    """``crm-unify init`` on the date of the tests."""
    named = [word for source in sources for word in ("--source", str(source))]
    return crm("init", folder, *named, "--as-of", AS_OF)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The project that is proposed for the raw files of the company."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "raw").mkdir()
    for name in COMPANY:
        shutil.copy(ROOT / "fixtures" / "company" / name, folder / "raw" / name)
    answer = initialised(folder / "project", folder / "raw")
    assert answer.code == 0, answer.stderr
    return folder / "project", answer.data


def test_the_company_is_mapped_as_a_person_would(company: tuple[Path, dict[str, Any]]) -> None:
    """Of all columns of its raw files so many are right, so few are wrong, and the rest are asked about."""
    found = shares(company[1], "company")
    assert found.share_right >= RIGHT, found
    assert found.share_wrong < WRONG, found


def test_what_is_proposed_for_the_company_passes_check(company: tuple[Path, dict[str, Any]]) -> None:
    """Every branch that makes something has an example, and nothing of it fails."""
    from datetime import date

    checked = check_project(load_project(company[0]), as_of=date.fromisoformat(AS_OF))
    examples = {one.loaded.rules.map: len(one.loaded.rules.tests) for one in checked.maps}
    assert all(examples.values()), examples
    assert {question.status for question in checked.questions} == {"draft"}


@pytest.mark.slow
def test_the_run_of_the_company_balances_unedited(company: tuple[Path, dict[str, Any]]) -> None:
    """Each row has one fate; what nobody has explained is withheld, orphans wait."""
    answer = run(company[0])
    assert answer.code == 0, answer.stderr
    account = answer.data["account"]
    for line in account.values():
        fates = sum(line[name] for name in ("mapped", "held", "quarantined", "discarded"))
        assert line["extracted"] == fates
    assert account["billing_ordhead"]["held"] == 24
    assert account["billing_custmast"]["withheld_values"] > 1000  # payment terms


def test_kinds_of_rows_are_told_by_the_names_beside_them(company: tuple[Path, dict[str, Any]]) -> None:
    """TYPE divides companies from people; rows of another TYPE are put aside with a question."""
    text = (company[0] / "rules" / "billing_custmast.yml").read_text(encoding="utf-8")
    assert "when: upper(TYPE) = 'C'" in text
    assert "TYPE 'P' is a person: TYPE has values P 676, C 347, p 6, X 3, c 3, blank 14" in text
    assert "code: KIND-UNKNOWN" in text


def test_no_value_of_a_person_stands_in_an_example(company: tuple[Path, dict[str, Any]]) -> None:
    """Names, numbers and addresses of examples are made up."""
    loaded = load_project(company[0])
    given = [row for one in loaded.files for example in one.rules.tests for row in example.given]
    emails = {row[name] for row in given for name in row if "mail" in name.lower()}
    assert {str(one).lower() for one in emails} == {"anna.example@mail.example"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LEGACY))
def test_legacy_folders_are_mapped_as_a_person_would(name: str, tmp_path: Path) -> None:
    """Folders nobody has described: mapped and checked without an edit, and the one with calls is run."""
    data = os.environ.get("CRM_UNIFY_DATA")
    if not data:
        pytest.skip("CRM_UNIFY_DATA names no folder of legacy files")
    answer = initialised(tmp_path / "project", Path(data) / "legacy" / LEGACY[name])
    assert answer.code == 0, answer.stderr
    found = shares(answer.data, name)
    assert found.share_right >= RIGHT, found
    assert found.share_wrong < WRONG, found
    assert crm("check", tmp_path / "project", "--as-of", AS_OF).code == 0
    if name == RUN:
        account = run(tmp_path / "project").data["account"]
        (calls,) = (line for one, line in account.items() if one.endswith("calls"))
        assert calls["mapped"] == calls["extracted"] > 0
