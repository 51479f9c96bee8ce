"""Changes that people's doings in the CRM block: each is told of once, and counted in every run after.

What was told stands in the summary of a run, as short hashes; it goes from run to run for as long as the
change is blocked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pyarrow as pa

from pipelines.changes import ChangeSet
from pipelines.ledger import Ledger

SUMMARY: Final = "blocked"
"""Where the summary of a run keeps what it told of."""
CHARACTERS: Final = 16
"""Of a hash, hexadecimal: 64 bits, enough to tell the blocked changes of one CRM apart."""


def with_blocked(changes: ChangeSet) -> ChangeSet:
    """The change set, its summary with the hashes of what is blocked."""
    summary = json.loads(changes.facts.summary) | {SUMMARY: sorted(set(_hashes(changes.blocked)))}
    facts = replace(changes.facts, summary=json.dumps(summary, sort_keys=True, ensure_ascii=False))
    return replace(changes, facts=facts)


def known_blocked(changes: ChangeSet, ledger: Ledger) -> int:
    """How many of the blocked changes the last run has told of already."""
    if ledger.last_run is None or ledger.last_run.summary is None:
        return 0
    told = set(json.loads(ledger.last_run.summary).get(SUMMARY, ()))
    return sum(one in told for one in _hashes(changes.blocked))


def _hashes(blocked: pa.Table) -> Iterator[str]:
    for row in blocked.to_pylist():
        said = "|".join((row["table_name"], row["op"], row["reason"], row["row_id"]))
        yield hashlib.sha256(said.encode()).hexdigest()[:CHARACTERS]
