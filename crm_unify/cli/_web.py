"""What the commands of the review application share: its packages, which not everybody installs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from crm_unify.errors import UsageError

PACKAGES: Final = ("fastapi", "uvicorn", "argon2", "python_multipart")


def need_web() -> None:
    """Raise UsageError where the packages of the application are missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        why = f"not installed: {', '.join(missing)}"
        remedy = "install it with `pip install 'crm-unify[web]'`"
        raise UsageError("the review application is an extra", why=why, remedy=remedy)
