"""The page of formats says what the readers are and take."""

from __future__ import annotations

import re

import pytest
from ruamel.yaml import YAML

from crm_unify.rules.model import Source
from crm_unify.rules.source_model import READER_KEYS
from pipelines.sources.registry import MODULES, format_named
from tests.conftest import ROOT
from tests.repository.markdown import Block, blocks

PAGE = ROOT / "docs/formats.md"
EXAMPLES = [block for block in blocks(PAGE) if block.language == "yaml"]


def rows_of_the_table() -> dict[str, str]:
    """Reader -> the keys that stand beside it."""
    found = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def test_every_reader_is_in_the_table_with_its_keys() -> None:
    """No reader and no key is missing, none is too much; `as xlsx` stands for the keys of xlsx."""
    table = rows_of_the_table()
    keys = {name: set(re.findall(r"`(\w+)`", text)) for name, text in table.items()}
    keys = {name: keys["xlsx"] if found == {"xlsx"} else found for name, found in keys.items()}
    assert keys == {name: set(found) for name, found in READER_KEYS.items()}


def test_every_reader_of_the_rules_is_registered() -> None:
    """A rule file can name exactly the formats there are, and each bears its name."""
    assert set(MODULES) == set(READER_KEYS)
    assert [format_named(name).name for name in MODULES] == list(MODULES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda block: f"line {block.line}")
def test_examples_are_sources(example: Block) -> None:
    """Each example is what a rule file may say, and uses no key its reader does not know."""
    source = Source.model_validate(YAML(typ="safe").load(example.text))
    common = {"system", "reader", "key"}
    assert source.model_fields_set - common <= READER_KEYS[source.reader]
