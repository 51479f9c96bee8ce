"""Trees as flat records: objects inside objects by dotted names, lists numbered from the second element on.

{"name": "Ann", "address": {"city": "Bonn"}, "phones": ["1", "2"]}
name = Ann, address.city = Bonn, phones = 1, phones (2) = 2
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from pipelines.sources.lists import numbered

MAX_REPEATS: Final = 50
"""Elements of a list that get columns of their own; those behind stand together, as JSON, in one."""


class Members(list[tuple[str, Any]]):
    """Members of an object in their order, repeated names included."""


def flat(value: Any) -> dict[str, str | None]:
    """A tree of Members, lists and texts as one record; a bare value is called `value`."""
    found: dict[str, str | None] = {}
    seen: Counter[str] = Counter()
    for name, text in _leaves(value, ""):
        seen[name] += 1
        found[numbered(name or "value", seen[name])] = text
    return found


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str | None]]:
    """Names and texts of the leaves; an empty object or list is a leaf without text."""
    if isinstance(value, Members) and value:
        repeated: Counter[str] = Counter()
        for key, inner in value:
            repeated[key] += 1
            yield from _leaves(inner, _joined(name, numbered(key, repeated[key])))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value[:MAX_REPEATS], 1):
            yield from _leaves(inner, numbered(name or "value", place))
        if len(value) > MAX_REPEATS:
            yield f"{name or 'value'} (rest)", as_json(value[MAX_REPEATS:])
    else:
        yield name, value if isinstance(value, str) else None


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if name and key else name or key


def as_json(value: Any) -> str:
    """A tree as JSON text."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Members):
        return {key: _plain(inner) for key, inner in value}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
