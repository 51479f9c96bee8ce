"""A page as PDF, printed by the Chromium of the system: it is the same page, by its print style."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from crm_unify.errors import UsageError
from pipelines.erasure.made import PRINTED

BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
"""Programs that print as Chromium does, in the order in which they are asked."""
PATIENCE: Final = 120
"""Seconds after which printing is given up."""
REMEDY: Final = "install Chromium, or open the page in any browser and print it to PDF: it has a print style"


def write_pdf(text: str, file: Path) -> None:
    """Print a page. Raises UsageError where no browser is there, or it does not print."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name)) is not None), None)
    if browser is None:
        raise UsageError("no Chromium was found to print with", "--pdf", why="PATH has none", remedy=REMEDY)
    with tempfile.TemporaryDirectory(prefix="crm-unify-") as folder:
        page = Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8", newline="\n")
        words = [browser, "--headless", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        words += [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses a sandbox to root
        words += ["--no-pdf-header-footer", f"--print-to-pdf={folder}/report.pdf", page.as_uri()]
        _print(words)
        made = Path(folder) / "report.pdf"
        if not made.is_file():
            raise UsageError("the browser did not print the page", browser, remedy=REMEDY)
        file.write_bytes(made.read_bytes() + PRINTED)


def _print(words: list[str]) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE)
    except (OSError, subprocess.SubprocessError) as error:
        what = "the browser did not print the page"
        raise UsageError(what, words[0], why=str(error).splitlines()[0], remedy=REMEDY) from error
