"""Which branch takes each row, and what happens to rows that make no record."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crm_unify.errors import GuardStopped
from crm_unify.records import SYS_ERASED, SYS_LOOKUP_ONLY, SYS_REPEATED_ROW, SYS_WAIVED, Fate, Severity
from crm_unify.rules.expressions import parse_expression
from crm_unify.rules.model import Branch, RuleFile
from pipelines.interpret.fates import Fates
from pipelines.interpret.findings import Finding
from pipelines.interpret.joined import joined
from pipelines.interpret.jsontext import row_json
from pipelines.interpret.keys import Keys, repeated_rows, shared_keys
from pipelines.interpret.problems import (
    DUPLICATE_KEY,
    KEY_MISSING,
    LINE_OF_ROW,
    LINES_UNORDERED,
    NO_BRANCH,
    RULE_FAILED,
    TEXT_TOO_LONG,
)
from pipelines.interpret.repairs import Repaired
from pipelines.interpret.rows import Mask, Rows, as_mask
from pipelines.interpret.side_by_side import side_by_side
from pipelines.interpret.sql import Engine, row_scope
from pipelines.interpret.values import origins
from pipelines.interpret.work import Tally

NOBODY = -1
"""No branch takes the row."""
FAILED = -2
"""The first condition, coming before any match, could not be worked out; -3 is the second, and so on."""

Routes = npt.NDArray[np.int64]
"""For each row the branch that takes it, from 0; or NOBODY, or FAILED less the branch whose condition did."""


def _asked(targets: list[Branch]) -> tuple[str, ...]:
    """Headers that the conditions look at."""
    return tuple(
        dict.fromkeys(c for branch in targets for c in sorted(parse_expression(branch.when).columns))
    )


def routes(rows: Rows, targets: list[Branch], *, engine: Engine, open_rows: Mask) -> Routes:
    """The first branch whose condition holds; only open rows are asked."""
    found = np.full(len(rows), NOBODY, np.int64)
    undecided = open_rows.copy()
    answers = engine.evaluate([branch.when for branch in targets], row_scope(rows), length=len(rows))
    for number, answer in enumerate(answers):
        failed = undecided & as_mask(answer.failed)
        found[failed] = FAILED - number
        taken = undecided & ~failed & as_mask(answer.value)
        found[taken] = number
        undecided &= ~failed & ~taken
    return found


class Reception:
    """Settles the rows of one map that make no record, and says why."""

    def __init__(self, rules: RuleFile, *, rows: Rows, fates: Fates, engine: Engine, tally: Tally) -> None:
        """Begin with the account of the map."""
        self.rules = rules
        self.rows = rows
        self.fates = fates
        self.engine = engine
        self.tally = tally
        self.findings: list[Finding] = []

    def discard_erased(self) -> None:
        """Rows of persons who were erased."""
        settled = self.fates.settle(self.rows.erased(), Fate.DISCARDED, rule=SYS_ERASED)
        self.tally.hit(SYS_ERASED, np.flatnonzero(settled))

    def refuse_broken(self) -> None:
        """Rows that could not be read are quarantined with their raw text, each by its code."""
        problem = self.rows.origin("_problem")
        broken = as_mask(problem.is_valid())
        if broken.any():
            self.fates.settle_each(broken, Fate.QUARANTINED, rules=problem)
            mask = pa.array(broken)
            self._find(broken, code=problem.filter(mask), raw=self.rows.origin("_raw").filter(mask))

    def discard_repeated(self) -> None:
        """Of identical rows one is kept."""
        settled = self.fates.settle(repeated_rows(self.rows), Fate.DISCARDED, rule=SYS_REPEATED_ROW)
        self.tally.hit(SYS_REPEATED_ROW, np.flatnonzero(settled))

    def discard_waived(self, rows: Mask) -> None:
        """Rows that people waived."""
        settled = self.fates.settle(rows, Fate.DISCARDED, rule=SYS_WAIVED)
        self.tally.hit(SYS_WAIVED, np.flatnonzero(settled))

    def discard(self, routed: Routes) -> None:
        """Rows the business does not want; more of them than agreed stop the run."""
        for number, branch in enumerate(self.rules.targets):
            if branch.discard is None:
                continue
            settled = self.fates.settle(routed == number, Fate.DISCARDED, rule=branch.discard.rule)
            self.tally.hit(branch.discard.rule, np.flatnonzero(settled))
            self.tally.hit(branch.rule, np.flatnonzero(settled))
            most, found = branch.discard.max, int((settled | self.fates.led_by(settled)).sum())
            if most is not None and found > most:
                self._stop_for_discards(branch.discard.rule, found, most=most)

    def set_aside(self, routed: Routes) -> None:
        """Rows that make nothing by themselves, because they are there for others to look up."""
        for number, branch in enumerate(self.rules.targets):
            if branch.lookup_only:
                settled = self.fates.settle(routed == number, Fate.DISCARDED, rule=SYS_LOOKUP_ONLY)
                self.tally.hit(SYS_LOOKUP_ONLY, np.flatnonzero(settled))
                self.tally.hit(branch.rule, np.flatnonzero(settled))

    def join_lines(self, keys: Keys, mended: Repaired) -> Rows:
        """Put rows that are lines of one together; the rows as the rules see them then, repairs included."""
        said = self.rules.source.join_rows
        if said is None:
            return self.rows
        found = joined(said, self.rows, keys=keys, live=self.fates.open)
        for code, lines in found.refused.items():
            settled = self.fates.settle(lines, Fate.QUARANTINED, rule=code)
            column = said.order if code == LINES_UNORDERED else said.count or said.order
            self._find(settled, code=code, columns=(column,))
        for one in found.too_long:
            finding = Finding(
                positions=one.positions,
                severity=Severity.WITHHOLD,
                code=TEXT_TOO_LONG,
                column=one.column,
                raw=one.raw,
            )
            self.findings.append(finding)
        self.fates.lead(found.leader)
        self.rows = mended.once_joined(found)
        return self.rows

    def refuse_lines(self, lines: Mask) -> None:
        """Tell of lines whose row is in quarantine."""
        self._find(lines & self.fates.of(Fate.QUARANTINED), code=LINE_OF_ROW)

    def refuse_shared_keys(self, keys: Keys) -> None:
        """Differing rows under one key are all quarantined: nobody knows which of them is right."""
        shared = shared_keys(keys, self.fates.open)
        if shared.any():
            self.fates.settle(shared, Fate.QUARANTINED, rule=DUPLICATE_KEY)
            rows = self.rows.at(np.flatnonzero(shared))
            said, advice = side_by_side(rows, keys.codes[shared], key=keys.text.filter(pa.array(shared)))
            self._find(shared, code=DUPLICATE_KEY, columns=keys.columns, sentence=said, suggestion=advice)

    def refuse_unrouted(self, routed: Routes) -> None:
        """Rows of a quarantine branch, rows nobody takes, rows on which a condition failed."""
        for number, branch in enumerate(self.rules.targets):
            if branch.quarantine is None:
                continue
            settled = self.fates.settle(routed == number, Fate.QUARANTINED, rule=branch.quarantine.code)
            self.tally.hit(branch.rule, np.flatnonzero(settled))
            advice = (
                branch.quarantine.suggestion
                or "Correct the row at its source, or add a target for such rows."
            )
            self._find(
                settled, code=branch.quarantine.code, sentence=branch.quarantine.say, suggestion=advice
            )
        for number, branch in enumerate(self.rules.targets):
            settled = self.fates.settle(routed == FAILED - number, Fate.QUARANTINED, rule=RULE_FAILED)
            rule = branch.rule or (None if branch.discard is None else branch.discard.rule)
            self._find(settled, code=RULE_FAILED, columns=_asked(self.rules.targets), rule=rule)
        settled = self.fates.settle(routed == NOBODY, Fate.QUARANTINED, rule=NO_BRANCH)
        self._find(settled, code=NO_BRANCH, columns=_asked(self.rules.targets))

    def refuse_keyless(self, keys: Keys) -> None:
        """Rows without a key can have no record."""
        settled = self.fates.settle(keys.codes < 0, Fate.QUARANTINED, rule=KEY_MISSING)
        self._find(settled, code=KEY_MISSING, columns=keys.columns)

    def _find(
        self,
        where: Mask,
        *,
        code: pa.Array | str,
        raw: pa.Array | None = None,
        columns: tuple[str, ...] = (),
        sentence: pa.Array | str | None = None,
        suggestion: pa.Array | str | None = None,
        rule: str | None = None,
    ) -> None:
        if not where.any():
            return
        rows = self.rows.at(np.flatnonzero(where))
        whence = origins(rows, columns)
        self.findings.append(
            Finding(
                positions=np.flatnonzero(where),
                severity=Severity.QUARANTINE,
                code=code,
                column=whence.names,
                raw=row_json(rows) if raw is None else raw,
                shown=whence.raw,
                sentence=sentence,
                suggestion=suggestion,
                rule=rule,
            )
        )

    def _stop_for_discards(self, rule: str, found: int, *, most: int) -> None:
        what = self.rules.rules[rule].what if rule in self.rules.rules else "rows to discard"
        raise GuardStopped(
            f"rule {rule} would discard {found} rows of '{self.rules.map}', at most {most} are agreed",
            self.engine.file,
            why=what,
            remedy="look at the rows; raise `max` if they are what the rule means",
        )
