"""What `init` answers: of every map what it is about, where its columns go, and what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crm_unify.cli._profile import seen
from crm_unify.propose.interface import ASKED, IGNORED, Map, Proposal, outcomes
from crm_unify.wording import counted


def as_json(proposal: Proposal, files: Mapping[str, str], folder: Path, *, written: bool) -> dict[str, Any]:
    """The answer as plain values."""
    return {
        "project": proposal.project,
        "folder": str(folder),
        "written": written,
        "files": sorted(files),
        "maps": [_map_json(one) for one in proposal.maps],
        "variables": [system.variable for system in proposal.systems if system.variable is not None],
        "not_read": list(proposal.not_read),
    }


def _map_json(one: Map) -> dict[str, Any]:
    return {
        "map": one.name,
        "table": one.table,
        "about": one.about,
        "left_out": one.left_out,
        "columns": {column: sorted(targets) for column, targets in outcomes(one).items()},
        "questions": [{"rule": each.id, "what": each.what, "why": each.why} for each in one.questions],
        "examples": len(one.examples),
    }


def as_text(proposal: Proposal, files: Mapping[str, str], folder: Path, *, written: bool) -> str:
    """The answer for people."""
    return "\n".join(_lines(proposal, files, folder, written=written))


def _lines(proposal: Proposal, files: Mapping[str, str], folder: Path, *, written: bool) -> Iterator[str]:
    for one in proposal.maps:
        goes = Counter(_kind(targets) for targets in outcomes(one).values())
        yield f"{one.name}: {seen(one.about, 100)}"
        if not one.left_out:
            yield (
                f"  {counted(goes['mapped'], 'column')} mapped, {goes[ASKED]} asked about, "
                f"{goes[IGNORED]} ignored; "
                f"{counted(len(one.questions), 'question')}, {counted(len(one.examples), 'example')}"
            )
    if proposal.not_read:
        yield "\nnot read:"
        yield from (f"  {one}" for one in proposal.not_read)
    for system in proposal.systems:
        if system.variable is not None:
            yield f"\nset {system.variable} to the address of {system.name}: its password is in no file"
    told = "written" if written else "not written (--dry-run)"
    yield f"\n{counted(len(files), 'file')} {told}: {folder / 'crm_unify.yml'}, rules in {folder / 'rules'}"
    if written:
        yield f"next: read the rules and answer their questions, then crm-unify plan {folder}"


def _kind(targets: set[str]) -> str:
    return next((one for one in (ASKED, IGNORED) if one in targets), "mapped")
