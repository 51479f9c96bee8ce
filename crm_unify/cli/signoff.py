"""Sign off the last rehearsal: write the evidence pack, or verify one."""

from __future__ import annotations

from pathlib import Path

import click

from crm_unify.cli._options import PROJECT_FILE, environment_option, output_options, project_file
from crm_unify.cli._output import Output
from crm_unify.cli._who import who
from crm_unify.errors import CrmUnifyError, UsageError


@click.command("signoff")
@click.argument("place", metavar="[PROJECT]", required=False, type=click.Path(path_type=Path))
@click.option("--by", metavar="NAME", help="Who signs.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The pack; signoff_TRIAL.zip beside the project."
)
@click.option("--verify", type=click.Path(path_type=Path), metavar="PACK", help="Check a pack; write none.")
@environment_option
@click.option("-p", "--project", type=click.Path(path_type=Path), help="Project file, or its folder.")
@output_options
def command(
    output: Output,
    place: Path | None,
    by: str | None,
    out: Path | None,
    verify: Path | None,
    environment: str | None,
    project: Path | None,
) -> None:
    """Write everything that was seen in the last rehearsal into one zip, with the name of who signs it.

    Account, score card, rule book, hashes of rule files and plan, masked samples, approvals, and a manifest
    of SHA-256 sums, whose own sum the database keeps. With --verify: every byte of a pack is as it was
    signed, or the files that are not are named.
    """
    where = place if project is None else project
    if verify is not None:
        _verify(output, verify, where, environment)
        return
    if by is None:
        why = "a pack without a name proves nothing"
        raise UsageError("nobody signs", "--by", why=why, remedy="say who signs: --by NAME")
    _sign(output, project_file(where), environment, by=who(by), out=out)


def _sign(output: Output, project: Path, environment: str | None, *, by: str, out: Path | None) -> None:
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import open_target
    from crm_unify.steward.evidence_pack import write_pack
    from crm_unify.steward.signing import ABSENT, evidence, last_trial, record_signature, signature

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    every = last_trial(loaded, engine)
    signed = signature(loaded, every[-1], by=by)
    path = loaded.root / f"signoff_{every[-1].id}.zip" if out is None else out
    pack = write_pack(path, evidence(loaded, engine, every, by=by), signed=signed)
    record_signature(engine, by=by, manifest=pack.manifest_hash, signed=signed)
    lines = [
        f"{path}: {len(pack.files)} files, signed by {by}: trial {every[-1].id}, {signed['verdict']}",
        f"manifest {pack.manifest_hash}",
    ]
    if not signed["rows"]:
        lines.append(f"{ABSENT} `crm-unify rehearse` brings them back.")
    output.answer({"pack": str(path), **pack.as_json()}, "\n".join(lines))


def _verify(output: Output, pack: Path, project: Path | None, environment: str | None) -> None:
    from crm_unify.steward.evidence_pack import verify_pack

    found = verify_pack(pack)
    known = _known(project, environment, found.manifest_hash)
    signed = found.signed
    told = {None: "no project at hand to ask who signed it", True: "the database knows this sign-off"}
    lines = [
        f"{pack}: all {len(found.files)} files are as they were signed",
        f"signed by {signed['by']} on {signed['at']}: trial {signed['trial']}, {signed['verdict']}",
        f"manifest {found.manifest_hash}: {told.get(known, 'the database of the project does NOT know it')}",
    ]
    output.answer({"pack": str(pack), "known": known, **found.as_json()}, "\n".join(lines))


def _known(project: Path | None, environment: str | None, manifest: str) -> bool | None:
    """Whether the project's database remembers the sign-off; None where there is nobody to ask."""
    from crm_unify.rules.load import load_project
    from crm_unify.steward.signing import is_known

    place = Path() if project is None else project
    if project is None and not (place / PROJECT_FILE).is_file():
        return None
    try:
        return is_known(load_project(project_file(place), environment=environment), manifest)
    except CrmUnifyError:
        if project is not None:
            raise
        return None
