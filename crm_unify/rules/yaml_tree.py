"""YAML text as plain values in which every key and value knows its line.

Scalars stay the text that was written (`0017`, `1.10`, `NO`, `2026-03-02` are these characters): a postcode
never becomes a number, and whoever expects a number or a date reads it from the text. Only null is None.
The text is composed, not constructed, so no tag of the file can make an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crm_unify.errors import ConfigurationError
from crm_unify.rules.mistakes import raise_all

Path = tuple[str | int, ...]
"""Keys and list positions (from 0) from the top of a file to a value."""

_NULL: Final = "tag:yaml.org,2002:null"
_PLAIN_TAGS: Final = "tag:yaml.org,2002:"
_MAX_DEPTH: Final = 40
"""Deeper nesting is no rule file; an alias to its own ancestor would be endless."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One YAML file: its values and the line of each."""

    file: str
    """File as messages name it."""
    data: Any
    """Dictionaries, lists, text and None."""
    lines: Mapping[Path, int]
    """Line (from 1) of every key and list item."""

    def line(self, path: Sequence[str | int]) -> int:
        """Line of the value at this path, or of the nearest block around it."""
        for end in range(len(path), 0, -1):
            if tuple(path[:end]) in self.lines:
                return self.lines[tuple(path[:end])]
        return 1


@dataclass(slots=True)
class _Reading:
    """What has been found while one file is walked."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: list[ConfigurationError] = field(default_factory=list)

    def wrong(self, what: str, line: int, remedy: str) -> None:
        self.mistakes.append(ConfigurationError(what, self.file, line=line, remedy=remedy))


def read_yaml(file: FilePath, *, shown: str | None = None) -> Tree:
    """Read one YAML file whose top is a mapping; `shown` is the file's name in messages.

    Raises ConfigurationError for text that is not UTF-8, bad YAML (tabs included) and every duplicate key.
    """
    name = shown or str(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        msg = f"byte {error.object[error.start]:#04x} is not UTF-8"
        raise ConfigurationError(msg, name, line=line, remedy="save the file as UTF-8") from error
    except OSError as error:
        raise ConfigurationError("the file cannot be read", name, why=error.strerror or "") from error
    return parse_yaml(text, shown=name)


def parse_yaml(text: str, *, shown: str) -> Tree:
    """The same for text that is at hand."""
    try:
        top = _composed(text)
    except MarkedYAMLError as error:
        raise _bad_yaml(error, shown) from error
    except YAMLError as error:
        why = str(error).splitlines()[0]
        raise ConfigurationError("this is not YAML", shown, why=why, remedy="remove the character") from error
    if not isinstance(top, MappingNode):
        msg = "the file is empty" if top is None else "the file must hold keys and values"
        raise ConfigurationError(msg, shown, line=1, remedy="begin with a key at the left margin")
    reading = _Reading(shown)
    data = _value(top, (), reading)
    raise_all(reading.mistakes)
    return Tree(shown, data, reading.lines)


@lru_cache(maxsize=100)
def _composed(text: str) -> Node | None:
    """The nodes of a text; a process that stays up (the tests, a web application) reads the same files again.

    Composing is two thirds of what reading rule files costs; nobody changes a node.
    """
    top: Node | None = YAML().compose(text)
    return top


def _bad_yaml(error: MarkedYAMLError, shown: str) -> ConfigurationError:
    problem = error.problem or "unknown problem"
    line = error.problem_mark.line + 1 if error.problem_mark is not None else None
    if "\\t" in problem:
        return ConfigurationError("a tab indents this line", shown, line=line, remedy="indent with spaces")
    why = problem if error.context is None else f"{error.context}: {problem}"
    remedy = "check quotes, brackets and indentation here and in the line above"
    return ConfigurationError("this is not YAML", shown, line=line, why=why, remedy=remedy)


def _value(node: Node, path: Path, reading: _Reading) -> Any:
    """The plain value of a node; keys and items note their lines."""
    if len(path) > _MAX_DEPTH:
        reading.wrong("this is nested without end", node.start_mark.line + 1, "remove the alias to itself")
        return None
    if isinstance(node, ScalarNode):
        return _scalar(node, reading)
    if isinstance(node, SequenceNode):
        return [_item(item, (*path, i), reading) for i, item in enumerate(node.value)]
    return _mapping(node, path, reading)


def _item(node: Node, path: Path, reading: _Reading) -> Any:
    reading.lines[path] = node.start_mark.line + 1
    return _value(node, path, reading)


def _scalar(node: ScalarNode, reading: _Reading) -> str | None:
    tag = str(node.tag)
    if not tag.startswith(_PLAIN_TAGS) or tag.startswith(f"{_PLAIN_TAGS}python"):
        reading.wrong(f"tag '{tag}' is not allowed", node.start_mark.line + 1, "write the plain value")
    text = str(node.value)
    if node.style == ">":  # ruamel.yaml marks where it folded lines, for whoever writes them again
        text = text.replace("\a", "")
    return None if tag == _NULL else text


def _mapping(node: Node, path: Path, reading: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    first_lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            reading.wrong("a key must be a word", line, "write the key as text")
            continue
        name = str(key.value)
        if name in found:
            again = f"key '{name}' stands twice in one block (first in line {first_lines[name]})"
            reading.wrong(again, line, "keep one of the two")
            continue
        first_lines[name] = line
        reading.lines[(*path, name)] = line
        found[name] = _value(value, (*path, name), reading)
    return found
