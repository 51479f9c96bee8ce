"""A proposal as the text of YAML files, each value with its reason in a comment beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from crm_unify.propose.interface import Branch, Codes, Entry, Example, Field, Map, Proposal

SCHEMAS: Final = ".schemas"
"""Folder of the project that holds the JSON Schemas"""
_WORDS: Final = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "j", "ja", "nein"]
)
"""Texts that other YAML programs take for something else, or a person might"""
_WIDE: Final = 10_000
"""Lines are never broken: each value stands on its own"""
_LONGEST_NOTE: Final = 160


def rule_file(one: Map) -> str:
    """The text of a rule file."""
    made = CommentedMap()
    made["map"] = one.name
    made["version"] = 1
    made["status"] = "draft"
    made["source"] = _source(one)
    made["rules"] = _rules(one)
    if one.codes:
        made["code_tables"] = _code_tables(one)
    made["targets"] = CommentedSeq([_branch(branch) for branch in one.branches])
    for name, blocks in (("checks", one.checks), ("reconcile", one.sums)):
        if blocks:
            made[name] = CommentedSeq([_flow(block) for block in blocks])
    if one.examples:
        made["tests"] = CommentedSeq([_example(example) for example in one.examples])
    head = [
        f"yaml-language-server: $schema=../{SCHEMAS}/rule_file.schema.json",
        f"Proposed for {_one_line(one.table)}. {_one_line(one.about)}.",
        "Numbers in comments say how sure a proposal is, 0 to 1; rules are drafts until somebody agrees.",
    ]
    if one.asked:
        head.append(f"Nobody takes these columns yet, see the rules: {', '.join(map(_one_line, one.asked))}")
    return _text(made, head)


def project_file(proposal: Proposal) -> str:
    """The text of the project file."""
    made = CommentedMap()
    made["project"] = proposal.project
    sources = CommentedMap()
    for system in proposal.systems:
        sources[system.name] = _flow({"url": system.url} if system.url is not None else {"path": system.path})
        if system.variable is not None:
            sources.yaml_add_eol_comment(
                f"set {system.variable} to the address of the database", system.name, column=0
            )
    made["sources"] = sources
    made["rules"] = _flow(["rules/*.yml"])
    made["target"] = _scalar("${CRM_URL:-sqlite:///crm.db}")
    made["trust"] = _flow([system.name for system in proposal.systems])
    made.yaml_add_eol_comment(
        "most trusted first: in the order in which they were named, put them right", "trust", column=0
    )
    head = [
        f"yaml-language-server: $schema={SCHEMAS}/project.schema.json",
        "Proposed from the sources alone: read the rule files, answer their questions, then run it.",
        *(f"not read: {_one_line(one)}" for one in proposal.not_read),
    ]
    return _text(made, head)


def code_file(one: Map, codes: Codes) -> str:
    """Where the CSV of a code table stands, relative to the rule file."""
    return f"codes/{one.name}_{codes.name}.csv"


# --- blocks ---
def _source(one: Map) -> CommentedMap:
    made = CommentedMap()
    for key, value in one.source.items():
        made[key] = _flow(value)
        _note(made, key, one.notes.get(key, ""))
    if one.parse:
        parse = CommentedMap()
        for key, value in one.parse.items():
            parse[key] = _flow(value)
            _note(parse, key, one.notes.get(key, ""))
        made["parse"] = parse
    if one.ignore:
        made["ignore"] = CommentedMap(
            {_scalar(column): _scalar(reason) for column, reason in one.ignore.items()}
        )
    return made


def _rules(one: Map) -> CommentedMap:
    made = CommentedMap()
    for question in one.questions:
        rule = CommentedMap({"what": _scalar(question.what), "why": _scalar(question.why), "status": "draft"})
        if question.evidence:
            rule["evidence"] = _scalar(question.evidence)
        made[question.id] = rule
    return made


def _code_tables(one: Map) -> CommentedMap:
    return CommentedMap(
        {
            codes.name: _flow({"file": code_file(one, codes), "unmapped": codes.unmapped})
            for codes in one.codes
        }
    )


def _branch(branch: Branch) -> CommentedMap:
    made = CommentedMap()
    if branch.when:
        made["when"] = _scalar(branch.when)
    if branch.rule:
        made["rule"] = branch.rule
    for name, block in (("discard", branch.discard), ("quarantine", branch.quarantine)):
        if block:
            made.setdefault("when", _scalar("TRUE"))
            made[name] = _flow(block)
    for kind in dict.fromkeys(entry.kind for entry in branch.entries):
        entries = [_entry(entry) for entry in branch.entries if entry.kind == kind]
        made[kind] = entries[0] if len(entries) == 1 else CommentedSeq(entries)
    return made


def _entry(entry: Entry) -> CommentedMap:
    made = CommentedMap({key: _scalar(value) for key, value in entry.place.items()})
    for own in entry.fields:
        made[own.name] = _field(own)
        _note(made, own.name, own.note)
    return made


def _field(own: Field) -> Any:
    return _scalar(own.rule) if isinstance(own.rule, str) else _flow(own.rule)


def _example(example: Example) -> CommentedMap:
    made = CommentedMap({"name": _scalar(example.name)})
    made["given"] = CommentedSeq([_flow(row) for row in example.given])
    made["expect"] = CommentedMap(
        {kind: CommentedSeq(map(_flow, rows)) for kind, rows in example.expect.items()}
    )
    return made


# --- values ---
def _note(made: CommentedMap, key: str, note: str) -> None:
    if note:
        text = _one_line(note)
        made.yaml_add_eol_comment(
            text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE]}...", key, column=0
        )


def _flow(value: Any) -> Any:
    """A list or block on one line."""
    if isinstance(value, Mapping):
        made = CommentedMap({_scalar(key): _flow(inner) for key, inner in value.items()})
        made.fa.set_flow_style()
        return made
    if isinstance(value, Sequence) and not isinstance(value, str):
        listed = CommentedSeq([_flow(inner) for inner in value])
        listed.fa.set_flow_style()
        return listed
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """A text in quotes where it could be taken for something else."""
    if isinstance(value, str) and (value.strip().lower() in _WORDS or _odd(value)):
        return DoubleQuotedScalarString(value)
    return value


def _odd(value: str) -> bool:
    return (
        not value
        or not value.isprintable()
        or value != value.strip()
        or not value[0].isalpha()
        or "%" in value
    )


def _one_line(text: str) -> str:
    """A text of the data as a comment can hold it."""
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _text(made: CommentedMap, head: list[str]) -> str:
    yaml = YAML()
    yaml.width = _WIDE
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(made, out)
    return "".join(f"# {line}\n" for line in head) + out.getvalue()
