"""What a run would do, and what it did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from crm_unify.errors import GuardStopped
from crm_unify.run.found import Landing
from crm_unify.run.timing import StageTime
from crm_unify.run.waiting import lasting
from crm_unify.validation.account import AccountLine
from pipelines.changes import ChangeSet, Radius, overwritten, radius
from pipelines.ledger import LastRun, Ledger
from pipelines.results import Results


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do."""

    changes: ChangeSet
    account: tuple[AccountLine, ...]
    customers: int
    """Customers of these sources that the CRM holds afterwards; one that a person deleted does not count."""
    landing: Landing
    """The sources as they were found."""
    results: Results
    """For the workspace: where every row went."""
    ledger: Ledger
    """What the target remembers, which this was computed against."""
    run: int
    """Number the run gets when it is applied."""
    repairs: tuple[dict[str, Any], ...]
    """Rows of REPAIRS: what became of each correction."""
    stay_deleted: tuple[str, ...]
    """Customers that a person deleted in the CRM; so they stay, should their sources have them again."""
    known_blocked: int
    """Blocked changes that an earlier run has told of already."""
    vanished: int
    """Records that were in force, are in no row now, and remain in the CRM."""
    deleted: int
    """Records that are taken out of the CRM because their rows, or those they hang on, have vanished."""
    rekeyed: int
    """Records that keep their id from this run on although their row has another key."""
    resembling: tuple[str, ...]
    """Records that resemble somebody who was erased: a person should say."""
    stops: tuple[GuardStopped, ...]
    """Guards that stop a run; a plan that a person has seen may be applied all the same."""

    @property
    def former(self) -> LastRun | None:
        """The newest run of the target so far."""
        return self.ledger.last_run

    @property
    def waiting(self) -> list[tuple[int, str]]:
        """What needs a person, with counts; nothing of count 0."""
        found = (
            *lasting({line.map: line.as_json() for line in self.account}, self.results.figures),
            (len(self.drift), "things are different about the sources since the last run"),
            (len(self.dropped), "corrections hold no longer, as their source rows have changed"),
            (len(self.resembling), "records resemble somebody who was erased: `forget` or `confirm` them"),
            (self.vanished, "records have vanished from their sources and are inactive now"),
            (len(overwritten(self.changes)), "edits made in the CRM give way to news from their source"),
            (self.blocked["new"], "changes are blocked by what people did in the CRM"),
        )
        return [(count, what) for count, what in found if count]

    @property
    def radius(self) -> Radius | None:
        """What it does to customers that people know; None while the CRM is empty."""
        return None if self.former is None else radius(self.changes)

    @property
    def drift(self) -> list[dict[str, str]]:
        """What is different about the sources since the last run, see :class:`crm_unify.run.drift.Drift`."""
        found: list[dict[str, str]] = self.results.figures["drift"]
        return found

    @property
    def dropped(self) -> list[dict[str, Any]]:
        """Corrections that hold no longer and of which no earlier run has told: rows of REPAIRS."""
        told = {} if self.former is None else json.loads(self.former.summary or "{}")
        known = {one["id"] for one in told.get("repairs", {}).get("dropped", ())}
        return [one for one in self.results.figures["repairs"]["dropped"] if one["id"] not in known]

    @property
    def blocked(self) -> dict[str, int]:
        """Changes that people's doings in the CRM block: those nobody was told of yet, and the others."""
        return {"new": len(self.changes.blocked) - self.known_blocked, "known": self.known_blocked}

    @property
    def conflicts(self) -> int:
        """Pairs of records of which people said both SAME and DIFFERENT, directly or through others."""
        return len(self.results.figures["conflicts"])

    @property
    def lost_evidence(self) -> list[dict[str, Any]]:
        """Customers that stay whole although evidence alone would part them: a person should say."""
        found: list[dict[str, Any]] = self.results.figures["lost_evidence"]
        return found

    @property
    def open_keys(self) -> list[list[str]]:
        """A vanished record and a new one that may be the same row under another key: a person should say."""
        found: list[list[str]] = self.results.figures["open_keys"]
        return found

    @property
    def review_pairs(self) -> int:
        """Pairs a person should look at."""
        count: int = self.results.figures["bands"]["review"]
        return count


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    run: int
    """Its number in ``mig_run``."""
    planned: Planned
    seconds: float
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...] = ()
    """What went wrong after everything had been written."""

    def as_json(self) -> dict[str, Any]:
        """The figures of DESIGN section 10 and more, as plain values."""
        planned = self.planned
        return {
            "run": self.run,
            "account": {line.map: line.as_json() for line in planned.account},
            "customers": planned.customers,
            "written_rows": planned.changes.written_rows,
            "review_pairs": planned.review_pairs,
            "rekeyed": planned.rekeyed,
            "deleted": planned.deleted,
            "lost_evidence": planned.lost_evidence,
            "open_keys": planned.open_keys,
            "resembles_erased": list(planned.resembling),
            "drift": planned.drift,
            "repairs": planned.results.figures["repairs"],
            "dropped": planned.dropped,
            "waiting": {what: count for count, what in planned.waiting},
            "blocked": planned.blocked,
            "stay_deleted": list(planned.stay_deleted),
            "seconds": round(self.seconds, 3),
            "stages": [stage.as_json() for stage in self.stages],
            "notes": list(self.notes),
        }
