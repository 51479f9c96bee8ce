"""What waits for people after a run, and after every run until somebody has answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ASKED: Final = ("lost_evidence", "open_keys")
"""Questions about customers and keys, as the figures of a run list them."""

PLACEHOLDERS: Final = "placeholders stand for customers that no source has: deliver or correct them"


def lasting(
    account: Mapping[str, Mapping[str, int]], figures: Mapping[str, Any]
) -> tuple[tuple[int, str], ...]:
    """What waits, with counts; `account` is where the rows are by map, `figures` are those of a run."""
    rows = {
        name: sum(line[name] for line in account.values())
        for name in ("quarantined", "held", "withheld_values")
    }
    keys = figures.get("open_keys", ())
    found = (
        (figures["bands"]["review"], "pairs of records may be one customer: a person should look"),
        (
            len(figures["lost_evidence"]),
            "customers have lost the evidence for being one: `confirm` or `split`",
        ),
        (len(figures["conflicts"]), "contradictions between decisions: see `crm-unify decisions`"),
        (len(keys), "new records may be vanished ones under other keys: `decide` on them"),
        (rows["quarantined"], "rows are in quarantine"),
        (rows["held"], "rows wait for their parent"),
        (rows["withheld_values"], "values are withheld"),
        (sum(figures.get("placeholders", {}).values()), PLACEHOLDERS),
        (sum(not one["ok"] for one in figures["sums"]), "control sums do not agree"),
    )
    return tuple((count, what) for count, what in found if count)
