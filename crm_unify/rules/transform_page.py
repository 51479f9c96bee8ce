"""The page docs/transforms.md: every transform, its options and examples, out of the docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crm_unify.rules.options import Option
from crm_unify.rules.transforms import TRANSFORMS, Shown, Transform

_HEAD: Final = """# Transforms

What `transform:` of a field may name, made from the program by `make golden`; the tests try every example.

A chain is worked off from left to right: `transform: [squeeze, {strip_prefix: "Fa. "}, org_case]`. A
transform with options is written `{NAME: VALUE}`, the value being its first option, or
`{NAME: {OPTION: VALUE, ...}}`.
What follows the chain (`pad_left`, code table, type, sentinels) sees what it leaves. The first step that
cannot take a value withholds it: the record loads without the value, which is listed with its raw text.

| transform | does |
|---|---|
"""
_KINDS: Final = {
    "text": "text",
    "any": "text, or none",
    "texts": "a text or a list",
    "words": "texts with what they become",
    "number": "a whole number",
    "pattern": "a regular expression (RE2)",
    "flag": "true or false",
    "columns": "a column or a list",
}


def page() -> str:
    """The whole page."""
    table = "".join(f"| [{name}](#{name}) | {_cell(one.doc)} |\n" for name, one in TRANSFORMS.items())
    return _HEAD + table + "".join("".join(_section(one)) for one in TRANSFORMS.values())


def _section(one: Transform) -> Iterator[str]:
    yield f"\n## {one.name}\n\n{one.doc}.\n\n"
    for option in one.options:
        yield f"* {_option(option)}\n"
    yield "\n" * bool(one.options)
    yield "| step | in | out |\n|---|---|---|\n"
    for shown in one.shown:
        yield f"| {_code(shown.step)} | {_before(shown)} | {_code(shown.after)} |\n"


def _option(option: Option) -> str:
    kind = _KINDS.get(option.kind) or " or ".join(f"`{choice}`" for choice in option.kind.split("|"))
    if option.needed:
        return f"`{option.name}`: {kind}; needed"
    usual = "" if option.default in (None, (), False) else f"; `{option.default}` where nothing is said"
    return f"`{option.name}`: {kind}{usual}"


def _before(shown: Shown) -> str:
    beside = "" if shown.row is None else f" beside {_code(shown.row)}"
    return _code(shown.before) + beside


def _code(text: str | None) -> str:
    return "nothing" if text is None else f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
