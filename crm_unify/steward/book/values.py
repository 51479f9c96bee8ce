"""What stands in the rule book, as plain values: page, Markdown and workbook only place it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm_unify.steward.book.approval import Approved, DifferenceLine
from crm_unify.steward.book.drawing import Picture
from crm_unify.steward.book.masking import FREQUENT, HIDDEN
from crm_unify.steward.book.samples import Sample
from crm_unify.wording import counted


@dataclass(frozen=True, slots=True)
class Rule:
    """One business rule."""

    map: str
    id: str
    what: str
    why: str | None
    owner: str | None
    status: str
    """What the team says of it: draft, proposed, disputed, approved, retired."""
    decided_on: str | None
    decided_where: str | None
    evidence: str | None
    hits: int | None
    """Rows it decided in the last run; None where there is none."""
    governs: tuple[str, ...]
    """What it decides: target fields, and what becomes of which rows."""
    approved: Approved | None
    difference: tuple[DifferenceLine, ...]
    """What the rule does today and did not do when it was approved."""

    @property
    def open(self) -> bool:
        """Whether somebody still has to say yes or no."""
        return self.status not in ("approved", "retired")

    @property
    def changed(self) -> bool:
        """Whether it does something else than what was approved."""
        return bool(self.difference)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field of the CRM gets its value from this source."""

    target: str
    entry: str
    """What tells it from other entries of its kind: `email of contact (work)`."""
    columns: tuple[str, ...]
    looked_at: tuple[str, ...]
    how: tuple[str, ...]
    """One short sentence a step."""
    sql: tuple[str, ...]
    """Expressions behind it, for whoever unfolds them."""
    rules: tuple[str, ...]
    unapproved: bool
    """Whether a rule that decides it is open."""
    code_table: str | None
    samples: tuple[Sample, ...]
    left_out: int | None
    """Values left out in the last run."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What becomes of some rows of the source."""

    rows: str
    """Which rows, and what they become, as a sentence."""
    sql: str
    rule: str | None
    open: bool
    fields: tuple[FieldRule, ...]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of a table."""

    code: str
    meaning: str | None
    label: str | None
    found: int | None
    """Rows with it in the last run."""


@dataclass(frozen=True, slots=True)
class Codes:
    """One code table of one source."""

    map: str
    name: str
    path: Path
    columns: tuple[str, ...]
    """Source columns that it translates."""
    unmapped: str
    """What becomes of a code it lacks."""
    codes: tuple[CodeRow, ...]
    lacking: tuple[CodeRow, ...]
    """Texts of the last run that it lacks, the most frequent."""
    explained: bool
    """Whether what it lacks is a question (it is none where such texts stay as they are)."""

    @property
    def lacking_shown(self) -> tuple[CodeRow, ...]:
        """What it lacks as far as anybody may read it: a text of one row or two can be a person's."""
        shown = [one for one in self.lacking if (one.found or 0) >= FREQUENT]
        rare = [one for one in self.lacking if (one.found or 0) < FREQUENT]
        if rare:
            said = f"{counted(len(rare), 'rare text')} {HIDDEN}"
            shown.append(CodeRow(said, None, None, sum(one.found or 0 for one in rare)))
        return tuple(shown)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the source."""

    name: str
    goes_to: tuple[str, ...]
    other: tuple[str, ...]
    ignored: str | None
    taken: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on what was made."""

    id: str
    words: str
    sql: str
    hits: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """One source table, sheet or file with its rules."""

    map: str
    place: str
    owner: str | None
    status: str
    version: int
    path: Path
    rows: int | None
    """Rows in the last run."""
    counts: dict[str, int]
    """Rows by what became of them."""
    key: str
    reading: tuple[str, ...]
    rules: tuple[Rule, ...]
    branches: tuple[Branch, ...]
    checks: tuple[Check, ...]
    codes: tuple[Codes, ...]
    columns: tuple[Column, ...]
    examples: tuple[str, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Survivor:
    """How one value of several records is chosen."""

    fields: tuple[str, ...]
    sentence: str

    @property
    def kinds(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The fields by kind, in words."""
        found: dict[str, list[str]] = {}
        for target in self.fields:
            kind, _, name = target.replace("_", " ").partition(".")
            found.setdefault(kind, []).append(name)
        return tuple((kind, tuple(names)) for kind, names in found.items())


@dataclass(frozen=True, slots=True)
class Book:
    """The whole rule book, in reading order."""

    project: str
    environment: str | None
    run: int | None
    as_of: str | None
    """Date of the last run."""
    stale: bool
    """Whether the rules say something else today than in the last run."""
    sources: tuple[Source, ...]
    survivors: tuple[Survivor, ...]
    trust: tuple[str, ...]
    asked: bool
    """Whether the approvals of the environment are known."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules: disputed, proposed, drafts, then changed since their approval, then the others."""
        every = [rule for source in self.sources for rule in source.rules]
        rank = {"disputed": 0, "proposed": 1, "draft": 2}
        return tuple(sorted(every, key=lambda rule: rank.get(rule.status, 3 if rule.changed else 4)))

    @property
    def questions(self) -> tuple[Rule, ...]:
        """Rules that somebody still has to settle."""
        return tuple(rule for rule in self.rules if rule.open)

    @property
    def changed(self) -> tuple[Rule, ...]:
        """Rules that do something else today than what was approved."""
        return tuple(rule for rule in self.rules if rule.changed)

    @property
    def open_codes(self) -> int:
        """Codes that stand in the data and that nobody has explained."""
        return sum(len(codes.lacking) for source in self.sources for codes in source.codes if codes.explained)

    @property
    def untaken(self) -> int:
        """Columns nobody takes."""
        return sum(not column.taken and column.ignored is None for s in self.sources for column in s.columns)
