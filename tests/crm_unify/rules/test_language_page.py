"""docs/rules.md is the language: every key is on it, explained and shown, and what it shows is run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from crm_unify.rules.checking.fields import PARENT_MISSING, TEXT_MISSING
from crm_unify.rules.language_examples import Use, examples_of, flow
from crm_unify.rules.language_page import page, titles
from crm_unify.rules.language_words import WHEN_MISSING
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.model import Project, RuleFile
from crm_unify.rules.yaml_tree import parse_yaml
from pipelines.interpret.coverage import try_examples
from tests.projects import ROOT


@pytest.fixture(scope="module")
def language() -> LoadedProject:
    """The project that uses every key."""
    return load_project(ROOT / "fixtures/language", variables={})


@pytest.fixture(scope="module")
def examples(language: LoadedProject) -> dict[Use, str]:
    """A value of every key."""
    files = [(RuleFile, loaded.tree.data) for loaded in language.files]
    return examples_of([*files, (Project, language.tree.data)])


def test_the_page_is_the_models(
    root: Path, examples: dict[Use, str], golden: Callable[[Path, str], None]
) -> None:
    """Keys, values, what is usual and what it means stand on it as the program has them."""
    golden(root / "docs/rules.md", page(examples))


def test_every_key_is_explained_and_shown(examples: dict[Use, str]) -> None:
    """A key without a meaning or an example cannot be learnt from the page."""
    keys = {(model, f.alias or name): f for model in titles() for name, f in model.model_fields.items()}
    assert [key for key, field in keys.items() if not field.description] == []
    assert sorted(f"{m.__name__}.{key}" for m, key in keys.keys() - examples.keys()) == ["Branch.entries"]


def test_the_examples_of_the_page_run(language: LoadedProject) -> None:
    """The rule files behind it do what their examples say."""
    failing = {one.rules.map: try_examples(one, as_of=date(2026, 3, 2))[0] for one in language.files}
    assert {name: said for name, said in failing.items() if said} == {}


def test_every_word_after_missing_is_explained() -> None:
    """Those of parents and those of texts."""
    assert set(WHEN_MISSING) == {*PARENT_MISSING, *TEXT_MISSING}


@pytest.mark.parametrize("text", ["a: x", "", "{a}", "it's", "# no", "1900-01-01", "a, b", "Fa. "])
def test_an_example_says_in_yaml_what_it_says(text: str) -> None:
    """What is shown can be pasted."""
    assert parse_yaml(f"key: {flow([text, {text or 'k': text}])}", shown="x").data == {
        "key": [text, {text or "k": text}]
    }
