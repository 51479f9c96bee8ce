"""Places where a test lets the process die at once, to show that a load is all or nothing.

The environment variable ``CRM_UNIFY_KILL_AT`` names one place; without it nothing happens. The places are
``before-first-write``, ``table:NAME`` (inside the transaction, when a table has been written),
``before-commit`` and ``after-commit``.
"""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = "CRM_UNIFY_KILL_AT"


def killpoint(place: str) -> None:
    """Die by SIGKILL, without any clean-up, when this place is the one named in the environment."""
    if os.environ.get(VARIABLE) == place:
        os.kill(os.getpid(), signal.SIGKILL)
