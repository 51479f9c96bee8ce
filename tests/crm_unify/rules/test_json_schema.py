"""The JSON Schemas that editors use say what the models say."""

from __future__ import annotations

import pytest

from crm_unify.records import KINDS
from crm_unify.rules.json_schema import FOLDER, as_text, schemas
from crm_unify.rules.model import rule_fields
from crm_unify.rules.transforms import TRANSFORMS

RULE_FILE = schemas()["rule_file.schema.json"]


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in schemas()])
def test_the_committed_schema_is_current(name: str) -> None:
    """Write it anew with `python -m crm_unify.rules.json_schema`."""
    assert (FOLDER / name).read_text(encoding="utf-8") == as_text(schemas()[name])


def test_no_other_schema_lies_about() -> None:
    """A schema that nothing writes would grow old unseen."""
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(schemas())


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind) for kind in KINDS])
def test_every_kind_has_its_fields_and_no_others(kind: str) -> None:
    """As the loader takes them: a block or a list of blocks under the kind."""
    block = RULE_FILE["$defs"][kind]
    assert set(rule_fields(kind)) <= set(block["properties"])
    assert block["additionalProperties"] is False
    assert RULE_FILE["$defs"]["Branch"]["properties"][kind]["anyOf"][0] == {"$ref": f"#/$defs/{kind}"}


def test_refused_keys_are_not_offered() -> None:
    """What this version does not carry out is not completed by an editor."""
    assert "party_relationship" not in RULE_FILE["$defs"]


def test_every_transform_is_offered() -> None:
    """With its line of help."""
    offered = RULE_FILE["$defs"]["FieldRule"]["properties"]["transform"]
    assert offered["anyOf"][0]["enum"] == sorted(TRANSFORMS)
    assert all(transform.doc in offered["description"] for transform in TRANSFORMS.values())
