"""Contact points, identifiers and birth dates as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.columns import MISSING, Column, Flags, Ints, Part, column, merge, part
from matching.lists import PROVIDERS
from matching.policy import MANY

PLACEHOLDER_COUNT, PLACEHOLDER_RATIO = 8, 15
"""A first of January is a placeholder when this many records carry it, and this many times the usual
number."""

NEAR_YEARS = 5
"""Years before and after whose first of January is looked at for comparison."""


class Claimed(Protocol):
    """Access to the claims of one kind's records."""

    def texts(self, table: str, *names: str) -> tuple[list[pa.Array], Ints]:
        """Columns of a claim table as text, and the record of each row."""
        ...

    def __len__(self) -> int:
        """Number of records."""
        ...


def columns(table: Claimed) -> dict[str, Column]:
    """E-mails with their local parts and domains, phone numbers with their tails, identifiers."""
    email, phone, web = _points(table)
    own = email.mapped(own_domains(email.values.array))
    return {
        "email": email,
        "phone": phone,
        "domain": merge([own, web.attribute(site_domain)]),
        "identifier": _identifiers(table),
    }


def parts(fields: Mapping[str, Column]) -> dict[str, Part]:
    """The parts of e-mail addresses and phone numbers that are compared by themselves."""
    email, phone = fields["email"], fields["phone"]
    split = pc.extract_regex(email.values.array, r"(?s)^(?P<local>[^@]*)@?(?P<domain>.*)$")
    return {
        "email_local": part(pc.struct_field(split, "local")),
        "email_domain": part(pc.struct_field(split, "domain")),
        "phone_tail": part(pc.utf8_slice_codeunits(phone.values.array, -7)),
    }


def _points(table: Claimed) -> tuple[Column, Column, Column]:
    """E-mail, phone (digits) and web addresses; a value that is not valid is still evidence."""
    (kind, raw, norm), owner = table.texts("contact_point", "kind", "value_raw", "value_norm")
    given = pc.coalesce(norm, raw)
    n = len(table)
    email = _picked(kind, given, "email")
    email = pc.utf8_lower(pc.replace_substring_regex(email, r"\s+", ""))
    phone = pc.replace_substring_regex(_picked(kind, given, "phone"), r"\D", "")
    phone = pc.if_else(pc.greater_equal(pc.utf8_length(phone), 5), phone, pa.scalar(None, pa.string()))
    web = pc.utf8_lower(_picked(kind, given, "web"))
    (site,), site_owner = table.texts("organisation", "website")
    sites = merge([column(owner, web, n), column(site_owner, pc.utf8_lower(site), n)])
    return column(owner, email, n), column(owner, phone, n), sites


_ROLE_WORDS = (
    "info office kontakt contact contacto contatti mail post zentrale empfang reception service support "
    "kundenservice kundendienst sales vertrieb verkauf ventas ventes order orders bestellung einkauf "
    "purchasing accounts accounting billing invoice invoices rechnung rechnungen buchhaltung finance compta "
    "admin verwaltung administration hr jobs bewerbung personal karriere marketing presse press hello hallo "
    "enquiries anfrage team buero biuro shop webmaster noreply"
)
ROLES = frozenset(_ROLE_WORDS.split())
"""First words of mailboxes that belong to a task and not to a person; a place may follow (info-koeln)."""

_NOBODYS_WORDS = (
    "no non none na unknown test keine? sin aucun x+ nobody anonym(?:ous|e|o|us)? nadie ningun[ao]? nessuno "
    "geen onbekend inconnu unbekannt niemand desconocid[ao] ingen brak fake dummy example"
)
NOBODYS = rf"^(?:{_NOBODYS_WORDS.replace(' ', '|')})[-._]?(?:e?mail|reply)?@"
"""What is typed where an address is asked for and there is none: noemail@shop.example."""

_TELLING = ("given", "family", "birth_name", "called", "gender", "phone", "address", "identifier", "employer")
"""What says, besides a mailbox and a birth date, whose record it is."""


def with_mailboxes(table: Claimed, fields: Mapping[str, Column]) -> Column:
    """The identifiers, and of records that hold nothing but a mailbox, the mailbox: nothing else calls them.

    A newsletter list is made of them: two rows of one address are one subscriber. The degree of a mailbox is
    the number of records that it calls: one of MANY is typed in the place of none, in whatever language.
    """
    (born,), owner = table.texts("person", "birth_date")
    alone = np.logical_and.reduce([fields[name].first == MISSING for name in _TELLING])
    # a date that stands for none counts too: which do, only all records together tell
    alone[owner[pc.is_valid(born).to_numpy(zero_copy_only=False)]] = False
    return with_callers(merge([fields["identifier"], _called(fields["email"], alone)]))


def with_callers(col: Column) -> Column:
    """The identifiers; the degree of a mailbox among them is the number of records that it calls."""
    mailbox = pc.match_substring(col.values.array, "@").to_numpy(zero_copy_only=False)
    return replace(col, degree=np.where(mailbox, np.bincount(col.codes, minlength=len(col.values)), 1))


def _called(email: Column, chosen: Flags) -> Column:
    """The mailboxes of the chosen records as `email:value`, those left out that are nobody's or a task's."""
    kept = chosen[email.carriers]
    value = email.values.take(email.codes[kept])
    nobodys = pc.or_(pc.match_substring_regex(value, NOBODYS), of_a_task(value))
    person = pc.and_(pc.match_substring(value, "@"), pc.invert(nobodys))
    texts = pc.if_else(person, pc.binary_join_element_wise("email", value, ":"), "")
    return column(email.carriers[kept], texts, email.records)


def of_a_task(mailboxes: pa.Array) -> pa.Array:
    """True where an address, or its part before the @, names a task: info, sales, info-koeln."""
    first = pc.replace_substring_regex(mailboxes, r"(?s)[-._+@\p{Nd}].*", "")
    return pc.is_in(first, value_set=pa.array(sorted(ROLES)))


def _picked(kind: pa.Array, value: pa.Array, wanted: str) -> pa.Array:
    return pc.if_else(pc.fill_null(pc.equal(kind, wanted), False), value, pa.scalar(None, pa.string()))


def own_domains(emails: pa.Array) -> pa.Array:
    """The domain of each e-mail address, '' where it belongs to a mail provider."""
    domain = pc.replace_substring_regex(emails, r"(?s)^[^@]*@?", "")
    return pc.if_else(pc.is_in(domain, value_set=pa.array(sorted(PROVIDERS))), "", domain)


def site_domain(url: str) -> str:
    """The domain of a web address, without `www.`."""
    bare = url.strip().partition("://")[2] or url.strip()
    host = bare.partition("/")[0].partition("?")[0].partition(":")[0].removeprefix("www.")
    return host if "." in host else ""


def _identifiers(table: Claimed) -> Column:
    """`scheme:value`, upper-case letters and digits."""
    (scheme, value), owner = table.texts("party_identifier", "scheme", "value")
    bare = pc.replace_substring_regex(pc.utf8_upper(value), r"[^\p{L}\p{N}]", "")
    bare = pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare)
    return column(owner, pc.binary_join_element_wise(pc.utf8_lower(scheme), bare, ":"), len(table))


def birth_dates(col: Column) -> Column:
    """The column without dates that stand for 'unknown'.

    A first of January is one when it is far more frequent than dates usually are, and than the first of
    January of the years around it: where only years are known, all of those are frequent.
    """
    ends = pc.equal(pc.utf8_slice_codeunits(col.values.array, 4, 2**31 - 1), "-01-01")
    january = np.flatnonzero(ends.to_numpy(zero_copy_only=False))
    usual = col.counts.sum() / max(len(col.values), 1)
    line = max(PLACEHOLDER_COUNT, PLACEHOLDER_RATIO * usual)
    suspect = january[col.counts[january] >= line]
    years = np.array([int(date[:4]) if date[:4].isdigit() else 0 for date in col.values[january]])
    stand_in = [
        i for i in suspect if _stands_out(col.counts[january], years, int(col.values[i][:4]), col.counts[i])
    ]
    if not stand_in:
        return col
    code = np.arange(len(col.values), dtype=np.int32)
    code[stand_in] = MISSING
    return col.recoded(code, col.values)


def _stands_out(counts: Ints, years: Ints, year: int, count: int) -> bool:
    near = (np.abs(years - year) <= NEAR_YEARS) & (years != year)
    return bool(count >= PLACEHOLDER_COUNT * max(float(counts[near].sum()) / (2 * NEAR_YEARS), 1.0))


def mark_sites(persons: Column, organisations: Column) -> Column:
    """The persons' column with a degree of at least MANY for each value that an organisation carries."""
    shared = organisations.values.find(persons.values) >= 0
    return replace(persons, degree=np.where(shared, np.maximum(persons.degree, MANY), persons.degree))
