"""How much of a project's rule files its examples hold: take one piece away, and some example has to fail.

A piece is one transform (padding and its condition included), one row of a code table, or one `when`. A piece
that YAML says once and uses twice (`*name`) is one piece. Each is taken away by itself, the examples are run
again, and the piece is *killed* when one of them fails; a piece that no example misses is a survivor, told
with its place. Run it with `python -m benchmarks.mutation [PROJECT]`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from crm_unify.rules.code_tables import LoadedCodeTable
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import Branch, Entry, Example, FieldRule
from pipelines.interpret.coverage import Part, parts_of, try_example
from pipelines.interpret.work import Touch

AS_OF: Final = date(2026, 3, 2)
"""The day of all examples."""
ROOT: Final = Path(__file__).parent.parent
Tried = Sequence[tuple[Example, set[Touch]]]
"""The examples of a rule file, each with what it touches."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule file without one piece."""

    piece: Part
    rules: LoadedRules
    everything: bool
    """Whether any example may miss the piece; else those alone that it makes a difference to."""


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the pieces of one rule file."""

    map: str
    pieces: int
    survivors: tuple[Part, ...]

    @property
    def killed(self) -> int:
        """Pieces that some example misses."""
        return self.pieces - len(self.survivors)


def mutation_score(loaded: LoadedRules) -> Score:
    """Take away every piece of a rule file in turn and run its examples."""
    small = loaded.for_examples()
    runs = [(example, *try_example(small, example, as_of=AS_OF)) for example in loaded.rules.tests]
    failing = [example.name for example, said, _ in runs if said]
    assert not failing, f"these examples fail with every piece in place: {failing}"
    tried = [(example, marks) for example, _, marks in runs]
    mutants = list(mutants_of(small))
    survivors = tuple(mutant.piece for mutant in mutants if not _killed(mutant, tried))
    return Score(loaded.rules.map, len(mutants), survivors)


def _killed(mutant: Mutant, tried: Tried) -> bool:
    """Whether some example fails; one to which the piece makes no difference cannot."""
    mine = (e for e, marks in tried if mutant.everything or mutant.piece.marks & marks)
    return any(try_example(mutant.rules, example, as_of=AS_OF)[0] for example in mine)


def mutants_of(loaded: LoadedRules) -> Iterator[Mutant]:
    """The rule file without each of its pieces; conditions that always hold are none."""
    for part in parts_of(loaded):
        if part.kind == "code row":
            yield Mutant(part, _without_code(loaded, part), everything=False)
        elif part.kind == "transform" or (part.kind == "branch" and part.name != "TRUE"):
            yield Mutant(part, _without(loaded, part), everything=part.kind == "branch")


def _without_code(loaded: LoadedRules, part: Part) -> LoadedRules:
    ((_, name, code),) = part.marks
    table = loaded.code_tables[str(name)]
    left = LoadedCodeTable(table.path, tuple(c for c in table.codes if c.source_value != code))
    return replace(loaded, code_tables={**loaded.code_tables, str(name): left})


def _without(loaded: LoadedRules, part: Part) -> LoadedRules:
    targets = list(loaded.rules.targets)
    for mark in sorted(part.marks, key=str, reverse=True):
        number = int(mark[1])
        targets[number] = _branch_without(targets[number], mark)
    return replace(loaded, rules=loaded.rules.model_copy(update={"targets": targets}))


def _branch_without(branch: Branch, mark: Touch) -> Branch:
    if mark[0] == "branch":
        return branch.model_copy(update={"when": "TRUE"})
    entries = list(branch.entries)
    place, name = int(mark[2]), str(mark[3])
    field = _field_without(entries[place].fields[name], mark)
    entries[place] = _with_field(entries[place], name, field)
    return branch.model_copy(update={"entries": tuple(entries)})


def _with_field(entry: Entry, name: str, field: FieldRule) -> Entry:
    return entry.model_copy(update={"fields": {**entry.fields, name: field}})


def _field_without(field: FieldRule, mark: Touch) -> FieldRule:
    changed: dict[str, Any] = {}
    if mark[0] == "transform":
        changed["transform"] = [step for i, step in enumerate(field.transform) if i != mark[4]]
    elif mark[0] == "pad":
        changed["pad_left"] = None
    else:
        assert field.pad_left is not None, "a condition of a padding that is not there"
        changed["pad_left"] = field.pad_left.model_copy(update={"when": None})
    return field.model_copy(update=changed)


def main(project: Path) -> None:
    """Print the share killed, rule file by rule file, and every survivor."""
    scores = [mutation_score(loaded) for loaded in load_project(project).files]
    for score in scores:
        print(f"{score.map}: {score.killed} of {score.pieces} pieces killed")
        for part in score.survivors:
            print(f"  survives: {part.kind} {part.name} ({part.file}:{part.line})")
    killed, pieces = sum(one.killed for one in scores), sum(one.pieces for one in scores)
    print(f"together: {killed} of {pieces} killed, {100 * killed / max(pieces, 1):.1f} %")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "fixtures" / "company")
