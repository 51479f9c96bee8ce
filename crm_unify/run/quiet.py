"""The sync with nothing new: the same sources, rules, model and decisions, so nothing has to be worked out.

What a run would find is what the last one found, by law; it is only proved here that nothing can have moved.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify import __version__
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.found import CURSORS, Landing, cursors_of
from crm_unify.run.place import folder_of
from crm_unify.run.said import rules_hash
from crm_unify.schema.bookkeeping import mig_quarantine
from crm_unify.schema.target import reachable
from pipelines.changes import ChangeSet, Facts, fingerprint
from pipelines.changes.interface import BLOCKED
from pipelines.changes.said import GOVERNED, Policies
from pipelines.kept import KEPT
from pipelines.landed import MANIFEST, Landed, read_landed
from pipelines.ledger import LastRun, last_run, state

UNDER: Final = "under"
"""Where the summary of a run keeps what else it depended on: see :func:`circumstances`."""
TODAY: Final = "current_date"
"""How an expression asks for the date of the run."""
ANYWAY: Final = ("always", "if_empty")
"""Write policies that look at what the CRM holds, whatever the sources say."""
DATED: Final = "person.birth_date"
"""The field whose values are held against the date of the run."""


def circumstances(ledger_state: str) -> dict[str, str]:
    """What a result depends on beside sources and rules: decisions and models so far, and this program."""
    return {"program": __version__, "decided": ledger_state.partition("/")[2]}


def nothing_new(
    project: LoadedProject, engine: sa.Engine, landing: Landing, *, as_of: date
) -> ChangeSet | None:
    """The empty change set of a run that would find what the last one found; None where it might not.

    Takes over into the landing's folder what the last run left in the workspace.
    """
    if _writes_anyway(project):
        return None
    with reachable(engine), engine.connect() as connection:
        last, now = last_run(connection), state(connection)
        previous = folder_of(landing.workspace, last)
        if last is None or previous is None or not _same_words(project, last, now):
            return None
        if last.as_of != as_of.isoformat() and asks_for_today(project, connection):
            return None
    if not _same_rows(landing.landed, read_landed(previous)):
        return None
    _take_over(previous, landing.folder)
    nothing = _empty(project, last, engine, as_of=as_of, base=now)
    read = cursors_of(landing)
    summary = json.loads(nothing.facts.summary) | ({CURSORS: read} if read else {})
    told = json.dumps(summary, sort_keys=True, ensure_ascii=False)
    return replace(nothing, facts=replace(nothing.facts, summary=told))


def _writes_anyway(project: LoadedProject) -> bool:
    """Whether what people edit or delete in the CRM is undone although the sources say nothing new."""
    if project.project.on_target_deleted == "restore":
        return True
    said = project.project.write_policy
    policies = Policies(said.default, said.fields)
    return any(policy in ANYWAY for table in GOVERNED for policy in policies.of(table).values())


def _same_words(project: LoadedProject, last: LastRun, now: str) -> bool:
    """Whether rules, decisions, model and program are those of the last run."""
    under = json.loads(last.summary or "{}").get(UNDER)
    return last.state == "applied" and last.rules_hash == rules_hash(project) and under == circumstances(now)


def asks_for_today(project: LoadedProject, connection: sa.Connection) -> bool:
    """Whether another day can give another result."""
    if any(TODAY in loaded.rules.model_dump_json().lower() for loaded in project.files):
        return True
    held = sa.select(mig_quarantine.c.id).where(mig_quarantine.c.target == DATED).limit(1)
    return connection.execute(held).first() is not None


def _same_rows(now: Sequence[Landed], before: Sequence[Landed]) -> bool:
    """Whether every source was read in the same way and holds the same: files by byte, tables by row."""
    return len(now) == len(before) and all(map(_same, now, before))


def _same(one: Landed, other: Landed) -> bool:
    files = [dict(landed.file_hashes) for landed in (one, other)]
    by_row = any(KEPT in hashes or not hashes for hashes in files)
    same = one.content_hash == other.content_hash if by_row else files[0] == files[1]
    return same and (one.map, one.reading) == (other.map, other.reading)


def _take_over(previous: Path, folder: Path) -> None:
    """What the last run left beside the landed rows, for the next one to find."""
    for path in sorted(previous.iterdir()):
        place = folder / path.name
        if path.is_file() and path.name != MANIFEST and not place.exists():
            try:
                os.link(path, place)
            except OSError:  # another file system, or one without hard links
                shutil.copyfile(path, place)


def _empty(project: LoadedProject, last: LastRun, engine: sa.Engine, *, as_of: date, base: str) -> ChangeSet:
    known = (last.sources_hash or "", last.rules_hash or "", last.account or "{}", last.summary or "{}")
    facts = Facts(project.project.project, project.environment, as_of, *known)
    facts = replace(facts, summary=_without_consent_of_then(facts.summary))
    nothing = pa.Table.from_batches([], BLOCKED)  # the schema's own empty table imports pandas
    return ChangeSet({}, nothing, facts, last.model_id, base=base, target=fingerprint(engine))


def _without_consent_of_then(summary: str) -> str:
    """The summary without what a person let through that one time."""
    told: dict[str, Any] = json.loads(summary)
    for consent in ("accepted_rekey", "unapproved"):
        told.pop(consent, None)
    return json.dumps(told, sort_keys=True, ensure_ascii=False)
