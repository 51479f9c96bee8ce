"""Bare files to customers in one go: columns taken for what they are, records matched, results kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped, UsageError, nearest_name
from crm_unify.ids import crm_ids
from crm_unify.progress import Progress
from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.run.linking import one_per_source
from crm_unify.run.taken_for import TakenFor, taken_for
from crm_unify.run.timing import StageTime, Timed
from matching.calibration import of_pairs
from matching.engine import Matched, match
from matching.evaluation import Evaluation, evaluate
from matching.features import Features, features
from matching.model import Model
from matching.settings import Settings
from pipelines.bare.interface import BareTable
from pipelines.bare.keys import column_ids, content_ids
from pipelines.bare.read import read_tables
from pipelines.bare.records import Parties, joined, parties


@dataclass(frozen=True, slots=True)
class DedupeJob:
    """What is to be deduplicated, and what a person has said about it."""

    files: tuple[Path, ...]
    """CSV (also .gz), Parquet or Excel files"""
    id: str | None = None
    """Column with the record ids; None: rows are named by their content"""
    source: str | None = None
    """Column that names the source system of a row; None: the file is the source"""
    truth: str | None = None
    """Column with the true customer, kept from matching and compared afterwards"""
    ignore: tuple[str, ...] = ()
    """Columns that are left out"""
    roles: Mapping[str, tuple[Role, str | None]] = field(default_factory=dict)
    """Role and scheme of columns a person knows better"""
    link: bool = False
    """No source holds anybody twice: a customer has one record of each at most"""
    model: Path | None = None
    """Model to score by; None: one is trained on these records"""
    only_membership: bool = False
    """Nothing is asked but who is who: all else is let go as soon as it has served"""

    @property
    def lean(self) -> bool:
        """What was read and the pairs are not needed any more once records are matched."""
        return self.only_membership and self.truth is None and not self.link


@dataclass(frozen=True, slots=True, eq=False)
class DedupeResult:
    """All that is known after a run, for whoever writes or draws it."""

    tables: tuple[TakenFor, ...]
    """The input, an entry a file or sheet, in the order they were named; of a lean job without columns"""
    parties: Parties
    """Records and claims as matching took them; none of a lean job"""
    features: Features
    """What records were compared by; none of a lean job"""
    matched: Matched
    """Scored pairs (none of a lean job), clusters, model, counts by blocking rule"""
    membership: pa.Table
    """record_id, customer_id: every row once; by record id, or in the order of the input without id column"""
    evaluation: Evaluation | None
    """Against the truth column; None without one"""
    customers: int
    """Number of customers"""
    times: tuple[StageTime, ...]
    """Wall time and peak memory of the stages"""
    link: bool = False
    """No source was to hold anybody twice"""


def dedupe(job: DedupeJob, *, progress: Progress) -> DedupeResult:
    """Read, take for, match, compare with the truth; nothing is written."""
    watch = Timed(progress)
    model = _model(job.model)
    with watch.stage("read") as stage:
        tables = read_tables(job.files, exact=_exact(job))
        _check_columns(job, tables)
        rows = sum(table.rows for table in tables)
        stage.advance(rows)
    with watch.stage("take columns for what they are") as stage:
        ids = _ids(job, tables)
        taken = _taken(job, tables, ids)
        stage.advance(sum(len(one.table.names) for one in taken))
    with watch.stage("make records", rows) as stage:
        made = joined([parties(t.table, t.roles, ids=t.ids, source=t.source) for t in taken])
        if job.lean:
            tables, taken = [], tuple(map(_without_columns, taken))
        stage.advance(rows)
    with watch.stage("make features", rows) as stage:
        traits = features(made.records, made.claims)
        if job.lean:
            made = Parties(made.records.slice(0, 0), {})
        stage.advance(rows)
    with watch.stage("match"):
        matched = match(traits, model=model, settings=Settings(pairs=not job.lean), progress=watch)
        if job.link:
            matched = one_per_source(traits, matched, made.records, progress=watch)
    with watch.stage("name customers", rows) as stage:
        traits = Features({}) if job.lean else traits
        membership, customers = _membership(matched, taken, sort=job.id is not None)
        found = _evaluated(job, tables, taken, membership, matched=matched)
        stage.advance(rows)
    times = tuple(watch.times)
    return DedupeResult(taken, made, traits, matched, membership, found, customers, times, job.link)


def _without_columns(taken: TakenFor) -> TakenFor:
    return replace(taken, table=taken.table.without(*taken.table.names))


def _exact(job: DedupeJob) -> set[str]:
    return {name for name in (job.id, job.truth) if name is not None}


def _check_columns(job: DedupeJob, tables: Sequence[BareTable]) -> None:
    """Columns that options name must be there: --id and --source in every table, the others in one."""
    options = {"--ignore": job.ignore, "--role": tuple(job.roles), "--truth": (job.truth,)}
    known = sorted({name for table in tables for name in table.names})
    for option, names in options.items():
        for name in names:
            if name is not None and name not in known:
                raise _no_column(option, name, known, "the files")
    if job.truth is not None and any(table.rows for table in tables):
        truths = [table.column(job.truth) for table in tables if job.truth in table.names]
        if not any(pc.any(truth.is_valid()).as_py() for truth in truths):
            raise UsageError("no row has a true customer", f"--truth {job.truth}", why="the column is empty",
                             remedy="name a column with values, or leave out --truth")  # fmt: skip
    for option, name in (("--id", job.id), ("--source", job.source)):
        for table in tables:
            if name is not None and name not in table.names:
                raise _no_column(option, name, table.names, table.label)


def _no_column(option: str, name: str, known: Sequence[str], where: str) -> UsageError:
    nearest = nearest_name(name, known)
    remedy = f"did you mean '{nearest}'?" if nearest else "name a column of the header"
    return UsageError(f"there is no column '{name}'", f"{option} in {where}",
                      why=f"the columns are {', '.join(known)}", remedy=remedy)  # fmt: skip


def _ids(job: DedupeJob, tables: Sequence[BareTable]) -> list[pa.Array]:
    if job.id is not None:
        return column_ids(tables, job.id)
    return content_ids([table.without(*job.ignore, job.truth or "") for table in tables])


def _taken(job: DedupeJob, tables: Sequence[BareTable], ids: Sequence[pa.Array]) -> tuple[TakenFor, ...]:
    """What the columns are; ids, source, truth and ignored columns are not looked at."""
    aside = [name for name in (job.id, job.source, job.truth) if name is not None]
    kept = [table.without(*aside, *job.ignore) for table in tables]
    said = {name: ColumnRole(name, role, 1.0, "given by --role", scheme=scheme)
            for name, (role, scheme) in job.roles.items()}  # fmt: skip
    return taken_for(kept, ids, [_source(job, table) for table in tables], said=said)


def _source(job: DedupeJob, table: BareTable) -> pa.Array:
    if job.source is None:
        return pa.repeat(pa.scalar(table.label), table.rows)
    coded = table.column(job.source)
    return pc.fill_null(coded.dictionary.take(coded.indices), "")


def _model(path: Path | None) -> Model | None:
    if path is None:
        return None
    try:
        return Model.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            "there is no such model", str(path), remedy="name a model.json of another run"
        ) from None
    except OSError as error:
        remedy = "name a model.json of another run"
        raise UsageError("the model cannot be read", str(path), why=str(error), remedy=remedy) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "train a new one: run without --model"
        why = _no_model(error)
        raise GuardStopped("the model cannot be used", str(path), why=why, remedy=remedy) from None


def _no_model(error: Exception) -> str:
    """Why a text is no model, for somebody who does not know how a model is read."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return f"it is no JSON: {error}"
    return str(error) if isinstance(error, ValueError) else "it does not hold what a model.json holds"


def _membership(matched: Matched, taken: Sequence[TakenFor], *, sort: bool) -> tuple[pa.Table, int]:
    """The customer of each row, and how many there are; a customer is named after its least record id."""
    clusters = matched.membership["cluster"].combine_chunks().dictionary_encode()
    names = crm_ids("C", clusters.dictionary)
    found = pa.table(
        {"record_id": matched.membership["record_id"], "customer_id": names.take(clusters.indices)}
    )
    if sort or not taken:
        return found, len(names)
    ids = pa.chunked_array([one.ids for one in taken])
    at = pc.index_in(ids, value_set=found["record_id"].combine_chunks())
    return pa.table({"record_id": ids, "customer_id": found["customer_id"].take(at)}), len(names)


def _evaluated(
    job: DedupeJob,
    tables: Sequence[BareTable],
    taken: Sequence[TakenFor],
    membership: pa.Table,
    *,
    matched: Matched,
) -> Evaluation | None:
    """The accuracy over the rows whose truth is known, and whether the probabilities are what they say."""
    if job.truth is None:
        return None
    parts = []
    for table, one in zip(tables, taken, strict=True):
        if job.truth in table.names:
            coded = table.column(job.truth)
            known = {"record_id": one.ids, "true_customer": coded.dictionary.take(coded.indices)}
            parts.append(pa.table(known).filter(coded.is_valid()))
    renamed = membership.rename_columns(["record_id", "cluster"])
    systems = pa.table({"record_id": pa.chunked_array([one.ids for one in taken]),
                        "system": pa.chunked_array([one.source for one in taken])})  # fmt: skip
    truth = pa.concat_tables(parts)
    least = 1 / (1 + 2**-matched.model.review_bits)
    bands = of_pairs(matched.pairs, truth, least=least)
    return replace(evaluate(renamed, truth, sources=systems), bands=bands)
