"""Land sources: every row as text in Parquet, with a hash of its content and an id that no shuffling changes.

The only module that imports dlt, and only when something has to be read: dlt takes the Arrow batches of the
readers through extract, normalise and load into files, which are then hashed and sorted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crm_unify.errors import AccountUnbalanced, CrmUnifyError, GuardStopped
from crm_unify.rules.source_model import READER_KEYS
from pipelines.delta import DeltaRows
from pipelines.kept import KEPT, KeptRows
from pipelines.landed import MANIFEST, Landed, read_landed, write_manifest
from pipelines.row_ids import VERSION, give_ids, sorter

if TYPE_CHECKING:
    from types import ModuleType

    import duckdb
    import pyarrow as pa

    from crm_unify.progress import Progress, Stage
    from crm_unify.rules.load import LoadedRules
    from crm_unify.rules.model import Source
    from pipelines.sources.interface import Reader

_READERS: Final = 1
"""Version of the readers; rows landed by another one are read again."""
_DATASET: Final = "landed"
_LAYOUT: Final = "{table_name}/{load_id}.{file_id}.{ext}"
"""Where dlt puts files; said outright, because a dlt project in the current folder may say otherwise."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One source that has to be read."""

    map: str
    table: str
    """Name inside dlt: one that its naming rules leave alone."""
    reader: Reader
    reading: str
    file_hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Extracted:
    """What came out of one source."""

    files: Sequence[Path]
    """Parquet files of its table."""
    rows: int
    """Rows that its reader yielded; as many have to be landed."""


def land(
    sources: Sequence[tuple[LoadedRules, Reader]], *, folder: Path, progress: Progress,
    previous: Path | None = None,
) -> tuple[Landed, ...]:
    """Land every source in `folder` and write the manifest there; results in the order of the sources.

    Files whose bytes and reading are those of the landing in folder `previous` are taken over from there; if
    that goes for all of them, dlt is not imported. Raises the readers' program errors, and AccountUnbalanced
    when other rows are landed than were read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [_job(loaded, reader, number) for number, (loaded, reader) in enumerate(sources, 1)]
    done = _taken_over(jobs, previous, folder)
    to_read = [job for job in jobs if job.map not in done]
    if to_read:
        done |= _read(to_read, folder, progress)
    landed = tuple(done[job.map] for job in jobs)
    write_manifest(landed, folder)
    return landed


def _job(loaded: LoadedRules, reader: Reader, number: int) -> _Job:
    """A source with the hashes of its files."""
    source = loaded.rules.source
    return _Job(loaded.rules.map, f"t{number:03d}", reader, _reading(source), _file_hashes(reader))


def _reading(source: Source) -> str:
    """SHA-256 of the settings that decide what is read."""
    settings = source.model_dump(mode="json", include={"reader", *READER_KEYS[source.reader]})
    told = json.dumps([VERSION, _READERS, settings], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _file_hashes(reader: Reader) -> dict[str, str]:
    """SHA-256 of each file behind a reader, by name; the second of a name by its place among them too."""
    hashes: dict[str, str] = {}
    if isinstance(reader, KeptRows | DeltaRows) and reader.kept is not None:
        hashes[KEPT] = reader.kept
    for place, path in enumerate(reader.files()):
        with path.open("rb") as file:
            name = path.name if path.name not in hashes else f"{place}:{path.name}"
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def _taken_over(jobs: Sequence[_Job], previous: Path | None, folder: Path) -> dict[str, Landed]:
    """Landed rows of an earlier folder that reading again would not change, linked into the new one."""
    if previous is None or not (previous / MANIFEST).is_file():
        return {}
    earlier = {entry.map: entry for entry in read_landed(previous)}
    same = {
        job.map: replace(earlier[job.map], file_hashes=job.file_hashes) for job in jobs
        if job.file_hashes and job.map in earlier and earlier[job.map].path.is_file()
        and (_same_files(job, earlier[job.map]) or _same_kept(job, earlier[job.map]))
    }
    return {name: _linked(entry, folder) for name, entry in same.items()}


def _same_files(job: _Job, earlier: Landed) -> bool:
    return (earlier.reading, earlier.file_hashes) == (job.reading, job.file_hashes)


def _same_kept(job: _Job, earlier: Landed) -> bool:
    """Whether rows that were kept are those of the earlier landing, and no file is new."""
    return job.file_hashes == {KEPT: earlier.content_hash}


def _linked(entry: Landed, folder: Path) -> Landed:
    """The same Parquet file in another folder."""
    path = folder / entry.path.name
    try:
        os.link(entry.path, path)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(entry.path, path)
    return replace(entry, path=path)


def _read(jobs: Sequence[_Job], folder: Path, progress: Progress) -> dict[str, Landed]:
    """Read sources through dlt, then hash and sort each; what lay between is removed."""
    staging = folder / "_staging"
    # a package that a killed landing left pending would replace or break every later one
    shutil.rmtree(staging, ignore_errors=True)
    try:
        extracted = _extract(jobs, staging, progress)
        with progress.stage("land", total=len(jobs)) as stage, sorter(staging / "spill") as by:
            return {job.map: _settle(job, extracted[job.table], folder, by=by, stage=stage) for job in jobs}
    finally:
        shutil.rmtree(staging, ignore_errors=True)


# --- dlt -------------------------------------------------------------------------------------------------
def _extract(jobs: Sequence[_Job], staging: Path, progress: Progress) -> dict[str, _Extracted]:
    """All batches of all sources as Parquet files, by their tables."""
    dlt = _dlt()
    bucket, read = staging / "raw", Counter[str]()
    with _told():
        _piped(dlt, jobs, bucket, staging=staging, progress=progress, read=read)
    folders = {job.table: bucket / _DATASET / job.table for job in jobs}
    return {name: _Extracted(sorted(at.glob("*.parquet")), read[name]) for name, at in folders.items()}


def _piped(
    dlt: ModuleType, jobs: Sequence[_Job], bucket: Path, *, staging: Path, progress: Progress,
    read: Counter[str],
) -> None:
    """Take the batches through dlt into the bucket, rows counted in `read`."""
    destination = _asked_once(dlt.destinations.filesystem(bucket_url=str(bucket), layout=_LAYOUT))
    place = {"pipelines_dir": str(staging / "dlt"), "dataset_name": _DATASET}
    pipeline = dlt.pipeline("crm_unify_landing", destination=destination, **place)
    with progress.stage("extract") as stage:
        resources = [
            dlt.resource(_watched(job, stage, read), name=job.table, write_disposition="replace")
            for job in jobs
        ]
        _run(pipeline, resources)


def _asked_once(destination: Any) -> Any:
    """A destination whose own settings are worked out once: dlt asks for them 16 times a run, 2 ms each."""
    worked_out, known = destination.configuration, list[Any]()

    def configuration(initial: Any, accept_partial: bool = False) -> Any:
        if not accept_partial:  # of a client, which adds the name of the data set
            return worked_out(initial)
        if not known:
            known.append(worked_out(initial, accept_partial=True))
        return known[0]

    destination.configuration = configuration
    return destination


_SETTINGS: Final = {
    "dlthub_telemetry": False,
    "delete_completed_jobs": True,
    "next_item_mode": "fifo",  # one source after the other
    "restore_from_destination": False,  # it is empty each time, and looking costs a sixth of dlt's time
}


def _dlt() -> ModuleType:
    """dlt, told to keep to itself before it is imported."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt

    return dlt


@contextmanager
def _told() -> Iterator[None]:
    """Let dlt hear our settings alone, whatever the environment and a dlt project in the current folder say.

    It asks for some four hundred settings a run, each by three names in three places: half of its time.
    """
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.providers import ConfigProvider
    from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
    from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

    class Settings(ConfigProvider):
        name, supports_secrets, supports_sections = "crm-unify", True, False

        def get_value(
            self, key: str, hint: type[Any], pipeline_name: str | None, *sections: str
        ) -> tuple[object, str]:
            return _SETTINGS.get(key), key

    context = Container()[PluggableRunContext]
    before, context.providers = context.providers, ConfigProvidersContainer([Settings()])
    try:
        yield
    finally:
        context.providers = before


def _run(pipeline: Any, resources: list[Any]) -> None:
    """Run the pipeline; a program error of a reader comes out as itself, not wrapped in dlt's."""
    from dlt.pipeline.exceptions import PipelineStepFailed

    try:
        pipeline.run(resources, loader_file_format="parquet").raise_on_failed_jobs()
    except PipelineStepFailed as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, CrmUnifyError):
            cause = cause.__cause__ or getattr(cause, "exception", None)
        raise (cause or error) from None


def _watched(job: _Job, stage: Stage, read: Counter[str]) -> Iterator[pa.RecordBatch]:
    """The batches of a reader, rows counted in `read`; a file that changes meanwhile stops the run."""
    reader = job.reader
    before = _stamps(reader)
    for batch in reader.batches():
        read[job.table] += batch.num_rows
        stage.advance(batch.num_rows)
        yield batch
    if _stamps(reader) != before:
        raise GuardStopped("a source file changed while it was read", ", ".join(map(str, reader.files())),
                           remedy="wait until it is written completely and run again")


def _stamps(reader: Reader) -> list[tuple[str, int, int]]:
    """Name, size and time of change of the files behind a reader."""
    return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in reader.files()]


# --- hash, id, order --------------------------------------------------------------------------------------
def _settle(
    job: _Job, extracted: _Extracted, folder: Path, *, by: duckdb.DuckDBPyConnection, stage: Stage
) -> Landed:
    """The rows of one source, hashed and sorted, in their Parquet file; raises AccountUnbalanced."""
    columns = job.reader.header()
    path = folder / f"{job.map}.parquet"
    given = give_ids(extracted.files, columns, path, by=by)
    _balance(job, extracted.rows, path)
    stage.advance()
    return Landed(
        job.map, path, columns, given.rows, given.content_hash, job.file_hashes, job.reading,
        notes=job.reader.notes(),
    )


def _balance(job: _Job, read: int, path: Path) -> None:
    """Stop when the file does not hold as many rows as were read: all later accounts begin with it."""
    from pyarrow.parquet import read_metadata  # 30 ms, and not needed when nothing changed

    landed = read_metadata(path).num_rows
    if landed != read:
        raise AccountUnbalanced(
            f"{read} rows were read and {landed} were landed", job.map,
            why="rows were lost or doubled between the source and the landed file",
            remedy="run again; if it stays so, report it",
        )
