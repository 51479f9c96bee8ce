"""Hashes of what a project says, so that two runs can tell whether it said the same to both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from crm_unify.rules.loaded import LoadedProject
from pipelines.landed import Landed

ELSEWHERE: Final = ("sources", "target", "environments", "rehearsal", "erasure", "retention")
"""What a project file says that changes no result."""


def rules_hash(project: LoadedProject) -> str:
    """Hash of what the project says: its file without addresses and rehearsals, rule files, code tables."""
    said = project.project.model_dump_json(exclude=set(ELSEWHERE))
    files = [said]
    for loaded in project.files:
        files.append(loaded.rules.model_dump_json())
        files += [
            _text(loaded.path.parent / table.file) for _, table in sorted(loaded.rules.code_tables.items())
        ]
    return digest(files)


def _text(path: Path) -> str:
    return path.read_bytes().hex()


def digest(parts: Iterable[str]) -> str:
    """Thirty-two hexadecimal characters of the SHA-256 of these parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def sources_hash(landed: Iterable[Landed]) -> str:
    """Hash of the rows of all sources, whatever their order and files."""
    return digest(f"{one.map} {one.content_hash}" for one in landed)
