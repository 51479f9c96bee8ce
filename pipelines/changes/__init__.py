"""The change set: everything one load writes, computed before anything is written.

``change_set`` compares the desired state with what was last written; ``write_plan`` and ``read_plan`` keep a
change set in a file that a person can read and that is applied exactly.
"""

from pipelines.changes.build import change_set, fingerprint
from pipelines.changes.interface import (
    BLOCKED,
    ChangeSet,
    Desired,
    Facts,
    Snapshot,
    TableChanges,
)
from pipelines.changes.merges import Settlement, without_dead_ends
from pipelines.changes.plan import digest, write_plan
from pipelines.changes.plan_diff import PlanDiff, plan_diff
from pipelines.changes.plan_reading import plan_hash, read_plan
from pipelines.changes.radius import Radius, radius
from pipelines.changes.said import Policies
from pipelines.changes.stood import overwritten
from pipelines.ledger import ModelInForce

__all__ = [
    "BLOCKED",
    "ChangeSet",
    "Desired",
    "Facts",
    "ModelInForce",
    "PlanDiff",
    "Policies",
    "Radius",
    "Settlement",
    "Snapshot",
    "TableChanges",
    "change_set",
    "digest",
    "fingerprint",
    "overwritten",
    "plan_diff",
    "plan_hash",
    "radius",
    "read_plan",
    "without_dead_ends",
    "write_plan",
]
