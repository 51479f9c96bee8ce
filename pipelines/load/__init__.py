"""Writing a change set into the CRM: one run at a time, all or nothing."""

from pipelines.load.apply import Applied, Load, RunRecord, StateMovedError, apply, apply_in_turn
from pipelines.load.lock import TargetLock, hold

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
