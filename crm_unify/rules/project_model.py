"""What a project file may say: where sources and target are, which rules apply, and how careful a run is."""

# ruff: noqa: RUF012 - pydantic copies the default for every model
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crm_unify.rules.blocks import Name, Strict


class ProjectSource(Strict):
    """Where a source system is: a database URL, or a file or folder relative to the project file."""

    url: str | None = None
    """SQLAlchemy address of a database."""
    path: Path | None = None
    """File or folder, relative to the project file."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.path is None):
            msg = "a source has either a url or a path"
            raise ValueError(msg)
        return self


class Environment(Strict):
    """What differs in one environment."""

    target: str
    """Its CRM database."""
    needs_approval: bool | None = None
    """Runs wait until every rule is approved as it is; by default those of `production` alone."""


class Rehearsal(Strict):
    """What a rehearsal has to reach for a go."""

    target: str = "sqlite:///.crm_unify/rehearsal.db"
    """A scratch database that each rehearsal empties and fills."""
    max_reject_pct: float = 2
    """Rows in quarantine, percent of those extracted."""
    max_orphans: int = 0
    """Rows that wait for a parent nobody delivered."""
    max_review: int = 100
    """Pairs of records that a person should look at."""
    max_control_sums: int = 0
    """Control sums that do not agree."""
    all_approved: bool = True
    """Every rule is approved as it is."""
    window: Annotated[str | None, Field(pattern=r"^\d+[smhd]$")] = None
    """How long the load may take on the day: 90s, 45m, 6h."""


class Matching(Strict):
    """Lines between merge, review and apart in bits of match weight; null takes the model's."""

    merge_bits: float | None = None
    """Pairs above it are merged."""
    review_bits: float | None = None
    """Pairs above it are questions."""


class Guards(Strict):
    """Shares (percent) above which a run stops; counted from 200 rows or customers up."""

    max_delete_pct: float = 2
    """Records that vanish."""
    max_rekey_pct: float = 5
    """Records whose key changes."""
    max_merge_split_pct: float = 0.5
    """Customers that are merged or split."""


class Erasure(Strict):
    """Where the key is found that blocks the records of erased persons."""

    key_variable: Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$")] = "CRM_UNIFY_ERASURE_KEY"
    """Environment variable that holds the key, at least 16 characters; the key itself stands in no file."""


class Retention(Strict):
    """How long what the sources held is kept in the workspace."""

    raw_runs: Annotated[int, Field(ge=1)] = 3
    """Newest runs whose raw rows, plans and results stay."""
    raw_days: Annotated[int, Field(ge=1)] | None = None
    """Days after which those of older runs go as well; the newest run stays."""


class Web(Strict):
    """What the review application shows."""

    masked: dict[Literal["viewer", "steward", "admin"], list[Annotated[str, Field(min_length=1)]]] = {}
    """By role the fields (``person.birth_date``) or tables (``contact_point``) in whose place a value of
    nobody stands."""


WritePolicy = Literal["always", "if_source_changed", "if_empty", "if_newer", "never", "most_restrictive"]


class WritePolicies(Strict):
    """How a golden value is written over what the CRM holds; a new row is written whole.

    `always`: also over what a person edited. `if_source_changed`: where it differs from what was last
    written. `if_empty`: where the field is empty then. `if_newer`: where the record that wins was changed
    later than the one that won last. `never`: not after the row was made. `most_restrictive`: consent, which
    has no other.
    """

    default: WritePolicy = "if_source_changed"
    """Of all fields but those named."""
    fields: dict[str, WritePolicy] = {}
    """By `kind.field`; `consent` as a whole."""


SurvivorshipStep = Literal["pin", "valid", "trust", "recent", "frequent", "complete"]


class Project(Strict):
    """The project file ``crm_unify.yml``."""

    project: Name
    """Name of the project."""
    sources: Annotated[dict[Name, ProjectSource], Field(min_length=1)]
    """Where each source system is."""
    rules: Annotated[list[str], Field(min_length=1)]
    """Globs of rule files, relative to the project file."""
    target: str = "sqlite:///crm.db"
    """SQLAlchemy address of the CRM database; `${NAME}` and `${NAME:-default}` are filled in from the
    environment."""
    environments: dict[str, Environment] = {}
    """Other targets by name: `--env NAME`."""
    trust: list[Name] = []
    """Source systems, the most trusted first; those not named come last, by name."""
    survivorship: dict[str, list[SurvivorshipStep]] = {}
    """Chain of steps that decides a golden field, where it is not the usual one."""
    write_policy: WritePolicies = WritePolicies()
    """How values are written over what the CRM holds."""
    matching: Matching = Matching()
    """Lines of matching."""
    guards: Guards = Guards()
    """Shares above which a run stops."""
    rehearsal: Rehearsal = Rehearsal()
    """What a rehearsal has to reach."""
    on_target_deleted: Literal["respect", "restore"] = "respect"
    """A row that a person deleted in the CRM stays deleted and is listed, or is made again while the sources
    have it."""
    on_lost_evidence: Literal["review", "split"] = "review"
    """What becomes of a customer of the CRM whose records evidence alone holds together no longer."""
    undo_horizon: Annotated[int, Field(ge=1)] = 90
    """Days, by the dates of runs, for which a run can be taken back."""
    notify: list[str] = []
    """Where syncs report to (Apprise addresses)."""
    erasure: Erasure = Erasure()
    """Erased persons."""
    retention: Retention = Retention()
    """What the workspace keeps."""
    web: Web = Web()
    """The review application."""
