"""E-mail addresses: wrappers stripped, domain in lower case, syntax checked, nothing sent or looked up."""

from __future__ import annotations

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from crm_unify.normalise.columns import (
    Column,
    Strings,
    answer_rest,
    both,
    either,
    extract,
    glue,
    lower,
    matches,
    negate,
    present,
    record,
    replace_where_found,
    some,
)
from crm_unify.normalise.interface import Normalised, distinct
from crm_unify.normalise.problems import EMAIL_INVALID, EMAIL_SEVERAL
from crm_unify.normalise.text import squeezed

FIELDS = ("address", "local", "domain")

# What email-validator accepts without a second look: dotted words, labels of letters, digits and
# inner hyphens, a top level of letters.  Lengths are those of RFC 5321.
_WORD = r"[A-Za-z0-9_+'-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_USUAL = rf"^(?P<local>{_WORD}(?:\.{_WORD})*)@(?P<domain>(?:{_LABEL}\.)+[A-Za-z]{{2,63}})$"
_UNUSUAL = rf"^[^@]{{65}}|^.{{200}}|--|\.(?:{'|'.join(map(re.escape, sorted(SPECIAL_USE_DOMAIN_NAMES)))})$"
_SEPARATORS = re.compile(r"[;,|/\s]+")
_IN_BRACKETS = r"^[^<>]*<\s*([^<>]+?)\s*>[^<>]*$"
_PREFIX = r"(?i)^(?:mailto|smtp|e-?mail)\s*:\s*"
_LEFTOVERS = r"^[\s<('\"]+|[\s>)'\",;.]+$|\?subject=.*$"


def emails(raw: Column) -> Normalised:
    """Addresses as a struct: `address` for comparison, `local` as written, `domain`.

    `address` is in lower case throughout, because no mailbox in practice tells JOHN@ from john@;
    `local` keeps the case it was written in.
    """
    return distinct(raw, _emails)


def _emails(values: Strings) -> Normalised:
    bare = _unwrapped(squeezed(values))
    parts = extract(bare, _USUAL)
    usual = both(present(parts["local"]), negate(matches(lower(bare), _UNUSUAL)))
    domain = lower(parts["domain"])
    address = either(usual, glue(lower(parts["local"]), domain, separator="@"), None)
    columns = {"address": address, "local": parts["local"], "domain": domain, "problem": _plainly_wrong(bare)}
    settled = some(usual, negate(present(bare)), present(columns["problem"]))
    columns = answer_rest(bare, columns, settled, slow=_unusual)
    problem = columns.pop("problem")
    return Normalised(record(columns, present(columns["address"])), problem)


def _unwrapped(values: Strings) -> Strings:
    bare = replace_where_found(values, _IN_BRACKETS, r"\1")
    bare = replace_where_found(bare, _PREFIX, "")
    bare = replace_where_found(bare, _LEFTOVERS, "")
    return replace_where_found(bare, r"\s*@\s*", "@")


def _plainly_wrong(bare: Strings) -> Strings:
    return either(both(present(bare), negate(matches(bare, "@."))), EMAIL_INVALID, None)


def _unusual(text: str) -> tuple[str | None, str | None, str | None, str | None]:
    found = _checked(text)
    if found is not None:
        return (*found, None)
    parts = [part for part in _SEPARATORS.split(text) if "@" in part]
    several = len(parts) > 1 and all(_checked(part) is not None for part in parts)
    return None, None, None, EMAIL_SEVERAL if several else EMAIL_INVALID


def _checked(text: str) -> tuple[str, str, str] | None:
    try:
        checked = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{checked.local_part.lower()}@{checked.domain}", checked.local_part, checked.domain
