"""The rule book as Markdown: for a wiki, a diff, or a reader without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crm_unify.steward.book.samples import Sample
from crm_unify.steward.book.values import Book, Branch, Codes, Rule, Source
from crm_unify.steward.report.page import count, visible

_SPECIAL = re.compile(r"([\\*_\[\]<>#|~])")


def markdown(book: Book) -> str:
    """The book as Markdown; equal books give equal text."""
    return "\n".join(_book(book)) + "\n"


def text(said: str | None) -> str:
    """A text from the data or the rule files, so that it is no mark-up; code in backticks stays."""
    if said is None:
        return ""
    parts = visible(said).split("`")
    if len(parts) % 2 == 0:
        return _SPECIAL.sub(r"\\\1", visible(said)).replace("`", "'")
    return "".join(f"`{part}`" if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _book(book: Book) -> Iterator[str]:
    yield f"# Rule book of {text(book.project)}"
    yield ""
    run = "The project has not been run yet." if book.run is None else f"Counts and examples: run {book.run}."
    yield f"{len(book.rules)} business rules, {len(book.questions)} open. {run}"
    yield ""
    yield "## Open questions"
    yield ""
    for rule in book.questions:
        yield from _question(rule)
    if not book.questions:
        yield "Every business rule is approved.\n"
    if book.changed:
        yield "## Changed since their approval\n"
        for rule in book.changed:
            yield f"- **{rule.id}** ({text(rule.map)}): {text(rule.what)}"
            for line in rule.difference:
                around = f"{text(line.where)}: " if line.where else ""
                yield f"    - {around}`{line.mark} {_code(line.text)}`"
        yield ""
    for source in book.sources:
        yield from _source(source)
    yield "## When sources disagree\n"
    rows = [(", ".join(map(text, one.fields)), text(one.sentence)) for one in book.survivors]
    yield from _table(("Fields", "What the CRM shows"), rows)


def _question(rule: Rule) -> Iterator[str]:
    hits = "" if rule.hits is None else f", decided {count(rule.hits, 'row')} in the last run"
    yield f"- **{text(rule.what)}** ({rule.status}, {rule.id} in {text(rule.map)}{hits})"
    if rule.why:
        yield f"    - why: {text(rule.why)}"
    if rule.evidence:
        yield f"    - evidence: {text(rule.evidence)}"
    yield f"    - to be answered by {text(rule.owner or 'nobody yet')}"
    yield ""


def _source(source: Source) -> Iterator[str]:
    yield f"## {text(source.map)}\n"
    rows = "" if source.rows is None else f" In the last run it had {count(source.rows, 'row')}."
    yield f"{text(source.place)}, {text(source.owner or 'no owner')}. {text(source.key)}{rows}\n"
    if source.rules:
        yield "### Business rules\n"
        head = ("Rule", "What", "Why", "Owner", "Status", "Decided", "Evidence", "Rows")
        yield from _table(head, [_rule(rule) for rule in source.rules])
    yield "### What becomes of the rows\n"
    for number, branch in enumerate(source.branches, 1):
        yield from _branch(number, branch)
    if source.checks:
        yield "### What is checked\n"
        yield from (f"- `{check.id}` {text(check.words)}" for check in source.checks)
        yield ""
    for codes in source.codes:
        yield from _codes(codes)
    idle = [column for column in source.columns if not column.goes_to]
    if idle:
        yield "### Columns that become no field\n"
        for column in idle:
            said = column.ignored or "; ".join(column.other) or "**nobody takes it**"
            yield f"- `{column.name}`: {said if said.startswith('**') else text(said)}"
        yield ""


def _rule(rule: Rule) -> tuple[str, ...]:
    decided = "" if rule.decided_on is None else f"{rule.decided_on}, {text(rule.decided_where)}"
    status = f"**{rule.status}**" if rule.open else rule.status
    status += ", changed since its approval" if rule.changed else ""
    hits = "" if rule.hits is None else f"{rule.hits:,}"
    words = (text(one) for one in (rule.what, rule.why, rule.owner))
    return (f"`{rule.id}`", *words, status, decided, text(rule.evidence), hits)


def _branch(number: int, branch: Branch) -> Iterator[str]:
    rule = "" if branch.rule is None else f" (`{branch.rule}`{', not agreed yet' if branch.open else ''})"
    yield f"{number}. {text(branch.rows)}{rule}\n"
    for one in branch.fields:
        entry = f" ({text(one.entry)})" if one.entry else ""
        rules = "".join(f" `{name}`" for name in one.rules)
        waits = " (not agreed yet)" if one.unapproved else ""
        yield f"    - **{text(one.target)}**{entry}: {text(' '.join(one.how))}{rules}{waits}"
        yield from (f"        - {_sample(sample)}" for sample in one.samples)
    yield ""


def _sample(sample: Sample) -> str:
    before = ", ".join("nothing" if value is None else f"`{_code(value)}`" for _, value in sample.before)
    if sample.after is None:
        return f"{before} → {'nothing' if sample.refused is None else f'left out: {text(sample.refused)}'}"
    return f"{before} → `{_code(sample.after)}`"


def _code(value: str) -> str:
    return visible(value).replace("`", "'")


def _codes(codes: Codes) -> Iterator[str]:
    yield f"### Code table {text(codes.name)}\n"
    yield f"For {', '.join(map(text, codes.columns))}; {text(codes.unmapped)}.\n"
    open_codes = [
        (text(c.code), "**nobody has explained it**", "", str(c.found)) for c in codes.lacking_shown
    ]
    known = [
        (text(c.code), text(c.meaning), text(c.label), "" if c.found is None else f"{c.found:,}")
        for c in codes.codes
    ]
    rows = [*(open_codes if codes.explained else []), *known]
    yield from _table(("Code", "Means", "In words", "Rows"), rows)
