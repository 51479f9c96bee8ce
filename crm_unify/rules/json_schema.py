"""JSON Schemas of rule file and project file, so that editors complete keys and show what they mean.

Made from the models; `python -m crm_unify.rules.json_schema` writes them anew, a test holds them to it. An
editor uses them by a first line `# yaml-language-server: $schema=PATH`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from crm_unify.records import KINDS
from crm_unify.rules.model import LINK_KEYS, Project, RuleFile, rule_fields
from crm_unify.rules.transforms import TRANSFORMS
from crm_unify.rules.unsupported import NOT_SUPPORTED_YET

FOLDER: Final = Path(__file__).parent / "schemas"
Schema = dict[str, Any]

_ANY_VALUE: Final = {"anyOf": [{"$ref": "#/$defs/FieldRule"}, {"type": ["string", "number", "boolean"]}]}
"""A field: a block, or a constant."""
_NAME: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}


def schemas() -> dict[str, Schema]:
    """The schemas by file name."""
    return {
        "rule_file.schema.json": _rule_file(),
        "project.schema.json": _of(Project, "crm-unify project file"),
    }


def as_text(schema: Schema) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _of(model: type[BaseModel], title: str) -> Schema:
    """What pydantic says of a model, less the keys this version refuses."""
    schema = model.model_json_schema(by_alias=True)
    for dotted, values in NOT_SUPPORTED_YET.items():
        _without(schema, dotted.split("."), values)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def _without(schema: Schema, path: list[str], values: tuple[str, ...] | None) -> None:
    """Take a key (or values of it) out of a schema; nothing happens where it is not in it."""
    block = schema
    for part in path[:-1]:
        inner = block.get("properties", {}).get(part, {})
        block = schema["$defs"].get(inner.get("$ref", "").rpartition("/")[2], {})
    properties = block.get("properties", {})
    if path[-1] not in properties:
        return
    if values is None:
        del properties[path[-1]]
        return
    kept = [choice for choice in properties[path[-1]]["enum"] if choice not in values]
    properties[path[-1]] = {"const": kept[0]} if len(kept) == 1 else {**properties[path[-1]], "enum": kept}


def _rule_file() -> Schema:
    """The rule file, with its targets as YAML has them: a block or a list of blocks under each kind."""
    schema = _of(RuleFile, "crm-unify rule file")
    definitions = schema["$defs"]
    definitions.pop("Entry")
    branch = definitions["Branch"]["properties"]
    branch.pop("entries")
    for kind in KINDS:
        block = {"$ref": f"#/$defs/{kind}"}
        branch[kind] = {"anyOf": [block, {"type": "array", "items": block}]}
        definitions[kind] = _entry(kind)
    missing = definitions["FieldRule"]["properties"]["missing"]
    missing["enum"] = [*missing["enum"], None]
    missing["type"] = [missing["type"], "null"]  # `missing: null` as well as `missing: "null"`
    alone = {"type": "string", "enum": sorted(TRANSFORMS)}
    told = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    optional = sorted(name for name, one in TRANSFORMS.items() if one.options)
    transform = {"anyOf": [alone, {**told, "properties": {name: {} for name in optional}}]}
    described = {"description": "; ".join(f"{t.name}: {t.doc}" for t in TRANSFORMS.values())}
    definitions["FieldRule"]["properties"]["transform"] = {
        "anyOf": [*transform["anyOf"], {"type": "array", "items": transform}],
        **described,
    }
    return schema


def _entry(kind: str) -> Schema:
    """One block under a kind: its place in the row, its links and its fields."""
    description = (KINDS[kind].__doc__ or "").strip().splitlines()[0]
    place = {"as": _NAME, "of": _NAME, "skip_if_null": {"type": "string"}, "rule": {"type": "string"}}
    links = dict.fromkeys(LINK_KEYS.get(kind, ()), _NAME)
    fields = dict.fromkeys(rule_fields(kind), _ANY_VALUE)
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": {**place, **links, **fields},
    }


def main() -> None:
    """Write the schema files."""
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / name).write_text(as_text(schema), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
