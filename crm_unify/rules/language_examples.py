"""How each key of the language is used in rule files that are known to be right: examples for its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from crm_unify.records import KINDS
from crm_unify.rules.model import ENTRY_KEYS, LINK_KEYS, Branch, Entry, FieldRule
from crm_unify.rules.validate import keys_of, model_at

Use = tuple[type[BaseModel], str]
"""A block of the language and one of its keys, as YAML writes it."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./%*-]([A-Za-z0-9_./%*() -]*[A-Za-z0-9_./%*)])?")
"""Texts that need no quotation marks in YAML."""


def examples_of(files: Iterable[tuple[type[BaseModel], Any]]) -> dict[Use, str]:
    """For every key that the files use the shortest value it is given; each file comes with its model."""
    found: dict[Use, str] = {}
    for model, data in files:
        for use, value in _uses(model, data):
            text = flow(value)
            if use not in found or len(text) < len(found[use]):
                found[use] = text
    return found


def _uses(model: type[BaseModel], data: Any) -> Iterator[tuple[Use, Any]]:
    """Every key of a block and of the blocks in it, with its value."""
    if not isinstance(data, Mapping):
        return
    for key, value in data.items():
        if model is Branch and key in KINDS:
            for block in value if isinstance(value, list) else [value]:
                yield from _entry_uses(str(key), block)
        elif key in keys_of(model):
            yield (model, str(key)), value
            yield from _inside(model, str(key), value)


def _inside(model: type[BaseModel], key: str, value: Any) -> Iterator[tuple[Use, Any]]:
    inner = model_at(model, (key,))
    if inner is model:
        return
    named = isinstance(value, Mapping) and not set(value) <= set(keys_of(inner))
    blocks = value.values() if named else value if isinstance(value, list) else [value]
    for block in blocks:
        yield from _uses(inner, block)


def _entry_uses(kind: str, block: Mapping[str, Any]) -> Iterator[tuple[Use, Any]]:
    yield (Entry, "kind"), kind
    for key, value in block.items():
        if key in ENTRY_KEYS:
            yield (Entry, key), value
        elif key in LINK_KEYS.get(kind, ()):
            yield (Entry, "links"), {key: value}
        else:
            yield (Entry, "fields"), {key: value}
            yield from _uses(FieldRule, value)


def flow(value: Any) -> str:
    """A value on one line, as YAML takes it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
