"""A single value of a YAML file changed, and not a byte besides: comments, order and layout stay.

The file is composed, never dumped: the nodes tell where each value stands in the text, and that span alone is
replaced. Whoever changes a file so reads it again and compares, for anchors and odd layouts can make a value
stand for more than one place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

_PLAIN: Final = re.compile(r"[^\W_](?:[\w ./()+%-]*[\w)%.])?")
"""Texts that are the same without quotes, in a block and between braces."""
_WORDS: Final = re.compile(r"(?i)null|true|false|yes|no|on|off|y|n|[-+.\d][\d_.,:eE+-]*")
"""Plain texts that other programs read as something else."""
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class NoPlaceError(Exception):
    """The file is written in a form in which this value cannot be changed by itself."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value to be set."""

    path: tuple[str, ...]
    """Keys from the top of the file to the value."""
    value: str | None
    """None sets null."""
    behind: Sequence[str] = ()
    """Keys behind which a new one is put: the last of them that is there."""
    written: str | None = None
    """The value as YAML, in the place of `value`."""

    @property
    def yaml(self) -> str:
        """What is put into the file."""
        return scalar(self.value) if self.written is None else self.written


def with_values(text: str, settings: Sequence[Setting]) -> str:
    """The text with these values; raises NoPlaceError."""
    for setting in settings:
        text = _with(text, setting)
    return text


def _with(text: str, setting: Setting) -> str:
    try:
        top = YAML().compose(text)
    except YAMLError as error:  # what was changed before has made another value unreadable
        raise NoPlaceError from error
    block = _node(top, setting.path[:-1])
    if not isinstance(block, MappingNode):
        raise NoPlaceError
    key = setting.path[-1]
    found = {str(name.value): (name, value) for name, value in block.value}
    written = setting.yaml
    alone = key not in found or not _is_commented(text, found[key][1])
    if not block.flow_style and alone and setting.written is None and _is_block(setting.value):
        written = _block(setting.value or "", " " * block.value[0][0].start_mark.column, _eol(text))
    if key in found:
        return _replaced(text, found[key][1], written)
    return _inserted(text, block, f"{key}: {written}", setting.behind)


def _node(top: Node | None, path: Sequence[str]) -> Node:
    node = top
    for key in path:
        inside = {str(k.value): v for k, v in node.value} if isinstance(node, MappingNode) else {}
        node = inside.get(key)
    if node is None:
        raise NoPlaceError
    return node


def scalar(value: str | None) -> str:
    """A text as YAML writes it: plain where that is safe, else in double quotes."""
    if value is None:
        return "null"
    if _DAY.fullmatch(value):
        return value
    safe = _PLAIN.fullmatch(value) and not _WORDS.fullmatch(value)
    return value if safe else json.dumps(value, ensure_ascii=False)


def _is_block(value: str | None) -> bool:
    """Whether a text of several lines can stand as such: no line is blank at its beginning, or odd."""
    lines = (value or "").split("\n")
    return len(lines) > 1 and all(line.isprintable() and line == line.strip() and line for line in lines)


def _is_commented(text: str, node: Node) -> bool:
    """Whether a comment follows the value on its line, which a text of several lines would swallow."""
    if _is_block_scalar(node):  # its comment stands in its first line, and stays there
        return False
    return "#" in text[node.end_mark.index :].partition("\n")[0]


def _block(value: str, indent: str, eol: str) -> str:
    """A text of several lines as a literal block below a key with this indent."""
    return "|-" + "".join(f"{eol}{indent}  {line}" for line in value.split("\n"))


def _eol(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _replaced(text: str, node: Node, new: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, ScalarNode) and not (isinstance(node, MappingNode) and node.flow_style):
        raise NoPlaceError
    if node.anchor is not None or (isinstance(node, MappingNode) and _holds_comment(text, node)):
        raise NoPlaceError  # the value stands in other places too, or somebody's words would go with it
    old = text[start:end]
    kept = old[len(old.rstrip()) :]  # a block scalar ends behind its line breaks
    if _is_block_scalar(node):
        first, *rest = new.split("\n")
        new = "\n".join([first.rstrip("\r") + _header_comment(old) + "\r" * first.endswith("\r"), *rest])
    if not old.strip():  # `owner:` without a value
        return f"{text[:start].rstrip(' ')} {new}{text[end:]}" if start else text
    return text[:start] + new + kept + text[end:]


def _is_block_scalar(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style in ("|", ">")


def _header_comment(old: str) -> str:
    """The comment behind the sign that begins a text of several lines, with the blanks in front of it."""
    found = re.search(r"[ \t]+#.*", old.splitlines()[0])
    return "" if found is None else found.group()


def _holds_comment(text: str, node: MappingNode) -> bool:
    """Whether a comment stands between the braces: a number sign in none of the values."""
    at, between = node.start_mark.index, []
    for inside in (one for pair in node.value for one in pair):
        between.append(text[at : inside.start_mark.index])
        at = inside.end_mark.index
    return any("#" in one for one in (*between, text[at : node.end_mark.index]))


def _inserted(text: str, block: MappingNode, line: str, after: Sequence[str]) -> str:
    """The text with a further key of a block, behind the last of `after` that is there, else at the end."""
    there = {str(name.value): (name, value) for name, value in block.value}
    behind = next((there[name] for name in reversed(after) if name in there), block.value[-1])
    end = behind[1].end_mark.index
    if block.flow_style:
        return f"{text[:end]}, {line}{text[end:]}"
    indent = " " * block.value[0][0].start_mark.column
    if text[end - 1 : end] != "\n":  # up to the end of the line, a comment on it included
        stop = text.find("\n", end)
        end = len(text) if stop < 0 else stop + 1
    eol = _eol(text)
    ending = "" if text[end - 1 : end] == "\n" else eol
    return f"{text[:end]}{ending}{indent}{line}{eol}{text[end:]}"
