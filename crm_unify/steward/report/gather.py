"""The page's values, section by section, in reading order."""

from __future__ import annotations

from crm_unify.records import Severity
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.said import rules_hash
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest
from crm_unify.steward.report.choice import merged_customers
from crm_unify.steward.report.leavings import Leavings, leavings
from crm_unify.steward.report.matches import matching
from crm_unify.steward.report.pairs import doubtful, households
from crm_unify.steward.report.people import people
from crm_unify.steward.report.questions import consents, notes, questions
from crm_unify.steward.report.rejected import problems
from crm_unify.steward.report.rows import discards, held, source_tables, sums, total
from crm_unify.steward.report.values import Head, Report


def gather(project: LoadedProject, newest: Newest) -> Report:
    """Everything that is worth knowing of the newest run; the same run gives the same values.

    Raises Unreachable when the CRM database does not answer.
    """
    with reachable(newest.engine), newest.engine.connect() as connection:
        return report(leavings(project, newest, connection))


def report(left: Leavings) -> Report:
    """The page of what a run left."""
    tables, counted = source_tables(left), people(left)
    return Report(
        head=_head(left),
        tables=tables,
        total=total(tables),
        discards=discards(left),
        held=held(left),
        sums=sums(left),
        people=counted,
        matching=matching(left),
        withheld=problems(left, Severity.WITHHOLD),
        warned=problems(left, Severity.WARN),
        quarantined=problems(left, Severity.QUARANTINE),
        doubtful=doubtful(left),
        households=households(left),
        merged=merged_customers(left),
        questions=questions(left),
        consent=consents(left, counted.customers),
        notes=notes(left),
    )


def _head(left: Leavings) -> Head:
    run = left.run
    made_of = (("sources", run["sources_hash"]), ("rules", run["rules_hash"]), ("model", run["model_id"]))
    return Head(
        project=run["project"],
        environment=run["environment"],
        run=run["id"],
        as_of=run["as_of"].isoformat(),
        written_rows=run["written_rows"],
        hashes={name: value for name, value in made_of if value is not None},
        workspace=left.fates is not None,
        rules_changed=run["rules_hash"] not in (None, rules_hash(left.project)),
    )
