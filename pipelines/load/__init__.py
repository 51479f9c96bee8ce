"""Writing a change set into the CRM: one run at a time, all or nothing."""

from pipelines.load.apply import Applied, RunRecord, StateMovedError, apply
from pipelines.load.lock import TargetLock, hold

__all__ = ["Applied", "RunRecord", "StateMovedError", "TargetLock", "apply", "hold"]
