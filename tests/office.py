"""Workbooks as LibreOffice saves them: every cell is written anew by another program than ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

PATIENCE: Final = 300
"""Seconds after which it counts as hung."""


def saved_by_libreoffice(file: Path) -> Path:
    """The workbook as LibreOffice saves it after opening it; skips where it is not installed, not in CI."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        missing = "no LibreOffice: apt-get install --no-install-recommends libreoffice-calc"
        (pytest.fail if os.environ.get("CRM_UNIFY_CI") else pytest.skip)(missing)
    out = file.parent / f"{file.stem}-saved"
    home = f"-env:UserInstallation=file://{file.parent / 'profile'}"
    words = ["--headless", home, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out, file]
    subprocess.run([program, *words], check=True, capture_output=True, timeout=PATIENCE)
    return out / file.name
