"""The approvals that a target keeps, as the rule book asks for them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.meaning import meaning
from crm_unify.run.approvals import Approval, approvals_of
from crm_unify.steward.book.approval import Approved


class KnownApprovals:
    """The approvals of an environment, beside what the rule files do today."""

    def __init__(self, project: LoadedProject, approvals: Sequence[Approval]) -> None:
        """Of these rule files, with these approvals, oldest first."""
        self._today = {loaded.rules.map: meaning(loaded) for loaded in project.files}
        self._live = [one for one in approvals if one.ended_by is None and one.revokes is None]

    def approved(self, map_name: str, rule: str) -> Approved | None:
        """The last approval of a rule or of its whole file; None where it never had one."""
        mine = [one for one in self._live if one.map == map_name and one.rule in (rule, None)]
        if not mine:
            return None
        last = mine[-1]
        at = last.at.isoformat(timespec="seconds") + "Z"
        return Approved(by=last.by, at=at, where=last.where, meaning=last.meaning)

    def meaning(self, map_name: str, rule: str) -> str:
        """What the file of the rule does today."""
        return self._today[map_name]


def known_approvals(project: LoadedProject, engine: sa.Engine) -> KnownApprovals | None:
    """The approvals of a target; None while nobody has approved anything there."""
    found = approvals_of(engine)
    return KnownApprovals(project, found) if found else None
