"""The page docs/rules.md: every key of rule files and project files, out of the models that read them."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crm_unify.records import (
    KINDS,
    SYS_ERASED,
    SYS_JOINED_ROW,
    SYS_LOOKUP_ONLY,
    SYS_REPEATED_ROW,
    SYS_WAIVED,
)
from crm_unify.rules.branches import needed_fields
from crm_unify.rules.language_examples import Use
from crm_unify.rules.language_words import HEAD, PARTS, SYSTEM_RULES_HEAD, WHEN_MISSING, WHEN_MISSING_HEAD
from crm_unify.rules.model import LINK_KEYS, Branch, Entry, FieldRule, Project, RuleFile, Step, rule_fields
from crm_unify.rules.unsupported import NOT_SUPPORTED_YET

ROOTS: Final[dict[type[BaseModel], str]] = {RuleFile: "Rule file", Project: "Project file"}
TITLES: Final[dict[type[BaseModel], str]] = {Entry: "Records and claims", FieldRule: "Fields"}
"""Blocks that stand under keys of many names."""
SYSTEM_RULES: Final = {
    SYS_REPEATED_ROW: "the same row stands in the source more than once, and one is taken",
    SYS_JOINED_ROW: "the line was put together with the first line of its row, and is where that is",
    SYS_LOOKUP_ONLY: "the row makes nothing by itself, other rows look texts up in it (`lookup_only`)",
    SYS_WAIVED: "a person said that the row shall not be loaded as it is",
    SYS_ERASED: "the row is of a person who was erased",
}
LONGEST: Final = 72
"""Characters of an example."""
_IN_PLACE_OF: Final[dict[Use, str]] = {
    (Branch, "entries"): "a kind",
    (Entry, "kind"): "(the kind)",
    (Entry, "links"): "a link",
    (Entry, "fields"): "a field",
}
"""Keys that stand for others."""
_WORDS: Final = {
    str: "text", int: "whole number", float: "number", bool: "true or false", date: "day", Path: "path",
}  # fmt: skip


def page(examples: Mapping[Use, str]) -> str:
    """The whole page; `examples` as :func:`crm_unify.rules.language_examples.examples_of` gives them."""
    blocks = "".join("".join(_section(model, title, examples)) for model, title in titles().items())
    parts = "".join(f"\n## {title}\n\n{text}" for title, text in PARTS.items())
    missing = "".join(f"| `{word}` | {said} |\n" for word, said in WHEN_MISSING.items())
    system = "".join(f"| `{rule}` | {said} |\n" for rule, said in SYSTEM_RULES.items())
    kinds, told = "".join(_kinds()), WHEN_MISSING_HEAD + missing + SYSTEM_RULES_HEAD + system
    return HEAD + blocks + kinds + parts + told


def titles() -> dict[type[BaseModel], str]:
    """Every block of the language with the title of its section, in the order of the page."""
    found: dict[type[BaseModel], str] = {}
    for root, title in ROOTS.items():
        _walk(root, title, "", found)
    return found


def _walk(model: type[BaseModel], title: str, path: str, found: dict[type[BaseModel], str]) -> None:
    if model in found or model is Step:  # steps have a page of their own
        return
    found[model] = TITLES.get(model, title)
    for name, field in model.model_fields.items():
        inside = f"{path}{field.alias or name}"
        for inner in _models(field.annotation):
            _walk(inner, inside, "" if inner in TITLES else f"{inside}.", found)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


# --- a block ---
def _section(model: type[BaseModel], title: str, examples: Mapping[Use, str]) -> Iterator[str]:
    yield f"\n## {title}\n\n{_flat(model.__doc__)}\n\n"
    yield "| key | value | where nothing is said | meaning | for instance |\n|---|---|---|---|---|\n"
    for name, field in model.model_fields.items():
        key = field.alias or name
        if not _refused(title, key):
            cells = (_key(model, key), _value(model, key, field), _default(field), _flat(field.description))
            example = examples.get((model, key), "")
            yield "| " + " | ".join([*map(_cell, cells), _example(example)]) + " |\n"


def _refused(title: str, key: str) -> bool:
    path = key if title in ROOTS.values() else f"{title}.{key}"
    return path in NOT_SUPPORTED_YET and NOT_SUPPORTED_YET[path] is None


def _key(model: type[BaseModel], key: str) -> str:
    """The key, or what stands in its place."""
    return _IN_PLACE_OF.get((model, key), f"`{key}`")


def _value(model: type[BaseModel], key: str, field: FieldInfo) -> str:
    if model in ROOTS and (left_out := NOT_SUPPORTED_YET.get(key)):
        return ", ".join(f"`{word}`" for word in get_args(field.annotation) if word not in left_out)
    if (model, key) == (FieldRule, "transform"):
        return "a [transform](transforms.md), or a list"
    if (model, key) == (Entry, "fields"):
        return f"{_link(FieldRule)}, or a constant"
    return _typed(field.annotation)


def _typed(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in _WORDS:
        return _WORDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _link(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{one.value}`" for one in annotation)
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in parts)
    if origin in (list, tuple):
        return f"list of {_typed(parts[0])}"
    if origin is dict:
        return f"names, each with {_typed(parts[1])}"
    if origin in (Union, types.UnionType):
        found = dict.fromkeys(_typed(part) for part in parts if part is not type(None))
        return " or ".join(found)
    return _typed(parts[0]) if parts else "value"


def _link(model: type[BaseModel]) -> str:
    title = titles().get(model, "value")
    return f"[{title}](#{anchor(title)})"


def anchor(title: str) -> str:
    """The place of a heading in its page, as Markdown renders it."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.default
    if value is None or isinstance(value, BaseModel) or value in ([], {}, ()):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else value
    return ", ".join(f"`{one}`" for one in shown) if isinstance(shown, list) else f"`{shown}`"


def _flat(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _example(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 4].rstrip()} ..."
    return f"`{_cell(short)}`" if text else ""


# --- kinds ---
def _kinds() -> Iterator[str]:
    yield "\n## Kinds\n\nWhat a target may make, and the fields of each; those in bold must be mapped.\n\n"
    yield "| kind | is | fields |\n|---|---|---|\n"
    for kind, model in KINDS.items():
        groups = needed_fields(kind)
        single = {group[0] for group in groups if len(group) == 1} | set(LINK_KEYS.get(kind, ()))
        names = [*LINK_KEYS.get(kind, ()), *rule_fields(kind)]
        fields = ", ".join(f"**{name}**" if name in single else name for name in names)
        several = "".join(f"; one of {', '.join(group)} at least" for group in groups if 1 < len(group) < 6)
        yield f"| `{kind}` | {_cell(_flat((model.__doc__ or '').splitlines()[0]))} | {fields}{several} |\n"
