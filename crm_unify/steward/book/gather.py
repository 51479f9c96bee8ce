"""The rule book's values: rule files in, sentences, counts and examples out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import Severity
from crm_unify.rules.branches import expressions_of
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.model import Branch as RuleBranch
from crm_unify.rules.model import BusinessRule, ContentKey
from crm_unify.run.said import rules_hash
from crm_unify.steward.book.approval import Approvals, NoApprovals, difference
from crm_unify.steward.book.code_rows import codes_of
from crm_unify.steward.book.drawing import DrawnColumn, picture
from crm_unify.steward.book.rule_words import branch_words, check_words, date_form, way_words
from crm_unify.steward.book.samples import Samples, samples
from crm_unify.steward.book.sql_words import listed
from crm_unify.steward.book.values import Book, Branch, Check, Column, FieldRule, Rule, Source, Survivor
from crm_unify.steward.lineage import Way, entry_of, known_targets, qualified, ways, ways_of
from crm_unify.steward.lineage_answer import ColumnLineage, Headers, every_column
from crm_unify.steward.newest import Newest
from crm_unify.steward.survival import survival

FIRST: Final = ("disputed", "proposed", "draft", "approved", "retired")
"""Statuses in the order of a reader's interest."""
NOTES: Final = {
    "part of the key": "key",
    "decides what becomes": "decides",
    "says when the row was created": "created",
    "says when the row was last": "changed",
}
"""Uses of a column for the row as a whole, with the word for them in the picture."""
PLAIN: Final = frozenset(
    {
        "address.label",
        "contact_point.kind",
        "contact_point.label",
        "consent.channel",
        "party_identifier.scheme",
        "account.system",
    }
)
"""Fields that say what an entry is; the entry's own name tells them."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """What the last run tells of the rules; empty where there was none."""

    id: int | None = None
    as_of: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[tuple[str, str, frozenset[str]], int] = field(default_factory=dict)
    """Withheld values by map, target and source columns."""
    samples: Mapping[str, Samples] = field(default_factory=dict)
    """By map."""
    stale: bool = False

    def hits(self, name: str, rule: str) -> int | None:
        """Rows that a rule or check decided."""
        found = self.figures.get("hits")
        if found is None:
            return None
        return sum(int(one["rows"]) for one in found if (one["map"], one["rule"]) == (name, rule))


def last_run_of(project: LoadedProject, newest: Newest) -> LastRun:
    """What the newest run left in the workspace; samples are made of its rows, masked."""
    stale = newest.run.rules_hash not in (None, rules_hash(project))
    if newest.folder is None:
        return LastRun(newest.run.id, newest.run.as_of, stale=stale)
    as_of = date.fromisoformat(newest.run.as_of)
    results = newest.results
    left = _left_out(results.rejections)
    landed = {one.map: one for one in newest.landed}
    made = {
        loaded.rules.map: samples(loaded, landed[loaded.rules.map], as_of=as_of)
        for loaded in project.files
        if loaded.rules.map in landed
    }
    return LastRun(newest.run.id, newest.run.as_of, results.figures, left, made, stale)


def _left_out(rejections: pa.Table) -> dict[tuple[str, str, frozenset[str]], int]:
    """Withheld values by map, target (whichever of a list of entries) and source columns."""
    found: dict[tuple[str, str, frozenset[str]], int] = {}
    withheld = rejections.filter(pc.equal(rejections["severity"], Severity.WITHHOLD))
    by = ["map", "target", "column"]
    for one in withheld.group_by(by).aggregate([([], "count_all")]).to_pylist():
        kind, _, name = (one["target"] or "").partition(".")
        columns = frozenset((one["column"] or "").split(", "))
        key = (one["map"], f"{kind.partition('[')[0]}.{name}", columns)
        found[key] = found.get(key, 0) + one["count_all"]
    return found


def gather(
    project: LoadedProject,
    *,
    headers: Headers,
    last: LastRun | None = None,
    approvals: Approvals | None = None,
) -> Book:
    """The rule book of a project; without a last run counts and examples are left out."""
    run = LastRun() if last is None else last
    asked: Approvals = NoApprovals() if approvals is None else approvals
    columns = every_column(project, headers=headers)
    sources = tuple(_source(project, loaded, run, asked, columns) for loaded in project.files)
    return Book(
        project=project.project.project,
        environment=project.environment,
        run=run.id,
        as_of=run.as_of,
        stale=run.stale,
        sources=sources,
        survivors=_survivors(project),
        trust=tuple(project.project.trust),
        asked=approvals is not None,
    )


def _survivors(project: LoadedProject) -> tuple[Survivor, ...]:
    """One sentence for all fields that it holds for."""
    filled = {way.target for way in ways(project)}
    said: dict[str, list[str]] = {}
    for target in known_targets():
        if target in filled and target not in PLAIN:
            said.setdefault(survival(project, target).sentence, []).append(target)
    return tuple(Survivor(tuple(fields), sentence) for sentence, fields in said.items())


def _source(
    project: LoadedProject,
    loaded: LoadedRules,
    run: LastRun,
    approvals: Approvals,
    lineages: Sequence[ColumnLineage],
) -> Source:
    rules, columns = loaded.rules, [one for one in lineages if one.map == loaded.rules.map]
    account = run.figures.get("account", {}).get(rules.map, {})
    fates = ("mapped", "held", "quarantined", "discarded")
    return Source(
        map=rules.map,
        place=_place(loaded),
        owner=rules.owner,
        status=rules.status,
        version=rules.version,
        path=loaded.path,
        rows=account.get("extracted"),
        counts={name: account[name] for name in fates if account.get(name)},
        key=_key(loaded),
        reading=tuple(_reading(loaded)),
        rules=tuple(_rule(loaded, name, about, run, approvals) for name, about in rules.rules.items()),
        branches=tuple(_branch(loaded, number, run) for number in range(1, len(rules.targets) + 1)),
        checks=tuple(
            Check(one.id, check_words(one), one.expr, run.hits(rules.map, one.id)) for one in rules.checks
        ),
        codes=codes_of(loaded, run.figures.get("codes")),
        columns=tuple(
            Column(one.column, (*one.goes_to,), one.other, one.ignored, one.taken) for one in columns
        ),
        examples=tuple(example.name for example in rules.tests),
        picture=picture([_drawn(one) for one in columns], [_named(loaded, way) for way in ways_of(loaded)]),
    )


def _drawn(one: ColumnLineage) -> DrawnColumn:
    """A column with a word for what it is used for beside values."""
    notes = [short for long, short in NOTES.items() if any(said.startswith(long) for said in one.other)]
    css = "used" if one.taken else "idle" if one.ignored else "lost"
    return DrawnColumn(
        one.column, css, ", ".join(notes) if one.taken else "" if one.ignored else "nobody takes it"
    )


def _named(loaded: LoadedRules, way: Way) -> tuple[str, Way]:
    """A way with the name of its field in the picture: contact points by their kind."""
    entry = entry_of(loaded, way)
    if entry is None or way.target != "contact_point.value":
        return way.target, way
    return f"contact_point.{entry.fields['kind'].const or 'value'}", way


def _place(loaded: LoadedRules) -> str:
    source = loaded.rules.source
    named = next((text for text in (source.table, source.sheet, source.file) if text is not None), None)
    return source.system if named is None else f"{source.system}, {named}"


def _key(loaded: LoadedRules) -> str:
    key = loaded.rules.source.key
    if isinstance(key, ContentKey):
        return f"A row has no key of its own; it is known by what stands in {listed(key.content)}."
    return f"A row is known by {listed(list(key))}."


def _reading(loaded: LoadedRules) -> Iterator[str]:
    """How the text of the source is read, where that is not plain."""
    parse = loaded.rules.source.parse
    nothing = [repr(token) for token in parse.null_tokens if token]
    yield f"Dates are written {listed([date_form(one) for one in parse.dates], 'or')}."
    if nothing:
        yield f"These mean that nothing is known: {listed(nothing)}."


def _rule(loaded: LoadedRules, name: str, about: BusinessRule, run: LastRun, approvals: Approvals) -> Rule:
    decided, approved = about.decided, approvals.approved(loaded.rules.map, name)
    today = approvals.meaning(loaded.rules.map, name)
    return Rule(
        map=loaded.rules.map,
        id=name,
        what=about.what,
        why=about.why,
        owner=about.owner,
        status=about.status,
        decided_on=None if decided is None else decided.on.isoformat(),
        decided_where=None if decided is None else decided.where,
        evidence=about.evidence,
        hits=run.hits(loaded.rules.map, name),
        governs=tuple(dict.fromkeys(_governs(loaded, name))),
        approved=approved,
        difference=() if approved is None else difference(approved.meaning, today),
    )


def _governs(loaded: LoadedRules, rule: str) -> Iterator[str]:
    """What a rule decides: fields by their own or their entry's rule, and what becomes of rows."""
    targets = loaded.rules.targets
    for branch in targets:
        discards = branch.discard is not None and branch.discard.rule == rule
        if branch.rule == rule or discards:
            yield branch_words(branch, only=len(targets) == 1)
    for way in ways_of(loaded):
        if way.out_of is None and way.rules[:1] == (rule,) and way.target not in PLAIN:
            branch = targets[way.branch - 1]
            if branch.rule != rule:
                yield way.target


def _branch(loaded: LoadedRules, number: int, run: LastRun) -> Branch:
    branch = loaded.rules.targets[number - 1]
    rule = branch.rule if branch.discard is None else branch.discard.rule
    return Branch(
        rows=branch_words(branch, only=len(loaded.rules.targets) == 1),
        sql=branch.when,
        rule=rule,
        open=_is_open(loaded, (rule,)),
        fields=tuple(
            _field(loaded, branch, way, run)
            for way in ways_of(loaded)
            if way.branch == number
            and way.out_of is None
            and way.entry is not None
            and way.target not in PLAIN
        ),
    )


def _field(loaded: LoadedRules, branch: RuleBranch, way: Way, run: LastRun) -> FieldRule:
    entry = entry_of(loaded, way)
    assert entry is not None, "fields of a branch belong to an entry"
    rule, own = entry.fields[way.field], tuple(name for name in way.rules if name != branch.rule)
    return FieldRule(
        target=way.target,
        entry=qualified(entry),
        columns=way.columns,
        looked_at=way.looked_at,
        how=way_words(loaded, way),
        sql=tuple(sql for _, sql in expressions_of(rule)),
        rules=own,
        unapproved=_is_open(loaded, own),
        code_table=way.code_table,
        samples=run.samples.get(loaded.rules.map, {}).get(way, ()),
        left_out=run.left_out.get((loaded.rules.map, way.target, frozenset(way.columns))),
    )


def _is_open(loaded: LoadedRules, rules: Sequence[str | None]) -> bool:
    known = (loaded.rules.rules.get(name) for name in rules if name is not None)
    return any(about is not None and about.status not in ("approved", "retired") for about in known)
