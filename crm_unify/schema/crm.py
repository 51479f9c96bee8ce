"""The tables of the CRM: what a sales, billing or support system reads and people edit.

Keys are text, a prefix and 13 base32 characters (see :mod:`crm_unify.ids`). Money is whole minor units with
its currency in its own column. A row made by a person in the CRM simply has a key this program never
issued; it is never touched.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from crm_unify.schema.base import CRM, by_beginning, load_stamp, one_of, table
from crm_unify.schema.types import key, long_text, record_id, time

CONTACT_KINDS: Final = ("email", "phone", "fax", "web")
CHANNELS: Final = ("email", "phone", "post", "any")
CONSENT_STATUSES: Final = ("opted_out", "unknown", "opted_in")
"""The most restrictive first."""


def _id() -> sa.Column[str]:
    return sa.Column("id", key(), primary_key=True)


def _of(name: str, target: str, *, nullable: bool = False, index: bool = True) -> sa.Column[str]:
    return sa.Column(name, key(), sa.ForeignKey(target), nullable=nullable, index=index)


def _owner() -> sa.Column[str]:
    return _of("owner_id", "app_user.id", nullable=True)


app_user = table(
    "app_user",
    _id(),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("user_key", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("is_placeholder", sa.Boolean, nullable=False),
    layer=CRM,
)
"""Who owns customers, opportunities and activities, as each source system names its users.

A placeholder is named somewhere and described in no list of users; a list that arrives later fills it in.
"""

customer = table(
    "customer",
    _id(),
    sa.Column("kind", key(32), nullable=False),
    sa.Column("display_name", sa.Text),
    sa.Column("status", key(32), nullable=False),
    sa.Column("confirmed_at", time()),
    _owner(),
    sa.Column("source_created", time()),
    sa.Column("source_updated", time()),
    sa.Column("custom", long_text()),
    one_of("kind", "person", "organisation"),
    one_of("status", "active", "inactive", "merged"),
    by_beginning("display_name"),
    layer=CRM,
    owner="id",
)

person = table(
    "person",
    sa.Column("customer_id", key(), sa.ForeignKey("customer.id"), primary_key=True),
    *(
        sa.Column(name, sa.Text)
        for name in (
            "prefix",
            "given_name",
            "middle_name",
            "family_name",
            "suffix",
            "birth_name",
            "nickname",
            "full_name",
        )
    ),
    sa.Column("gender", key(32)),
    sa.Column("birth_date", sa.Date),
    sa.Column("job_title", sa.Text),
    sa.Column("language", sa.Text),
    one_of("gender", "F", "M", "X"),
    by_beginning("family_name"),
    layer=CRM,
    owner="customer_id",
)

organisation = table(
    "organisation",
    sa.Column("customer_id", key(), sa.ForeignKey("customer.id"), primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("name", "legal_form", "website", "industry")),
    layer=CRM,
    owner="customer_id",
)

organisation_person = table(
    "organisation_person",
    _id(),
    _of("organisation_id", "organisation.customer_id"),
    _of("person_id", "person.customer_id"),
    sa.Column("role", sa.Text),
    sa.Column("is_primary", sa.Boolean),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    layer=CRM,
    owner="organisation_id",
)

contact_point = table(
    "contact_point",
    _id(),
    _of("customer_id", "customer.id"),
    sa.Column("kind", key(32), nullable=False),
    sa.Column("value_raw", sa.Text),
    sa.Column("value_norm", sa.Text, nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("is_primary", sa.Boolean),
    sa.Column("verified", sa.Boolean),
    one_of("kind", *CONTACT_KINDS),
    by_beginning("value_norm"),
    layer=CRM,
    owner="customer_id",
)

address = table(
    "address",
    _id(),
    _of("customer_id", "customer.id"),
    *(sa.Column(name, sa.Text) for name in ("line1", "line2", "postal_code", "city", "region")),
    sa.Column("country_code", key(2)),
    sa.Column("label", sa.Text),
    sa.Column("is_primary", sa.Boolean),
    layer=CRM,
    owner="customer_id",
)

party_identifier = table(
    "party_identifier",
    _id(),
    _of("customer_id", "customer.id"),
    sa.Column("scheme", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    layer=CRM,
    owner="customer_id",
)

account = table(
    "account",
    _id(),
    _of("customer_id", "customer.id"),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("account_no", sa.Text, nullable=False),
    sa.Column("balance", sa.BigInteger),
    sa.Column("credit_limit", sa.BigInteger),
    sa.Column("currency", key(3)),
    sa.Column("terms", sa.Text),
    sa.Column("opened", sa.Date),
    layer=CRM,
    owner="customer_id",
)

consent = table(
    "consent",
    _id(),
    _of("customer_id", "customer.id"),
    sa.Column("channel", key(32), nullable=False),
    sa.Column("value_norm", sa.Text),
    sa.Column("status", key(32), nullable=False),
    sa.Column("raw_flag", sa.Text),
    sa.Column("given_at", sa.Date),
    sa.Column("evidence", sa.Text),
    sa.Column("system", sa.Text),
    sa.Column("source_record_id", record_id(), index=True),
    sa.Column("carrier_record_id", record_id()),
    load_stamp("run", nullable=True),
    one_of("channel", *CHANNELS),
    one_of("status", *CONSENT_STATUSES),
    layer=CRM,
)
"""What was said about being written to or called. Append-only: a change of mind is another row.

``source_record_id`` said it; ``carrier_record_id`` is the record through which it reaches the customer (the
same one, or another that carries the address). Both are NULL on a row that a person entered in the CRM.
What holds now is told by the view ``consent_current``.
"""

sales_order = table(
    "sales_order",
    _id(),
    _of("customer_id", "customer.id", nullable=True),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("order_no", sa.Text, nullable=False),
    sa.Column("order_date", sa.Date),
    sa.Column("status", sa.Text),
    sa.Column("total", sa.BigInteger),
    sa.Column("currency", key(3)),
    layer=CRM,
)

order_line = table(
    "order_line",
    _id(),
    _of("order_id", "sales_order.id", nullable=True),
    sa.Column("line_no", sa.BigInteger),
    sa.Column("sku", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("quantity", sa.Text),  # exact decimal text: NUMERIC is a REAL on SQLite
    sa.Column("unit_price", sa.BigInteger),
    sa.Column("amount", sa.BigInteger),
    sa.Column("currency", key(3)),
    layer=CRM,
)

support_case = table(
    "support_case",
    _id(),
    _of("customer_id", "customer.id", nullable=True),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("case_no", sa.Text, nullable=False),
    sa.Column("subject", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("priority", sa.Text),
    sa.Column("opened_at", time()),
    sa.Column("closed_at", time()),
    sa.Column("description", sa.Text),
    _owner(),
    layer=CRM,
)

opportunity = table(
    "opportunity",
    _id(),
    _of("customer_id", "customer.id", nullable=True),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("opportunity_no", sa.Text),
    sa.Column("stage", sa.Text),
    sa.Column("probability", sa.Text),  # exact decimal text
    sa.Column("amount", sa.BigInteger),
    sa.Column("currency", key(3)),
    sa.Column("opened", sa.Date),
    sa.Column("expected_close", sa.Date),
    sa.Column("closed", sa.Date),
    _owner(),
    layer=CRM,
)

activity = table(
    "activity",
    _id(),
    _of("customer_id", "customer.id", nullable=True),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("kind", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("occurred_at", time()),
    sa.Column("status", sa.Text),
    sa.Column("body", long_text()),
    sa.Column("original", long_text()),
    _owner(),
    layer=CRM,
)
