"""Transforms a rule file may name: each is a kernel, a column in, a column out, with its docstring.

`check` needs names and options, interpret the kernels; so a kernel is imported only when it is asked for.
The page docs/transforms.md is made of the docstrings, and every example in them is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from inspect import getdoc
from typing import TYPE_CHECKING, Any, Final

from crm_unify.errors import nearest_name
from crm_unify.rules.options import Option, StepRefusedError, read_options
from crm_unify.rules.steps import Step

if TYPE_CHECKING:
    from crm_unify.normalise.interface import Normalised

_EXAMPLE: Final = re.compile(
    r"^`(?P<step>.+?)`(?: beside `(?P<row>.+?)`)?: "
    r"(?P<before>nothing|`.*?`) becomes (?P<after>nothing|`.*`)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An example of a transform, as its docstring has it."""

    step: str
    """The step in YAML."""
    row: str | None
    """Further columns of the row, in YAML."""
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Transform:
    """One way to tidy the text of a column."""

    name: str
    """As rule files write it."""
    module: str
    """Module that holds the kernel."""
    function: str
    """The kernel."""
    options: tuple[Option, ...] = ()
    """What a rule file may say; a value that stands alone is the first one's."""
    reads: bool = False
    """Whether it reads values as the source's `parse` block says."""
    native: bool = False
    """Whether it writes numbers with a point and dates in ISO form."""

    @property
    def kernel(self) -> Callable[..., Normalised]:
        """The function over an Arrow column of text."""
        found: Callable[..., Normalised] = getattr(import_module(self.module), self.function)
        return found

    @cached_property
    def text(self) -> str:
        """What its docstring says."""
        return getdoc(self.kernel) or ""

    @property
    def doc(self) -> str:
        """What it does, in one line, for the rule book."""
        return self.text.split("\n\n")[0].replace("\n", " ").rstrip(".")

    @property
    def shown(self) -> tuple[Shown, ...]:
        """The examples of its docstring."""
        return tuple(
            Shown(m["step"], m["row"], _value(m["before"]), _value(m["after"]))
            for m in _EXAMPLE.finditer(self.text)
        )

    @property
    def takes(self) -> Option | None:
        """The option that names further columns of the row."""
        return next((option for option in self.options if option.kind == "columns"), None)


def _value(text: str) -> str | None:
    return None if text == "nothing" else text[1:-1]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A step of a chain with its options read."""

    transform: Transform
    options: Mapping[str, Any]
    """By argument of the kernel."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Further columns of the row that it takes."""
        takes = self.transform.takes
        return () if takes is None else tuple(self.options[takes.argument or takes.name])


def prepared(step: str | Step) -> Prepared:
    """The transform a step names and what it gives its options; raises StepRefusedError."""
    name, given = (step, {}) if isinstance(step, str) else (step.name, step.options)
    transform = TRANSFORMS.get(name)
    if transform is None:
        raise StepRefusedError(f"unknown transform '{name}'", nearest_name(name, TRANSFORMS))
    found = Prepared(transform, read_options(transform.options, given))
    _refuse_missing_group(found)
    return found


def _refuse_missing_group(step: Prepared) -> None:
    """Refuse a group that the pattern does not have; patterns only RE2 knows are taken as they are."""
    group = step.options.get("group")
    if group is None:
        return
    try:
        groups = re.compile(step.options["pattern"]).groups
    except re.error:
        return
    if not 1 <= group <= groups:
        raise StepRefusedError(f"the pattern has no group {group}")


def step_columns(steps: list[str | Step]) -> Iterator[str]:
    """Columns that the steps of a chain take beside the field's own; steps that mean nothing take none."""
    for step in steps:
        try:
            yield from prepared(step).columns
        except StepRefusedError:
            continue  # told, with its reason, where the chain itself is checked


_TEXT: Final = "crm_unify.normalise.text"
_NAMES: Final = "crm_unify.normalise.names"
_ORGANISATIONS: Final = "crm_unify.normalise.organisations"
_MARKUP: Final = "crm_unify.normalise.markup"
_OWN: Final = "crm_unify.rules.text_kernels"
_PARTS: Final = "crm_unify.rules.part_kernels"
_READING: Final = "crm_unify.rules.reading_kernels"
_CASE: Final = Option("case", "ignore|exact", "ignore")
_WITH: Final = Option("with", "any", argument="by")
_DECIMAL: Final = Option("decimal", ".|,")
_NAME_PARTS: Final = "prefix|given_name|middle_name|family_name|suffix|birth_name|nickname"


def _filler(usual: str) -> Option:
    return Option("with", "text", usual, argument="filler")


def _reading(name: str, *options: Option, native: bool = False) -> Transform:
    return Transform(name, _READING, name, options, reads=True, native=native)


TRANSFORMS: Final[Mapping[str, Transform]] = {
    transform.name: transform
    for transform in (
        Transform("squeeze", _TEXT, "squeeze"),
        Transform("upper", _OWN, "upper"),
        Transform("lower", _OWN, "lower"),
        Transform("person_case", _NAMES, "person_case"),
        Transform("org_case", _ORGANISATIONS, "org_case"),
        Transform("surname_first", _OWN, "surname_first"),
        Transform(
            "split_name",
            _PARTS,
            "split_name",
            (
                Option("part", _NAME_PARTS, needed=True),
                Option("order", "auto|given_first|family_first", "auto"),
            ),
        ),
        Transform("digits", _OWN, "digits"),
        Transform("fold", _TEXT, "fold"),
        Transform("strip_accents", _OWN, "strip_accents"),
        Transform("strip_leading_zeros", _OWN, "strip_leading_zeros"),
        Transform("strip_prefix", _PARTS, "strip_prefix", (Option("text", "texts", needed=True), _CASE)),
        Transform("strip_suffix", _PARTS, "strip_suffix", (Option("text", "texts", needed=True), _CASE)),
        Transform("pad_left", _PARTS, "pad_left", (Option("to", "number", needed=True), _filler("0"))),
        Transform("pad_right", _PARTS, "pad_right", (Option("to", "number", needed=True), _filler(" "))),
        Transform("truncate", _PARTS, "truncate", (Option("to", "number", needed=True),)),
        Transform("replace", _PARTS, "replace", (Option("text", "text", needed=True), _WITH)),
        Transform(
            "regexp_replace", _PARTS, "regexp_replace", (Option("pattern", "pattern", needed=True), _WITH)
        ),
        Transform(
            "regexp_extract",
            _PARTS,
            "regexp_extract",
            (Option("pattern", "pattern", needed=True), Option("group", "number")),
        ),
        Transform("split", _PARTS, "split", (Option("at", "text", needed=True), Option("part", "number", 1))),
        Transform("first_line", _OWN, "first_line"),
        Transform("one_line", _OWN, "one_line"),
        Transform("html_to_text", _MARKUP, "html_to_text"),
        Transform("rtf_to_text", _MARKUP, "rtf_to_text"),
        Transform("repair_encoding", _OWN, "repair_encoding"),
        Transform("null_if", _PARTS, "null_if", (Option("text", "texts", needed=True),)),
        Transform("default", _PARTS, "default", (Option("text", "text", needed=True),)),
        Transform(
            "lookup",
            _PARTS,
            "lookup",
            (
                Option("values", "words", needed=True),
                Option("otherwise", "withhold|pass|null", "withhold"),
            ),
        ),
        Transform(
            "concat",
            _PARTS,
            "concat",
            (Option("columns", "columns", needed=True), Option("separator", "any", " ")),
        ),
        Transform("coalesce", _PARTS, "coalesce", (Option("columns", "columns", needed=True),)),
        _reading(
            "date",
            Option("formats", "texts"),
            Option("ambiguous", "withhold|first", "withhold"),
            Option("sentinels", "texts", ()),
            native=True,
        ),
        _reading("money", _DECIMAL, Option("minor_units", "flag", False), native=True),
        _reading("number", _DECIMAL, native=True),
        _reading("boolean", Option("true", "texts"), Option("false", "texts")),
        _reading("phone", Option("country", "text")),
        _reading("email"),
        _reading("url"),
        _reading("country"),
    )
}
"""Every transform by name."""
