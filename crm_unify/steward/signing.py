"""What a sign-off shows: account, score card, rule book, hashes, approvals and masked samples, as files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify import __version__
from crm_unify.cells import harmless_text
from crm_unify.errors import GuardStopped, UsageError
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.meaning import meaning, meaning_hash
from crm_unify.run.appending import appended
from crm_unify.run.approvals import approvals_of, standings
from crm_unify.run.rehearse import COUNTED, ENVIRONMENT, Trial, rows_of, trials
from crm_unify.run.said import rules_hash
from crm_unify.schema.agreements import mig_audit
from crm_unify.schema.target import open_target, reachable
from crm_unify.schema.upgrade import require
from crm_unify.steward.book.gather import gather, last_run_of
from crm_unify.steward.book.known_approvals import known_approvals
from crm_unify.steward.book.markdown import markdown
from crm_unify.steward.book.page import page
from crm_unify.steward.book.samples import samples
from crm_unify.steward.lineage_answer import Headers
from crm_unify.steward.newest import Newest, newest_run
from crm_unify.steward.scorecard import card_lines

SIGNED: Final = "signoff"
"""The action in ``mig_audit``."""
README: Final = """Evidence pack of project {project}, environment {environment}
signed by {by} on {at}: trial {trial}, {verdict}

score_card.txt      go or no-go, the rehearsals so far side by side (score_card.json: the same as values)
account.csv         where every source row of the rehearsal went, control_sums.csv: what must add up
rule_book.html      the rules in words, with counts and examples (rule_book.md: the same as text)
rules.csv           SHA-256 of every rule file and code table, meanings/: what each rule file does
approvals.csv       who approved what, when and where
standings.csv       each business rule: what its file claims, and whether an approval bears that out
samples.json        rows before and after, people taken out of them
hashes.json         of plan, sources, rules and model of the rehearsal
manifest.json       SHA-256 of all these files
{absent}
Verify it with: crm-unify signoff --verify PACK
"""
ABSENT: Final = """The rows of the rehearsal were no longer there when this was signed:
the rule book has no counts or examples of it, and samples.json is empty."""


def last_trial(project: LoadedProject, engine: sa.Engine) -> tuple[Trial, ...]:
    """The rehearsals of the environment, the last one of which is signed.

    Raises UsageError where there is none, GuardStopped where the rules have changed since.
    """
    require(engine)
    every = trials(engine)
    remedy = "rehearse it: `crm-unify rehearse`"
    if not every:
        raise UsageError("nothing has been rehearsed", project.project.project, remedy=remedy)
    rehearsed = every[-1].card["hashes"].get("rules_hash")
    if rehearsed not in (None, rules_hash(project)):
        why = f"the rule files say something else than in trial {every[-1].id}"
        raise GuardStopped("the rules have changed since the last rehearsal", why=why, remedy=remedy)
    return every


def evidence(
    project: LoadedProject, engine: sa.Engine, every: Sequence[Trial], *, by: str
) -> dict[str, bytes]:
    """The files of the pack, without the manifest."""
    last = every[-1]
    rehearsed = _rehearsed(project)
    book = gather(
        project,
        headers=_headers(rehearsed),
        last=last_run_of(project, rehearsed) if rehearsed is not None else None,
        approvals=known_approvals(project, engine),
    )
    rules = [row for loaded in project.files for row in _rule_hashes(loaded)]
    approvals = [one.as_json() for one in approvals_of(engine)]
    files = {
        "README.txt": README.format(
            **signature(project, last, by=by), absent="" if _has_rows(rehearsed) else f"\n{ABSENT}\n"
        ),
        "score_card.txt": "\n".join(card_lines(every)) + "\n",
        "score_card.json": _json([one.as_json() for one in every]),
        "account.csv": _csv(_account(last)),
        "control_sums.csv": _csv(last.card["sums"]),
        "rule_book.html": page(book, workbook=False),
        "rule_book.md": markdown(book),
        "rules.csv": _csv(rules),
        "approvals.csv": _csv(approvals),
        "samples.json": _json(_samples(project, rehearsed)),
        "hashes.json": _json(last.card["hashes"]),
        "standings.csv": _csv(_standings(project, engine)),
    }
    files |= {f"meanings/{one.rules.map}.json": meaning(one) + "\n" for one in project.files}
    return {name: text.encode() for name, text in files.items()}


def signature(project: LoadedProject, last: Trial, *, by: str) -> dict[str, Any]:
    """Who signs what, and when; `rows`: whether the rows of the rehearsal were there to be shown."""
    return {
        "project": project.project.project,
        "environment": project.environment or "(default)",
        "by": by,
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "trial": last.id,
        "verdict": "GO" if last.go else "NO-GO",
        "program": __version__,
        "rows": _has_rows(_rehearsed(project)),
    }


def _rehearsed(project: LoadedProject) -> Newest | None:
    """The newest rehearsal's database and rows; None when they have been deleted."""
    said = project.project.model_copy(update={"target": project.project.rehearsal.target})
    place = rows_of(project)
    try:
        return newest_run(replace(project, project=said, environment=ENVIRONMENT), workspace=place)
    except UsageError:
        return None


def _has_rows(rehearsed: Newest | None) -> bool:
    """Whether counts and samples can be made."""
    return rehearsed is not None and rehearsed.folder is not None


def _headers(rehearsed: Newest | None) -> Headers:
    """The columns of each source as the rehearsal found them."""
    found: dict[str, list[str]] = {}
    if rehearsed is not None:
        found = json.loads(rehearsed.run.summary or "{}").get("headers", {})
    return lambda loaded: tuple(found.get(loaded.rules.map, ()))


def _rule_hashes(loaded: LoadedRules) -> Iterable[dict[str, str]]:
    """The rule file and its code tables, by SHA-256 of their bytes."""
    text = meaning(loaded)
    same = {"map": loaded.rules.map, "meaning": meaning_hash(text)}
    paths = [loaded.path, *(loaded.path.parent / one.file for one in loaded.rules.code_tables.values())]
    for path in paths:
        yield {**same, "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _account(last: Trial) -> list[dict[str, Any]]:
    return [
        {"map": name, **{one: line[one] for one in COUNTED}} for name, line in last.card["account"].items()
    ]


def _standings(project: LoadedProject, engine: sa.Engine) -> list[dict[str, Any]]:
    found = standings(project, approvals_of(engine))
    return [{"map": s.map, "rule": s.rule, "file_says": s.claimed, "state": s.state} for s in found]


def _samples(project: LoadedProject, rehearsed: Newest | None) -> list[dict[str, Any]]:
    """Masked rows of every source, before and after."""
    if rehearsed is None or not _has_rows(rehearsed):
        return []
    as_of = date.fromisoformat(rehearsed.run.as_of)
    told = []
    for landed in rehearsed.landed:
        loaded = project.rules_of(landed.map)
        if loaded is None:
            continue
        for way, found in samples(loaded, landed, as_of=as_of).items():
            told += [{"map": landed.map, "target": way.target, **asdict(one)} for one in found]
    return told


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV that computes nothing; the columns are those of any row, in the order they first appear."""
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return harmless_text(value) if isinstance(value, str) else value


# --- who signed ---
def record_signature(engine: sa.Engine, *, by: str, manifest: str, signed: Mapping[str, Any]) -> None:
    """Keep in ``mig_audit`` who signed which pack."""
    now = datetime.now(UTC).replace(tzinfo=None)
    row = {"at": now, "done_by": by, "action": SIGNED, "subject": manifest, "detail": _json(signed).strip()}
    appended(engine, mig_audit, [row])


def is_known(project: LoadedProject, manifest: str) -> bool:
    """Whether the target remembers that a pack with this manifest was signed."""
    engine = open_target(project.project.target, root=project.root)
    require(engine)
    c = mig_audit.c
    with reachable(engine), engine.connect() as connection:
        query = sa.select(c.id).where(c.action == SIGNED, c.subject == manifest)
        return connection.execute(query).first() is not None
