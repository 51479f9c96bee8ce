"""Writing a change set into the CRM: one run at a time, all or nothing."""

from pipelines.load.apply import Applied, Load, RunRecord, apply, apply_in_turn
from pipelines.load.lock import TargetLock, hold
from pipelines.load.moved import StateMovedError

__all__ = [
    "Applied",
    "Load",
    "RunRecord",
    "StateMovedError",
    "TargetLock",
    "apply",
    "apply_in_turn",
    "hold",
]
