"""What each column of a table could be used for: its role, read on with the lists of further headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from crm_unify.propose.words import QUALIFIED, Guess, about_others, field_guesses, standard_use
from crm_unify.roles.headers import header_words as words_of
from crm_unify.roles.headers import read_header
from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.rules.model import rule_fields
from pipelines.bare.headers import header_words
from pipelines.profile.interface import ColumnProfile, TableProfile

SURE: Final = 0.7
"""Certainty from which on a column is mapped; below a person is asked"""
CONSTANT_ROWS: Final = 20
"""Rows from which on a column that always says the same says nothing"""

USES: Final[Mapping[Role, str]] = {
    Role.FULL_NAME: "person.full_name",
    Role.GIVEN_NAME: "person.given_name",
    Role.MIDDLE_NAME: "person.middle_name",
    Role.FAMILY_NAME: "person.family_name",
    Role.NAME_SUFFIX: "person.suffix",
    Role.NICKNAME: "person.nickname",
    Role.BIRTH_NAME: "person.birth_name",
    Role.TITLE: "person.prefix",
    Role.BIRTH_DATE: "person.birth_date",
    Role.GENDER: "person.gender",
    Role.JOB_TITLE: "person.job_title",
    Role.CONTACT: "contact",
    Role.ORGANISATION: "organisation.name",
    Role.PARTY_NAME: "party",
    Role.EMAIL: "contact_point.email",
    Role.PHONE: "contact_point.phone",
    Role.FAX: "contact_point.fax",
    Role.WEBSITE: "contact_point.web",
    Role.ADDRESS: "address.line1",
    Role.STREET: "address.line1",
    Role.HOUSE_NUMBER: "address.house_number",
    Role.UNIT: "address.line2",
    Role.ADDRESS_EXTRA: "address.line2",
    Role.CITY: "address.city",
    Role.POSTCODE: "address.postal_code",
    Role.REGION: "address.region",
    Role.COUNTRY: "address.country_code",
    Role.IDENTIFIER: "identifier",
}
"""Role -> use; columns of other roles are told by their headers alone"""

_OTHERS: Final[Mapping[Role, str]] = {
    Role.TEXT: "free text, which this version does not load from a table of customers",
    Role.NOISE: "nothing a customer is known by",
    Role.CATEGORY: "a kind or code",
    Role.ROW_KEY: "another number of the row",
    Role.RECORD_DATE: "a date of the row",
}
"""What is said of columns whose role has no use"""

_ONCE: Final = frozenset({
    "owner", "account.balance", "account.credit_limit", "account.terms", "account.opened",
    "organisation.industry", "organisation.legal_form", "person.language", "person.job_title",
    "person.birth_date", "consent.given_at",
})  # fmt: skip
"""Uses that one column has, the surest; another one is asked about"""

SENSITIVE: Final = frozenset({"bank", "ssn", "passport", "licence", "national"})
"""Numbers that nobody takes over without asking"""
_PARTY_FIELDS: Final = (
    "account.",
    "organisation.",
    "person.",
    "consent.",
    "objection.",
    "owner",
    "source.",
    "technical",
    "deleted",
)
_NUMBERS: Final = frozenset({"integer", "decimal", "money", "digits"})
_DAYS: Final = frozenset({"date", "date-time"})
_FITTING: Final[Mapping[str, frozenset[str]]] = {
    "account.balance": _NUMBERS,
    "account.credit_limit": _NUMBERS,
    "account.opened": _DAYS,
    "source.created": _DAYS,
    "source.updated": _DAYS,
    "consent.given_at": _DAYS,
    "sales_order.order_date": _DAYS,
    "sales_order.total": _NUMBERS,
    "order_line.quantity": _NUMBERS,
    "order_line.unit_price": _NUMBERS,
    "order_line.amount": _NUMBERS,
    "order_line.line_no": frozenset({"integer", "digits"}),
    "support_case.opened_at": _DAYS,
    "support_case.closed_at": _DAYS,
    "opportunity.amount": _NUMBERS,
    "opportunity.probability": _NUMBERS,
    "opportunity.opened": _DAYS,
    "opportunity.expected_close": _DAYS,
    "opportunity.closed": _DAYS,
    "activity.occurred_at": _DAYS,
}
"""Use -> types of values without which the header is not believed"""
_FLAGS: Final = 5
"""Different values that a flag has at most"""
OWNER: Final = "owner"
"""Use of a column that says who looks after the customer"""
_STANDARD: Final = 0.95
"""Certainty of what the standard of a format says a column is"""
_HEADED: Final = 0.85
"""Weight of a header from which on it names a part of a name whatever the values are"""
_FEW_ROWS: Final = 20
_OWNED: Final = 0.5
"""Different owners by rows, at most: from those few rows on each owner has several"""


@dataclass(frozen=True, slots=True)
class Use:
    """What one column is proposed for."""

    column: ColumnProfile
    to: str
    """`person.given_name`, `contact_point.phone`, `identifier`, `ignore`, `ask`, ..."""
    certainty: float
    """0 to 1"""
    why: str
    """In a sentence"""

    @property
    def name(self) -> str:
        """The column as rules name it."""
        return self.column.name

    @property
    def group(self) -> str:
        """Of parts of addresses and of numbers: which of several."""
        return self.column.role.group

    @property
    def note(self) -> str:
        """How sure it is, and why."""
        return f"{self.certainty:.2f}: {self.why}"


def party_uses(table: TableProfile) -> tuple[Use, ...]:
    """What the columns of a table of customers are for."""
    uses = [_standard(column, table.reader) or _use(column) for column in table.columns]
    uses = _headed_names(uses)
    best: dict[str, Use] = {}
    for use in uses:
        if use.to in _ONCE and (use.to not in best or use.certainty > best[use.to].certainty):
            best[use.to] = use
    once = (use if use.to not in _ONCE or use is best[use.to] else asked(use) for use in uses)
    parts = {use.to for use in uses} >= {"person.given_name", "person.family_name"}
    return tuple(_without_whole(use) if parts else use for use in once)


def _standard(column: ColumnProfile, reader: str) -> Use | None:
    """The use of a column whose format says what it is."""
    to = standard_use(reader, column.name)
    if to is None or not column.filled:
        return None
    return _worded(column, Guess(to, _STANDARD, column.name))


def _headed_names(uses: list[Use]) -> list[Use]:
    """Parts of names by their headers, where values look like neither; a bare name may be the given one."""
    parts = (Role.GIVEN_NAME, Role.FAMILY_NAME)
    headed = {role: [use for use in uses if _heads(use, role)] for role in parts}
    given = headed[Role.GIVEN_NAME] or [use for use in uses if _heads(use, None)]
    if not given or not headed[Role.FAMILY_NAME]:
        return uses
    by_header = {use.name: role for role, found in headed.items() for use in found if use.to == "ask"}
    told = "its header says so, its values do not look like it"
    return [
        replace(use, to=USES[by_header[use.name]], certainty=SURE, why=told) if use.name in by_header else use
        for use in uses
    ]


def _heads(use: Use, role: Role | None) -> bool:
    """Whether a filled column is called so before all else; None is a bare name."""
    if not use.column.filled or about_others(use.name) is not None:
        return False
    best = max(read_header(use.name, header_words()), key=lambda one: one.weight, default=None)
    return best is not None and best.role == role and best.weight >= _HEADED


def _without_whole(use: Use) -> Use:
    """A name as a whole beside its parts is left out."""
    whole = use.to == "person.full_name" or (use.to == "ask" and use.column.role.role == Role.FULL_NAME)
    return replace(use, to="ignore", why="its parts stand in other columns") if whole else use


def child_uses(table: TableProfile, kind: str) -> dict[str, Use]:
    """What the columns of a table that hangs on another are for, by field; the likeliest column each."""
    found: dict[str, Use] = {}
    prefixes = (f"{kind}.", OWNER) if OWNER in rule_fields(kind) else (f"{kind}.",)
    for column in table.columns:
        for guess in field_guesses(column.name, prefixes=prefixes):
            known = found.get(guess.target)
            if _fits(guess, column) and (known is None or guess.certainty > known.certainty):
                found[guess.target] = _worded(column, guess)
    taken: dict[str, Use] = {}
    for target, use in sorted(found.items(), key=lambda one: -one[1].certainty):
        if use.name not in {other.name for other in taken.values()}:
            taken[target.rpartition(".")[2]] = use
    return taken


def _use(column: ColumnProfile) -> Use:
    """The use of one column, whatever the others are."""
    if not column.filled:
        return Use(column, "ignore", 1.0, "nothing is filled in")
    own = next((one for one in field_guesses(column.name, prefixes=(OWNER,)) if _fits(one, column)), None)
    if own is not None and own.certainty >= QUALIFIED:
        return _worded(column, own)
    other = about_others(column.name)
    if other is not None:
        return Use(column, "ask", 0.5, f"its header speaks of '{other}', not of the customer")
    role = _by_role(column)
    guess = next(
        (one for one in field_guesses(column.name, prefixes=_PARTY_FIELDS) if _fits(one, column)), None
    )
    if guess is not None and (role.to == "ask" or guess.certainty > role.certainty):
        return _worded(column, guess)
    if role.to == "ask" and _constant(column):
        return Use(column, "ignore", 0.9, f"it says '{column.top[0].value}' in every row")
    return role


def _by_role(column: ColumnProfile) -> Use:
    role = column.role
    to = USES.get(role.role)
    if to is None or role.certainty < SURE or _unsaid(role):
        return Use(column, "ask", role.certainty, _doubt(role, to))
    if role.fallback:
        return Use(column, "ask", role.certainty, f"a second column of the kind: {role.reason}")
    if role.role == Role.IDENTIFIER and "does not say" in role.reason:
        return Use(column, "ask", role.certainty, f"a number that somebody issued: {role.reason}")
    if role.role == Role.IDENTIFIER and role.scheme in SENSITIVE:
        return Use(column, "ask", role.certainty, f"a {role.scheme} number: may it be taken over?")
    if role.role == Role.PHONE and "FAX" in words_of(column.name):
        to = USES[Role.FAX]
    return Use(column, to, role.certainty, role.reason)


def _unsaid(role: ColumnRole) -> bool:
    """Names that only their like beside them makes second names: the header has to say so."""
    return role.role == Role.MIDDLE_NAME and "header" not in role.reason


def _doubt(role: ColumnRole, to: str | None) -> str:
    if to is None and role.role == Role.NOISE and not role.certainty:
        return "neither its header nor its values say what it is"
    if to is None:
        return f"{_OTHERS.get(role.role, 'it may be ' + role.role.value)}: {role.reason}"
    return f"it may be the {role.role.value}: {role.reason}"


def _worded(column: ColumnProfile, guess: Guess) -> Use:
    """A use that the header names; technical columns are left out."""
    if guess.target == "technical":
        return Use(column, "ignore", guess.certainty, "the old system keeps it for itself")
    if guess.target == "deleted":
        marks = column.distinct > 1
        told = "some rows are marked as deleted: do they count?" if marks else "all rows are marked alike"
        return Use(column, "ask" if marks else "ignore", guess.certainty, told)
    reason = "its header says so" if guess.certainty > 0.9 else f"its header has '{guess.words}'"
    return Use(column, guess.target, guess.certainty, reason)


def _fits(guess: Guess, column: ColumnProfile) -> bool:
    """Whether values could be what the header says."""
    if not column.filled:
        return True
    if guess.target.startswith(("consent.email", "objection.")):
        return column.distinct <= _FLAGS
    if guess.target == OWNER:
        return column.filled < _FEW_ROWS or column.distinct <= _OWNED * column.filled
    wanted = _FITTING.get(guess.target)
    return wanted is None or column.type.name in wanted or (wanted is _DAYS and bool(column.years))


def _constant(column: ColumnProfile) -> bool:
    return column.distinct == 1 and column.filled == column.rows >= CONSTANT_ROWS


def asked(use: Use) -> Use:
    """A column that has no place beside the others, as a question."""
    what = use.to.rpartition(".")[2].replace("_", " ")
    return replace(
        use, to="ask", why=f"it is taken for the {what} ({use.why}), for which there is no place here"
    )
