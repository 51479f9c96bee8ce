"""The evidence pack of a sign-off: a zip that holds what was seen, and shows every later change of itself.

The pack is stored without compression, its files in a fixed order under one time stamp: whoever verifies it
builds it again out of its files and compares byte by byte, so no byte of it can change unseen. The manifest
has the SHA-256 of every other file; its own is what the database remembers of the sign-off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from crm_unify.errors import EvidenceChanged, UsageError

MANIFEST: Final = "manifest.json"
_STAMP: Final = (2000, 1, 1, 0, 0, 0)
"""Time stamp of every file in the archive; when it was signed stands in the manifest."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that holds what it held when it was written."""

    manifest_hash: str
    """SHA-256 of its manifest: the number to keep."""
    signed: Mapping[str, Any]
    """Who signed what, and when."""
    files: Mapping[str, str]
    """SHA-256 by file."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"manifest": self.manifest_hash, "signed": dict(self.signed), "files": dict(self.files)}


def write_pack(path: Path, files: Mapping[str, bytes], *, signed: Mapping[str, Any]) -> Pack:
    """Write the files with their manifest; `signed` says who signs what, and when."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    told = {"signed": dict(signed), "sha256": sums}
    manifest = (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    path.write_bytes(_zipped({**files, MANIFEST: manifest}))
    return Pack(hashlib.sha256(manifest).hexdigest(), signed, sums)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The archive, the same bytes for the same files."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            info = ZipInfo(name, _STAMP)
            info.create_system, info.external_attr = 3, 0o600 << 16  # the same on every system
            archive.writestr(info, files[name])
    return made.getvalue()


def verify_pack(path: Path) -> Pack:
    """The pack, if every byte is as it was written.

    Raises EvidenceChanged, which names each file that is not; UsageError for a file that is no pack.
    """
    found = path.read_bytes()
    files, broken = _contents(found, path)
    manifest = _manifest(files, broken, path)
    wrong = [*broken.items(), *_differing(files, manifest["sha256"], broken)]
    if not wrong:
        wrong = list(_elsewhere(found, files))
    if wrong:
        told = "\n".join(f"{name}: {reason}" for name, reason in wrong)
        raise EvidenceChanged(
            f"the evidence pack was changed: {', '.join(dict.fromkeys(name for name, _ in wrong))}",
            str(path),
            why=told,
            remedy="ask for the pack as it was signed; what this one says proves nothing",
        )
    return Pack(hashlib.sha256(files[MANIFEST]).hexdigest(), manifest["signed"], manifest["sha256"])


def _contents(found: bytes, path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files that can be read, and why others cannot."""
    files: dict[str, bytes] = {}
    broken: dict[str, str] = {}
    try:
        archive = ZipFile(BytesIO(found))
    except BadZipFile as error:
        if not found.startswith(b"PK"):
            remedy = "name a pack that `crm-unify signoff` wrote"
            raise UsageError("this is no evidence pack", str(path), why=str(error), remedy=remedy) from error
        what = "the evidence pack was changed: the directory of the archive"
        remedy = "ask for the pack as it was signed; what this one says proves nothing"
        raise EvidenceChanged(what, str(path), why=str(error), remedy=remedy) from error
    with archive:
        for info in archive.infolist():
            try:
                files[info.filename] = archive.read(info)
            except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
                broken[info.filename] = f"it cannot be read ({error})"
    return files, broken


def _manifest(files: Mapping[str, bytes], broken: Mapping[str, str], path: Path) -> Mapping[str, Any]:
    try:
        told: Mapping[str, Any] = json.loads(files[MANIFEST])
        return {"signed": dict(told["signed"]), "sha256": dict(told["sha256"])}
    except (KeyError, ValueError, TypeError) as error:
        why = broken.get(MANIFEST, f"it is missing or cannot be read ({type(error).__name__})")
        raise EvidenceChanged(
            f"the evidence pack was changed: {MANIFEST}",
            str(path),
            why=f"{MANIFEST}: {why}",
            remedy="ask for the pack as it was signed; without its manifest it proves nothing",
        ) from error


def _differing(
    files: Mapping[str, bytes], sums: Mapping[str, str], broken: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for name, expected in sorted(sums.items()):
        if name not in files and name not in broken:
            yield name, "it is missing"
        elif name in files and hashlib.sha256(files[name]).hexdigest() != expected:
            yield name, "its content is not what was signed"
    for name in sorted(files.keys() - sums.keys() - {MANIFEST}):
        yield name, "it was added afterwards"


def _elsewhere(found: bytes, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """A change beside the contents: in what the archive says of its files, or behind them."""
    made = _zipped(files)
    if made == found:
        return
    at = next(
        (n for n, (a, b) in enumerate(zip(made, found, strict=False)) if a != b), min(len(made), len(found))
    )
    with ZipFile(BytesIO(made)) as archive:
        before = [info.filename for info in archive.infolist() if info.header_offset <= at]
        inside = at < archive.start_dir
    name = before[-1] if inside and before else "the directory of the archive"
    yield name, f"what the archive says of it is not as it was written (byte {at:,})"
