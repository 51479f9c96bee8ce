"""What `check` says about the examples of rule files: how much they try, and what real rows would add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from crm_unify.propose.mine import Found
    from pipelines.interpret.coverage import Coverage, Part

NAMED: Final = 6
"""Parts that a line names before it counts the rest."""


def coverage_json(one: Coverage) -> dict[str, Any]:
    """How much is tried, and every part that is not, with its place."""
    return {
        "tried": {kind: {"tried": tried, "all": of} for kind, (tried, of) in one.counts().items()},
        "untried": [part_json(part) for part in one.untried],
    }


def part_json(part: Part) -> dict[str, Any]:
    """A part as plain values."""
    return {"kind": part.kind, "name": part.name, "file": part.file, "line": part.line}


def coverage_lines(found: Sequence[Coverage]) -> Iterator[str]:
    """A line for each map that has examples or could have them, and what no example tries."""
    for one in found:
        counts = [f"{tried} of {of} {_plural(kind, of)}" for kind, (tried, of) in one.counts().items()]
        untried = [f"{part.kind} {part.name} ({_place(part)})" for part in one.untried]
        more = f" and {len(untried) - NAMED} more" if len(untried) > NAMED else ""
        lacking = f"; not {', '.join(untried[:NAMED])}{more}" if untried else ""
        yield f"examples of {one.map} try {', '.join(counts)}{lacking}"


def _place(part: Part) -> str:
    """A line of the rule file, or of the code table beside it."""
    return f"{part.file}:{part.line}" if part.kind == "code row" else f"line {part.line}"


def _plural(kind: str, of: int) -> str:
    if of == 1:
        return kind
    return {"branch": "branches"}.get(kind, f"{kind}s")


def mined_json(found: Found) -> dict[str, Any]:
    """Proposed examples, and the parts for which there is none."""
    return {
        "map": found.map,
        "examples": [one.as_yaml() for one in found.examples],
        "left": [part_json(part) | {"why": why} for part, why in found.left.items()],
    }


def mined_text(found: Sequence[Found]) -> str:
    """Proposed examples as YAML to be read, corrected and put under `tests:`."""
    return "\n".join(line for one in found for line in _mined_lines(one))


def _mined_lines(found: Found) -> Iterator[str]:
    yield f"# {found.map}: {len(found.examples)} proposed examples with masked values; read them first"
    if found.examples:
        yield _yaml([one.as_yaml() for one in found.examples])
    for part, why in found.left.items():
        yield f"# none for {part.kind} {part.name} ({part.file}:{part.line}): {why}"


def _yaml(examples: list[dict[str, Any]]) -> str:
    """The list as it would stand in a rule file: one line for `given`, one for each kind expected."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    def flow(value: Any) -> Any:
        if isinstance(value, dict):
            made = CommentedMap({key: flow(one) for key, one in value.items()})
            made.fa.set_flow_style()
            return made
        if isinstance(value, list):
            listed = CommentedSeq([flow(one) for one in value])
            listed.fa.set_flow_style()
            return listed
        return value

    listed = [
        {
            "name": one["name"],
            "given": flow(one["given"]),
            "expect": {k: flow(v) for k, v in one["expect"].items()},
        }
        for one in examples
    ]
    writer = YAML()
    writer.width = 10_000
    writer.indent(mapping=2, sequence=4, offset=2)
    into = StringIO()
    writer.dump(listed, into)
    return into.getvalue().rstrip()
