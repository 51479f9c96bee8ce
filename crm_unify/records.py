"""The nouns: every value that passes from one stage to the next is defined here, once.

At volume a stage works on Arrow tables whose columns are the fields of these dataclasses; the dataclass is
the row. What a source row may claim about a customer is the list of kinds in :data:`KINDS`; rule files,
Arrow tables, pandera checks and CRM tables are all held to it by one test.

Record ids come from raw source keys only, so a change of cleaning cannot renumber the world.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Annotated, Final, get_args, get_type_hints

import pyarrow as pa


class FieldType(StrEnum):
    """What a mapped value is read as; the rule key ``type`` overrides it."""

    TEXT = "text"
    DATE = "date"
    """ISO 8601 text, ``YYYY-MM-DD``."""
    TIME = "time"
    """ISO 8601 text in UTC, ``YYYY-MM-DDTHH:MM:SSZ``."""
    MONEY = "money"
    """Whole minor units (cents), int64; the currency stands in its own column."""
    DECIMAL = "decimal"
    """Canonical decimal text: point, no thousands separator, no trailing zeros."""
    INTEGER = "integer"
    FLAG = "flag"
    COUNTRY = "country"
    """ISO 3166-1 alpha-2."""
    POSTCODE = "postcode"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    VAT = "vat"
    USER = "user"
    """A user of the source system, ``system:key`` (the key as in a record id)."""


Text = Annotated[str, FieldType.TEXT]
Date = Annotated[str, FieldType.DATE]
Time = Annotated[str, FieldType.TIME]
Money = Annotated[int, FieldType.MONEY]
Decimal = Annotated[str, FieldType.DECIMAL]
Integer = Annotated[int, FieldType.INTEGER]
Flag = Annotated[bool, FieldType.FLAG]
Country = Annotated[str, FieldType.COUNTRY]
Postcode = Annotated[str, FieldType.POSTCODE]
Email = Annotated[str, FieldType.EMAIL]
User = Annotated[str, FieldType.USER]

PERSON: Final = "person"
ORGANISATION: Final = "organisation"
PARTIES: Final = (PERSON, ORGANISATION)
"""The two kinds of customer; everything else hangs on them."""


# --- what a source row may claim ---
@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A natural person, as one source row describes them."""

    record_id: Text
    full_name: Text | None = None
    """Given, middle and family name in this order, in tidy case; composed from the parts."""
    prefix: Text | None = None
    given_name: Text | None = None
    middle_name: Text | None = None
    family_name: Text | None = None
    suffix: Text | None = None
    birth_name: Text | None = None
    """Family name at birth, before a marriage."""
    nickname: Text | None = None
    gender: Text | None = None
    """``F``, ``M`` or ``X``."""
    birth_date: Date | None = None
    job_title: Text | None = None
    language: Text | None = None
    owner: User | None = None
    """Who looks after the customer in the source system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A company, authority or club, as one source row describes it."""

    record_id: Text
    name: Text | None = None
    legal_form: Text | None = None
    website: Annotated[str, FieldType.URL] | None = None
    industry: Text | None = None
    owner: User | None = None
    """Who looks after the customer in the source system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPerson:
    """A person's place in an organisation; both records come from one source row."""

    record_id: Text
    """Record of the organisation."""
    person_record_id: Text
    role: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """One e-mail address, phone or fax number or web page of a party."""

    record_id: Text
    kind: Text
    """``email``, ``phone``, ``fax`` or ``web``."""
    value_raw: Text
    value_norm: Text
    """E.164 number, lower-case address or URL: what two records must share to share it."""
    label: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One postal address of a party."""

    record_id: Text
    line1: Text | None = None
    line2: Text | None = None
    postal_code: Postcode | None = None
    city: Text | None = None
    region: Text | None = None
    country_code: Country | None = None
    label: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyIdentifier:
    """A number somebody issued for a party: VAT id, register number, loyalty card."""

    record_id: Text
    scheme: Text
    value: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer account of one source system; balances are never merged, they stay on their account."""

    record_id: Text
    system: Text
    account_no: Text
    balance: Money | None = None
    credit_limit: Money | None = None
    currency: Text | None = None
    terms: Text | None = None
    opened: Date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a party said about being written to or called, with the evidence."""

    record_id: Text
    channel: Text
    """``email``, ``phone``, ``post`` or ``any``."""
    status: Text
    """``opted_in`` only with date and evidence, ``opted_out`` on any objection, else ``unknown``."""
    raw_flag: Text | None = None
    given_at: Date | None = None
    evidence: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesOrder:
    """An order; it follows the golden customer of the record it points at."""

    record_id: Text
    customer_record_id: Text | None
    """None where the rule lets an order load without its customer; so with the other children."""
    order_no: Text
    order_date: Date | None = None
    status: Text | None = None
    total: Money | None = None
    currency: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One position of an order."""

    record_id: Text
    order_record_id: Text | None
    line_no: Integer | None = None
    sku: Text | None = None
    description: Text | None = None
    quantity: Decimal | None = None
    unit_price: Money | None = None
    amount: Money | None = None
    currency: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCase:
    """A question or complaint; it follows the golden customer of the record it points at."""

    record_id: Text
    customer_record_id: Text | None
    case_no: Text
    subject: Text | None = None
    status: Text | None = None
    priority: Text | None = None
    opened_at: Time | None = None
    closed_at: Time | None = None
    description: Text | None = None
    owner: User | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """A deal that may come; it follows the golden customer of the record it points at."""

    record_id: Text
    customer_record_id: Text | None
    title: Text
    opportunity_no: Text | None = None
    stage: Text | None = None
    probability: Decimal | None = None
    """Percent, as the source says it."""
    amount: Money | None = None
    currency: Text | None = None
    opened: Date | None = None
    expected_close: Date | None = None
    closed: Date | None = None
    owner: User | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A call, visit, letter or note; it follows the golden customer of the record it points at."""

    record_id: Text
    customer_record_id: Text | None
    kind: Text | None = None
    """What it was, in the words of the source or of a code table: call, visit, note ..."""
    subject: Text | None = None
    occurred_at: Time | None = None
    status: Text | None = None
    body: Text | None = None
    """What a person reads: see the transforms ``html_to_text`` and ``rtf_to_text``."""
    original: Text | None = None
    """The note as the source has it, mark-up included."""
    owner: User | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppUser:
    """A person who works with a source system: who owns a customer, an opportunity, an activity.

    The key of the row is what owners are named by. A user that is named and in no list is a placeholder.
    """

    record_id: Text
    name: Text | None = None
    email: Email | None = None


KINDS: Final[dict[str, type]] = {
    PERSON: Person,
    ORGANISATION: Organisation,
    "organisation_person": OrganisationPerson,
    "contact_point": ContactPoint,
    "address": Address,
    "party_identifier": PartyIdentifier,
    "account": Account,
    "consent": Consent,
    "sales_order": SalesOrder,
    "order_line": OrderLine,
    "support_case": SupportCase,
    "opportunity": Opportunity,
    "activity": Activity,
    "app_user": AppUser,
}
"""Every kind a rule file may map to, in the order they are loaded."""

CHILDREN: Final[dict[str, tuple[str, ...]]] = {
    "sales_order": ("customer",),
    "order_line": ("order",),
    "support_case": ("customer",),
    "opportunity": ("customer",),
    "activity": ("customer",),
    "app_user": (),
}
"""Kinds with records of their own that are no customers, and the rule keys that name what they hang on."""

PARTY_CLAIMS: Final = tuple(k for k in KINDS if k not in CHILDREN and k not in PARTIES)
"""Kinds that are claims of a party record (``of: NAME``), not records of their own."""


@cache  # evaluating the annotations of a class takes a millisecond, and a run asks forty times
def field_types(kind: str) -> Mapping[str, FieldType]:
    """Name and type of every field of a kind, record ids included, in column order."""
    hints = get_type_hints(KINDS[kind], include_extras=True)
    return {f.name: _field_type(hints[f.name]) for f in fields(KINDS[kind])}


def _field_type(hint: object) -> FieldType:
    for part in (hint, *get_args(hint)):
        for value in getattr(part, "__metadata__", ()):
            if isinstance(value, FieldType):
                return value
    msg = f"{hint!r} carries no field type"
    raise TypeError(msg)


def arrow_schema(kind: str) -> pa.Schema:
    """Arrow columns of a table of claims of this kind."""
    return pa.schema(
        [pa.field(name, ARROW_TYPES.get(ftype, pa.string())) for name, ftype in field_types(kind).items()]
    )


ARROW_TYPES: Final = {FieldType.MONEY: pa.int64(), FieldType.INTEGER: pa.int64(), FieldType.FLAG: pa.bool_()}

# --- tables between the stages ---
RECORDS: Final = pa.schema(
    [
        ("record_id", pa.string()),  # system.entity:key#part
        ("map", pa.string()),  # rule file that made it; the entity of the id
        ("system", pa.string()),
        ("entity", pa.string()),
        ("key", pa.string()),  # percent-encoded key parts joined with |
        ("part", pa.string()),
        ("kind", pa.string()),  # a key of KINDS that has records of its own
        ("row_id", pa.string()),  # the raw row it came from; null for a placeholder
        ("row_hash", pa.string()),
        ("lineage", pa.string()),  # which mapping made it: id of a Lineage
        ("created", pa.string()),  # of the source row, ISO date or time
        ("updated", pa.string()),
        ("raw", pa.string()),  # the raw row as JSON, empty columns left out
        ("claims", pa.string()),  # everything the record claims, as JSON with sorted keys
    ]
)
"""One row per record: a party, an order, a line or a case described by one source row."""

ROW_FATES: Final = pa.schema(
    [
        ("map", pa.string()),
        ("row_id", pa.string()),  # row hash and ordinal among identical rows, joined with '-'
        ("file", pa.string()),
        ("sheet", pa.string()),
        ("row", pa.int64()),
        ("fate", pa.string()),  # a Fate
        ("rule", pa.string()),  # discarding rule, or code of the quarantine or hold; SYS_JOINED_ROW of a line
        ("key", pa.string()),
    ]
)
"""Where every extracted row went; conservation is checked on this table."""

REJECTIONS: Final = pa.schema(
    [
        ("map", pa.string()),
        ("row_id", pa.string()),
        ("record_id", pa.string()),  # null for a row that made no record
        ("severity", pa.string()),  # a Severity
        ("target", pa.string()),  # kind.field, null for a whole row
        ("column", pa.string()),  # source columns, joined with ', '
        ("code", pa.string()),
        ("raw", pa.string()),  # text as found; for a whole row the row as JSON
        ("sentence", pa.string()),
        ("suggestion", pa.string()),
    ]
)
"""Withheld values and quarantined rows, each with its reason."""


OBJECTIONS: Final = pa.schema(
    [
        ("record_id", pa.string()),  # the record the row would have made
        ("map", pa.string()),
        ("system", pa.string()),
        ("channel", pa.string()),
        ("raw_flag", pa.string()),
        ("kind", pa.string()),  # of contact point; null: the record as a whole
        ("value_norm", pa.string()),  # null: the record as a whole
    ]
)
"""Objections on rows that make no record; they hold wherever the address or number is."""


class Fate(StrEnum):
    """The four places an extracted row can be in."""

    MAPPED = "mapped"
    HELD = "held"
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"


class Severity(StrEnum):
    """What a rejection does."""

    WARN = "warn"
    """Listed; the value is loaded."""
    WITHHOLD = "withhold"
    """The value is left out, the record loads."""
    QUARANTINE = "quarantine"
    """The row makes no record."""


PLACEHOLDER: Final = "placeholder"
"""Scheme of the identifier that says of a record: it stands for a parent which no source has."""
NO_ROW: Final = "no row"
"""What such a record has in place of the hash of a row."""

SYS_REPEATED_ROW: Final = "SYS-REPEATED-ROW"
"""Built-in rule: of identical rows one is kept, the others are discarded."""
SYS_ERASED: Final = "SYS-ERASED"
"""Built-in rule: rows of a person who was erased are left out of every run."""

SYS_JOINED_ROW: Final = "SYS-JOINED-ROW"
"""Built-in rule: lines that were put together with the first line of their row, and are where that is."""

SYS_LOOKUP_ONLY: Final = "SYS-LOOKUP-ONLY"
"""Built-in rule: rows that make nothing by themselves, other rows look texts up in them."""

SYS_WAIVED: Final = "SYS-WAIVED"
"""Built-in rule: rows that a person waived, for a reason kept with it."""


@dataclass(frozen=True, slots=True)
class FieldLineage:
    """How one mapped field gets its value."""

    target: str
    """``kind.field``; the second and later of a list with their position: ``contact_point[2].value``."""
    columns: tuple[str, ...]
    """Source columns it is made of, headers as found."""
    how: str
    """Transforms, type, code table or expression in words."""
    rule: str | None
    """Business rule that decided it."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """How one branch of one rule file makes one record, so that every claim can name its column and rule."""

    id: str
    """First 16 hex characters of the SHA-256 of the other fields: another mapping, another id."""
    map: str
    branch: int
    """Position among the targets of the rule file, from 1."""
    part: str
    fields: tuple[FieldLineage, ...]


# --- record ids ---
_ENCODED: Final = re.compile(r"[%:#|!\x00-\x1f\x7f]")


def encode_key_part(text: str) -> str:
    """A raw key part with ``% : # | !`` and control characters percent-encoded (upper-case hex)."""
    return _ENCODED.sub(lambda m: f"%{ord(m.group()):02X}", text)


def record_id(system: str, entity: str, key: tuple[str, ...], part: str) -> str:
    """``system.entity:key#part`` from raw key parts.

    >>> record_id("billing", "customers", ("0017",), "org")
    'billing.customers:0017#org'
    """
    return f"{system}.{entity}:{'|'.join(map(encode_key_part, key))}#{part}"
