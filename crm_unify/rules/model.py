"""What a rule file and a project file may say: pydantic models, one for each nested block of the YAML.

A key that is not a field here is an error with file, line and the nearest valid name; a key that the language
has but this version does not run is listed in `unsupported` and refused by name, never ignored.
"""

# ruff: noqa: RUF012 - pydantic copies the default for every model
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from crm_unify.records import CHILDREN, KINDS, PARTIES, FieldType, field_types
from crm_unify.rules.agreement_model import BusinessRule as BusinessRule
from crm_unify.rules.agreement_model import CodeTable as CodeTable
from crm_unify.rules.agreement_model import Decided as Decided
from crm_unify.rules.agreement_model import RuleStatus as RuleStatus
from crm_unify.rules.agreement_model import UnmappedDefault as UnmappedDefault
from crm_unify.rules.blocks import Name as Name
from crm_unify.rules.blocks import Scalar as Scalar
from crm_unify.rules.blocks import Strict as Strict
from crm_unify.rules.project_model import Environment as Environment
from crm_unify.rules.project_model import Guards as Guards
from crm_unify.rules.project_model import Matching as Matching
from crm_unify.rules.project_model import Project as Project
from crm_unify.rules.project_model import ProjectSource as ProjectSource
from crm_unify.rules.project_model import SurvivorshipStep as SurvivorshipStep
from crm_unify.rules.project_model import WritePolicies as WritePolicies
from crm_unify.rules.project_model import WritePolicy as WritePolicy
from crm_unify.rules.proof_model import Check as Check
from crm_unify.rules.proof_model import Example as Example
from crm_unify.rules.proof_model import Reconcile as Reconcile
from crm_unify.rules.source_model import ContentKey as ContentKey
from crm_unify.rules.source_model import Cursor as Cursor
from crm_unify.rules.source_model import Expects as Expects
from crm_unify.rules.source_model import Header as Header
from crm_unify.rules.source_model import Key as Key
from crm_unify.rules.source_model import Parse as Parse
from crm_unify.rules.source_model import Source as Source
from crm_unify.rules.steps import AnyStep as AnyStep
from crm_unify.rules.steps import Step as Step


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


# --- targets ---
class PadLeft(Strict):
    """Fill a short value up on the left."""

    to: Annotated[int, Field(ge=1)]
    """Length."""
    with_: Annotated[str, Field(alias="with", min_length=1, max_length=1)] = "0"
    """Character."""
    when: str | None = None
    """Condition; may name mapped values."""


def _null_as_word(value: Any) -> Any:
    return "null" if value is None else value


Missing = Annotated[
    Literal["hold", "stub", "withhold", "quarantine", "null", "fail"], BeforeValidator(_null_as_word)
]
"""What becomes of a row that looks up what is not there; YAML's own null is the word ``null``."""


class FieldRule(Strict):
    """How one field gets its value: from a column, an expression, a constant or another map's record.

    Order of work: value, transforms, ``pad_left``, code table, type, sentinels.
    """

    from_: Annotated[str | None, Field(alias="from")] = None
    """Column of the row."""
    expr: str | None = None
    """SQL expression over columns of the row and mapped values (`address.country_code`)."""
    const: Scalar | None = None
    """The same value on every row."""
    lookup: Annotated[list[str] | None, Field(min_length=3, max_length=3)] = None
    """``[system, map, column]``: the record of that map whose key is the value of this row's column."""
    take: str | None = None
    """Column of the looked-up row whose text is the value; a lookup without it names a parent."""
    by: str | None = None
    """Column of the looked-up map that the key stands in, with `take`; else the key column of that map."""
    missing: Missing = "hold"
    """What becomes of the row where nothing has this key; of a text that is looked up: `withhold`."""
    transform: Annotated[list[AnyStep], BeforeValidator(_listed)] = []
    """Transforms, from left to right."""
    type: FieldType | None = None
    """What the text is read as, where the field itself does not say."""
    sentinels: Annotated[list[date | str], BeforeValidator(_listed)] = []
    """Parsed values that mean nothing (1900-01-01)."""
    code_table: str | None = None
    """Code table that translates the text."""
    pad_left: PadLeft | None = None
    """Fill a short text up."""
    required: bool = False
    """A row without this value is quarantined."""
    rule: str | None = None
    """Business rule that says so."""
    objection: list[str] = []
    """Consent flags only: texts that are an objection."""
    consent: list[str] = []
    """Consent flags only: texts that are consent, when date and evidence are there."""

    @model_validator(mode="before")
    @classmethod
    def _constant(cls, value: Any) -> Any:
        return {"const": value} if isinstance(value, str | int | float | bool) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [
            name
            for name, value in (
                ("from", self.from_),
                ("expr", self.expr),
                ("const", self.const),
                ("lookup", self.lookup),
            )
            if value is not None
        ]
        if len(given) != 1:
            msg = f"exactly one of from, expr, const, lookup is needed, found {', '.join(given) or 'none'}"
            raise ValueError(msg)
        return self

    @property
    def when_missing(self) -> str:
        """What becomes of the row where a lookup finds nothing; texts are withheld where nothing is said."""
        return (
            "withhold" if self.take is not None and "missing" not in self.model_fields_set else self.missing
        )


class Entry(Strict):
    """One record or claim that a branch makes of a row: its place (``as``, ``of``) and its fields."""

    kind: str
    """The key under which the block stands."""
    as_: Annotated[Name | None, Field(alias="as")] = None
    """Name by which others call it; the last part of the record id."""
    of: Name | None = None
    """Party that claims it."""
    skip_if_null: str | None = None
    """Column without which the entry is not made."""
    rule: str | None = None
    """Business rule that says so."""
    links: dict[str, Name] = {}
    """Other records of the row that this one names: ``organisation_person`` has organisation and person."""
    fields: dict[str, FieldRule]
    """Fields of the kind; a bare value is a constant."""

    @property
    def part(self) -> str:
        """The name other entries refer to, and the last part of the record id."""
        return self.as_ or self.kind


class DiscardBranch(Strict):
    """Rows that the business does not want; more than ``max`` of them is a guard."""

    rule: str
    """Business rule that says so; it names the rows in the account."""
    max: int | None = None
    """More rows than this stop the run."""


class QuarantineBranch(Strict):
    """Rows nobody knows what to do with."""

    code: str
    """Short name of the reason."""
    say: str
    """The reason, in one sentence."""
    suggestion: str | None = None
    """What to do about it."""


class Branch(Strict):
    """What becomes of the rows for which ``when`` holds; the first match wins."""

    when: str = "TRUE"
    """Condition over the columns of the row, in SQL."""
    rule: str | None = None
    """Business rule that says so."""
    discard: DiscardBranch | None = None
    """The rows are left out."""
    quarantine: QuarantineBranch | None = None
    """The rows wait for a person."""
    lookup_only: bool = False
    """The rows make nothing by themselves; other rows look texts up in them."""
    entries: tuple[Entry, ...] = ()
    """Records and claims: one key for each kind, with a block or a list of blocks."""

    @model_validator(mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "entries" in value:
            return value
        own = {k: v for k, v in value.items() if k not in KINDS}
        entries = [
            entry_block(kind, block) for kind in value if kind in KINDS for block in _listed(value[kind])
        ]
        return {**own, "entries": entries} if entries else own

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        outcomes = (self.discard, self.quarantine, self.lookup_only, self.entries)
        if sum(map(bool, outcomes)) != 1:
            msg = "a target needs exactly one of: records to make, discard, quarantine, lookup_only"
            raise ValueError(msg)
        return self


ENTRY_KEYS: Final = ("as", "of", "skip_if_null", "rule")
LINK_KEYS: Final = {"organisation_person": ("organisation", "person")}


def rule_fields(kind: str) -> dict[str, FieldType]:
    """Fields a rule may fill for a kind: those of the record, without ids, with the keys of parents."""
    return dict(_rule_fields(kind))


@cache
def _rule_fields(kind: str) -> Mapping[str, FieldType]:
    own = {name: ftype for name, ftype in field_types(kind).items() if not name.endswith("record_id")}
    own |= dict.fromkeys(CHILDREN.get(kind, ()), FieldType.TEXT)
    if kind == "contact_point":
        own.pop("value_raw"), own.pop("value_norm")
        own["value"] = FieldType.TEXT
    if kind == "consent":
        own.pop("status"), own.pop("raw_flag")
        own["flag"] = FieldType.TEXT
    return own


def entry_block(kind: str, block: Any) -> Any:
    """One block under a kind (``person: {as: x, full_name: ...}``) as the fields of :class:`Entry`."""
    if not isinstance(block, dict):
        return block
    links = {k: block[k] for k in LINK_KEYS.get(kind, ()) if k in block}
    own = {k: block[k] for k in ENTRY_KEYS if k in block}
    rest = {k: v for k, v in block.items() if k not in own and k not in links}
    return {"kind": kind, **own, "links": links, "fields": rest}


def has_own_record(kind: str) -> bool:
    """Whether rows of this kind are records (parties and children), not claims of a party."""
    return kind in PARTIES or kind in CHILDREN


class RuleFile(Strict):
    """One rule file: code, document and test of one source table or sheet."""

    map: Name
    """Name of the map: the entity in the ids of its records. It names no file and no sheet, so that these
    may be renamed."""
    version: int = 1
    """Counts up where people want to speak of versions; nothing depends on it."""
    status: Literal["draft", "in_review", "approved", "retired"] = "draft"
    """What the team says of the whole file; approvals are kept in the database."""
    owner: str | None = None
    """Who answers for the file."""
    source: Source
    """Where the rows are, and how their text is read."""
    rules: dict[str, BusinessRule] = {}
    """Business rules by id, in the words of the people who own them."""
    code_tables: dict[str, CodeTable] = {}
    """Lists of codes by name."""
    targets: Annotated[list[Branch], Field(min_length=1)]
    """What becomes of rows; the first whose condition holds takes the row."""
    on_delete: Literal["ignore", "mark_inactive", "delete"] = "mark_inactive"
    """What becomes of records whose rows have vanished: they stay in force, become inactive and stay as
    evidence, or leave the CRM with what hangs on them, and their customer where no other record backs it."""
    checks: list[Check] = []
    """Conditions on mapped values."""
    reconcile: list[Reconcile] = []
    """Control sums."""
    tests: list[Example] = []
    """Examples, which run without any source."""
