"""Writing a change set into the CRM: one run at a time, all or nothing."""

from pipelines.load.apply import Applied, RunRecord, apply
from pipelines.load.lock import TargetLock, hold

__all__ = ["Applied", "RunRecord", "TargetLock", "apply", "hold"]
