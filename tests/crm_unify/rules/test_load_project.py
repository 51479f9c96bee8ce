"""The project file: addresses, environments, trust and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError, UsageError
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from tests.crm_unify.rules.examples import PROJECT, changed, line_of, write_project


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        pytest.param("trust: [billing, sales]", "trust: [biling]", "did you mean 'billing'", id="trust"),
        pytest.param("[billing, sales]", "[sales, sales]", "stands twice in trust", id="trust twice"),
        pytest.param("person.birth_date", "person.birthdate", "did you mean 'person.birth_date'", id="field"),
        pytest.param("[pin, valid", "[pin, vaild", "did you mean 'valid'", id="step"),
        pytest.param("project: company", "project: company\ntargets: x", "did you mean 'target'", id="key"),
        pytest.param("{path: sales.xlsx}", "{path: x, url: y}", "either a url or a path", id="two places"),
        pytest.param("rules/*.yml", "rule/*.yml", "no rule file matches 'rule", id="no rule files"),
        pytest.param(
            "project: company",
            "project: company\non_target_deleted: restor",
            "did you mean 'restore'",
            id="deletions",
        ),
        pytest.param(
            "project: company",
            "project: company\nwrite_policy: {default: perhaps}",
            "perhaps",
            id="policy",
        ),
        pytest.param(
            "project: company",
            "project: company\nwrite_policy: {fields: {person.job_titel: if_empty}}",
            "did you mean 'person.job_title'",
            id="policy of a field",
        ),
        pytest.param(
            "project: company",
            "project: company\nweb: {masked: {viewer: [contact_points]}}",
            "did you mean 'contact_point'",
            id="masked table",
        ),
        pytest.param(
            "project: company",
            "project: company\nweb: {masked: {viewer: [contact_point, person.birthdate]}}",
            "did you mean 'person.birth_date'",
            id="masked field",
        ),
        pytest.param(
            "sqlite:///billing.db",
            "postgresql://app:s3cret@h/d",
            r"stands in the file: .*app:\*\*\*@",
            id="secret",
        ),
        pytest.param("${CRM_URL:-sqlite:///crm.db}", "${NOT_SET}", "'NOT_SET' is not set", id="variable"),
    ],
)
def test_a_mistake_in_the_project_file_is_told(tmp_path: Path, old: str, new: str, part: str) -> None:
    """With its line, and no secret."""
    project = changed(PROJECT, old, new)
    with pytest.raises(ConfigurationError, match=part) as caught:
        load_project(write_project(tmp_path, project=project), variables={})
    assert "s3cret" not in str(caught.value)
    assert f"crm_unify.yml:{line_of(project, new.splitlines()[-1])}" in str(caught.value)


def loaded(folder: Path, *, environment: str | None = None) -> LoadedProject:
    """The small project, with a production address."""
    variables = {"CRM_PROD_URL": "postgresql://app:s3cret@crm.example/crm"}
    return load_project(write_project(folder), environment=environment, variables=variables)


def test_paths_and_database_files_stand_beside_the_project_file(tmp_path: Path) -> None:
    """The folder of the project file is as good as the file."""
    project = loaded(tmp_path)
    assert project.project.target == f"sqlite:///{tmp_path}/crm.db"
    assert project.project.sources["billing"].url == f"sqlite:///{tmp_path}/billing.db"
    assert project.source_path("sales") == tmp_path / "sales.xlsx"
    assert project.source_path("billing") is None
    assert load_project(tmp_path).root == tmp_path


def test_an_environment_brings_its_own_target(tmp_path: Path) -> None:
    """An unknown one is told with the nearest."""
    assert loaded(tmp_path, environment="production").project.target.endswith("@crm.example/crm")
    with pytest.raises(ConfigurationError, match="did you mean 'production'"):
        loaded(tmp_path, environment="prodction")


def test_other_environments_need_no_variables(tmp_path: Path) -> None:
    """Only the address in force is filled in."""
    project = load_project(write_project(tmp_path), variables={})
    assert project.project.environments["production"].target == "${CRM_PROD_URL}"


def test_no_project_file_is_a_usage_error(tmp_path: Path) -> None:
    """It names what is looked for."""
    with pytest.raises(UsageError, match=r"crm_unify\.yml"):
        load_project(tmp_path)


def test_a_source_in_a_folder_names_its_file(tmp_path: Path) -> None:
    """Which of the files in it?"""
    source = "source: {system: sales, reader: csv, key: [A]}"
    orders = f"map: orders\n{source}\ntargets: [{{discard: {{rule: R}}}}]\nrules: {{R: {{what: x}}}}\n"
    with pytest.raises(ConfigurationError, match=r"which file of the folder"):
        load_project(write_project(tmp_path, project=changed(PROJECT, "sales.xlsx", "."), orders=orders))
