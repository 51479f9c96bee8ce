"""The matching policy, as tables one can read aloud: what is compared, and what each level is worth.

A level gives four documented probabilities: how often two records of the *same* customer, of two different
customers of one *household*, of one *site*, and of two *unrelated* customers show it, when both records
have the field; two customers of one *name* have shares of their own where it matters. They are starting
points and, where a project has too few pairs to learn from, the values in force. They are round figures from
general knowledge of customer files. The lines were chosen among round values, looking at labelled files of
several kinds together.

The classes follow the observation that families share surname, address and landline as truly as
duplicates do: two classes cannot tell them apart (Fellegi and Sunter 1969 have two; latent class models with
more are in Larsen and Rubin 2001).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

KERNEL_VERSION = 6
"""Raised when the same pair would get other levels than before; a stored model names the one it was made
for."""

CLASSES = ("same", "household", "site", "namesake", "unrelated")
"""The latent classes, in the order of every array that has one entry per class.

Families and colleagues are told apart within: families share the surname, colleagues the switchboard; one
class for both would believe that families have seven surnames in eight. To people both are "household".
Namesakes share their name by chance, and sometimes the mailbox that a form made of it; nothing else. Without
a class of their own they would be taken for customers who changed all the rest.
"""

SAID = ("same", "household", "household", "unrelated", "unrelated")
"""What each class is called outside: a household or site is one thing, namesakes nothing."""

NEAR = ("household", "site")
"""The classes of different customers who have something in common."""

UNRELATED = CLASSES.index("unrelated")
"""Position of the class of unrelated pairs."""


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement in a comparison."""

    sentence: str
    """What it means, as said to a person; {left} and {right} are the two values."""
    same: float
    """Share of pairs of one customer with this level, 0 to 1."""
    household: float
    """Share of pairs of different customers of one household (or firm: branches) with this level, 0 to 1."""
    site: float
    """Share of pairs of different customers of one site (colleagues, neighbours) with this level, 0 to 1."""
    unrelated: float
    """Share of unrelated pairs with this level, 0 to 1."""
    rarity: bool = False
    """True: agreeing on a rare value is worth more than on a common one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of two records; a pair in which either side lacks the field has no level (-1)."""

    name: str
    """Name of the comparison; its level stands in the column level_<name>."""
    doc: str
    """What is compared and why, in a sentence."""
    levels: tuple[Level, ...]
    """From disagreement (level 0) to full agreement."""
    learnt: bool = True
    """False: the documented shares stay; the few pairs that show it would teach the opposite of what it is
    for."""
    shared: tuple[str, ...] = ()
    """Classes that share it by nature (an address); in other classes two records agree only by chance."""
    namesakes: tuple[float, ...] | None = None
    """Shares of the levels among two customers of one name; None: as among unrelated ones."""


EMAIL = Comparison(
    "email",
    "The best pair among all e-mail addresses of both; one address often serves a couple or an office.",
    (
        Level("different e-mail addresses: {left} / {right}", 0.30, 0.72, 0.2, 0.985),
        Level(
            "e-mail addresses of the same company domain: {left} / {right}",
            0.03,
            0.05,
            0.7,
            0.005,
            rarity=True,
        ),
        Level(
            "the same e-mail name at another provider: {left} / {right}",
            0.05,
            0.01,
            0.002,
            0.0005,
            rarity=True,
        ),
        Level("e-mail addresses alike but for a slip: {left} / {right}", 0.04, 0.02, 0.03, 0.0001),
        Level(
            "the same e-mail address, one of a whole office or site: {left}",
            0.02,
            0.02,
            0.05,
            0.0001,
            rarity=True,
        ),
        Level(
            "the same e-mail address, used by a few people: {left}", 0.10, 0.15, 0.015, 0.000005, rarity=True
        ),
        Level("the same personal e-mail address: {left}", 0.46, 0.03, 0.003, 0.000005, rarity=True),
    ),
    shared=("household", "site"),
    namesakes=(0.80, 0.06, 0.10, 0.02, 0.005, 0.005, 0.01),
)

PHONE = Comparison(
    "phone",
    "The best pair among all phone numbers of both; landlines belong to homes, switchboards to sites.",
    (
        Level("different phone numbers: {left} / {right}", 0.35, 0.45, 0.25, 0.996),
        Level("the same phone number, one of a whole site: {left}", 0.03, 0.05, 0.5, 0.0002, rarity=True),
        Level(
            "phone numbers alike but for one digit or the area code: {left} / {right}",
            0.04,
            0.02,
            0.05,
            0.0005,
        ),
        Level("the same phone number, used by a few people: {left}", 0.13, 0.38, 0.15, 0.00001, rarity=True),
        Level("the same phone number, used by nobody else: {left}", 0.45, 0.1, 0.05, 0.000005, rarity=True),
    ),
    shared=("household", "site"),
)

ADDRESS = Comparison(
    "address",
    "The best pair among all addresses of both records: street, number, unit, postcode and city together.",
    (
        Level("different addresses: {left} / {right}", 0.15, 0.06, 0.05, 0.92),
        Level(
            "the same city or postcode, another street: {left} / {right}", 0.06, 0.04, 0.04, 0.05, rarity=True
        ),
        Level(
            "the same as far as both tell, without a street: {left} / {right}",
            0.05,
            0.04,
            0.04,
            0.02,
            rarity=True,
        ),
        Level("the same street, another number or unit: {left} / {right}", 0.03, 0.04, 0.03, 0.001),
        Level("the same number and a like street: {left} / {right}", 0.08, 0.08, 0.04, 0.0003),
        Level("the same address, one of many people: {left}", 0.03, 0.14, 0.6, 0.0001, rarity=True),
        Level("the same address: {left}", 0.60, 0.60, 0.2, 0.00001, rarity=True),
    ),
    shared=("household", "site"),
)

IDENTIFIER = Comparison(
    "identifier",
    "Identifiers of the same scheme: tax and VAT numbers, passports, customer numbers.",
    (
        Level("different identifiers of one scheme: {left} / {right}", 0.06, 0.99, 0.99, 0.9995),
        Level("identifiers alike but for a slip: {left} / {right}", 0.03, 0.004, 0.004, 0.0002),
        Level("the same identifier: {left}", 0.91, 0.006, 0.006, 0.00002, rarity=True),
    ),
)

SOURCE = Comparison(
    "source",
    "Whether both records come from one source system: most sources hold few duplicates of their own.",
    (
        Level("from two source systems: {left} / {right}", 0.60, 0.60, 0.6, 0.60),
        Level("both from {left}", 0.40, 0.40, 0.4, 0.40),
    ),
    shared=("household", "site"),
)

PERSON = (
    Comparison(
        "given",
        "The given name, with short forms and nicknames, also in the place of the family name.",
        (
            Level("different given names: {left} / {right}", 0.01, 0.89, 0.89, 0.925),
            Level(
                "given names unlike, but one may be a garbled other: {left} / {right}", 0.02, 0.04, 0.04, 0.04
            ),
            Level("given names agree as far as the initial goes: {left} / {right}", 0.03, 0.01, 0.01, 0.005),
            Level("given names alike or sounding alike: {left} / {right}", 0.02, 0.02, 0.02, 0.02),
            Level("given names alike but for a slip: {left} / {right}", 0.03, 0.005, 0.005, 0.002),
            Level("the same given name in another form or place: {left} / {right}", 0.05, 0.01, 0.01, 0.004),
            Level("the same given name: {left}", 0.84, 0.03, 0.03, 0.006, rarity=True),
        ),
        namesakes=(0.01, 0.01, 0.03, 0.02, 0.02, 0.06, 0.85),
    ),
    Comparison(
        "family",
        "The family name, across family name and birth name, so that a maiden name is recognised.",
        (
            Level("different family names: {left} / {right}", 0.04, 0.25, 0.965, 0.985),
            Level("family names sounding alike: {left} / {right}", 0.01, 0.01, 0.01, 0.01),
            Level("family names alike but for a slip: {left} / {right}", 0.03, 0.02, 0.002, 0.002),
            Level("one family name is part of the other: {left} / {right}", 0.01, 0.03, 0.0005, 0.0005),
            Level(
                "a birth name or exchanged name agrees: {left} / {right}",
                0.02,
                0.01,
                0.0003,
                0.0003,
                rarity=True,
            ),
            Level("the same family name: {left}", 0.89, 0.68, 0.022, 0.002, rarity=True),
        ),
        shared=("household",),
        namesakes=(0.01, 0.02, 0.03, 0.02, 0.02, 0.90),
    ),
    Comparison(
        "middle",
        "Middle names; two different ones speak against the same person.",
        (
            Level("different middle names: {left} / {right}", 0.04, 0.90, 0.90, 0.90),
            Level("middle names agree as far as the initial goes: {left} / {right}", 0.40, 0.06, 0.06, 0.06),
            Level("the same middle name: {left}", 0.56, 0.04, 0.04, 0.02, rarity=True),
        ),
    ),
    Comparison(
        "suffix",
        "Name suffixes such as Jr and Sr, which tell father and son apart.",
        (
            Level("different name suffixes: {left} / {right}", 0.01, 0.85, 0.85, 0.60),
            Level("the same name suffix: {left}", 0.99, 0.15, 0.15, 0.40),
        ),
        learnt=False,
    ),
    Comparison(
        "gender",
        "Gender, chiefly as evidence against.",
        (
            Level("different gender: {left} / {right}", 0.01, 0.60, 0.60, 0.50),
            Level("the same gender", 0.99, 0.40, 0.40, 0.50),
        ),
        namesakes=(0.05, 0.95),
    ),
    Comparison(
        "birth_date",
        "Birth dates, with day and month exchanged or one digit wrong as a lesser agreement.",
        (
            Level("different birth dates: {left} / {right}", 0.01, 0.91, 0.91, 0.925),
            Level(
                "birth dates near each other, or two slips apart: {left} / {right}", 0.02, 0.06, 0.06, 0.06
            ),
            Level(
                "birth dates agree in the year, and in day or month if both tell: {left} / {right}",
                0.02,
                0.012,
                0.012,
                0.008,
            ),
            Level("birth dates alike but for a slip: {left} / {right}", 0.03, 0.008, 0.008, 0.003),
            Level("the same birth date: {left}", 0.92, 0.01, 0.01, 0.0001, rarity=True),
        ),
    ),
    EMAIL,
    PHONE,
    ADDRESS,
    IDENTIFIER,
    Comparison(
        "employer",
        "The organisation a person belongs to: colleagues share it, with its address and switchboard.",
        (
            Level("different organisations: {left} / {right}", 0.30, 0.9, 0.15, 0.99),
            Level("the same organisation: {left}", 0.70, 0.1, 0.85, 0.01, rarity=True),
        ),
        shared=("site",),
    ),
    Comparison(
        "job",
        "Job titles, which change and are often shared.",
        (
            Level("different job titles: {left} / {right}", 0.45, 0.93, 0.93, 0.95),
            Level("the same job title: {left}", 0.55, 0.07, 0.07, 0.05, rarity=True),
        ),
    ),
    SOURCE,
)


def _of_firms(
    comparison: Comparison,
    *,
    branches: tuple[float, ...],
    neighbours: tuple[float, ...],
    namesakes: tuple[float, ...] | None = None,
) -> Comparison:
    """A comparison with the shares its levels have among branches of a firm, and firms of one building."""
    rows = zip(comparison.levels, branches, neighbours, strict=True)
    levels = (replace(level, household=branch, site=neighbour) for level, branch, neighbour in rows)
    return replace(comparison, levels=tuple(levels), namesakes=namesakes)


ORGANISATION = (
    Comparison(
        "name",
        "The organisation's name without its legal form, word order and abbreviations aside.",
        (
            Level("different names: {left} / {right}", 0.03, 0.03, 0.96, 0.985),
            Level("names with something in common: {left} / {right}", 0.05, 0.05, 0.02, 0.01),
            Level("one name contains or abbreviates the other: {left} / {right}", 0.07, 0.07, 0.01, 0.002),
            Level("names alike but for a slip: {left} / {right}", 0.08, 0.08, 0.003, 0.0005),
            Level("the same words in another order or spacing: {left} / {right}", 0.05, 0.05, 0.001, 0.0001),
            Level("the same name: {left}", 0.72, 0.72, 0.006, 0.0005, rarity=True),
        ),
        shared=("household",),
        namesakes=(0.01, 0.02, 0.05, 0.05, 0.07, 0.80),
    ),
    Comparison(
        "branch",
        "Whether the names speak of a branch, and of which: head office and branches are customers of their "
        "own. Some people leave the branch out, so a branch and a plain name may be one.",
        (
            Level("branches in different places: {left} / {right}", 0.01, 0.30, 0.002, 0.002),
            Level(
                "one of them is a branch, the other does not say so: {left} / {right}", 0.05, 0.50, 0.05, 0.05
            ),
            Level("neither is said to be a branch", 0.90, 0.19, 0.947, 0.947),
            Level("the same branch: {left} / {right}", 0.04, 0.01, 0.001, 0.001),
        ),
        learnt=False,
    ),
    Comparison(
        "legal_form",
        "The legal form, where both names have one.",
        (
            Level("different legal forms: {left} / {right}", 0.10, 0.10, 0.60, 0.65),
            Level("the same legal form: {left}", 0.90, 0.90, 0.40, 0.35),
        ),
    ),
    Comparison(
        "domain",
        "Web domains, from web sites and e-mail addresses that are not of a mail provider.",
        (
            Level("different web domains: {left} / {right}", 0.12, 0.12, 0.85, 0.998),
            Level("web domains alike but for a slip: {left} / {right}", 0.03, 0.03, 0.005, 0.0005),
            Level(
                "the same web domain, one of many organisations: {left}",
                0.05,
                0.05,
                0.10,
                0.0001,
                rarity=True,
            ),
            Level("the same web domain: {left}", 0.80, 0.80, 0.045, 0.00001, rarity=True),
        ),
        shared=("household", "site"),
        namesakes=(0.90, 0.005, 0.03, 0.065),
    ),
    _of_firms(
        EMAIL,
        branches=(0.40, 0.45, 0.005, 0.005, 0.08, 0.04, 0.02),
        neighbours=(0.72, 0.15, 0.002, 0.018, 0.05, 0.05, 0.01),
        namesakes=(0.90, 0.05, 0.01, 0.005, 0.01, 0.01, 0.015),
    ),
    _of_firms(
        PHONE,
        branches=(0.88, 0.03, 0.03, 0.03, 0.03),
        neighbours=(0.45, 0.10, 0.05, 0.35, 0.05),
    ),
    _of_firms(
        ADDRESS,
        branches=(0.80, 0.13, 0.03, 0.01, 0.01, 0.01, 0.01),
        neighbours=(0.05, 0.04, 0.04, 0.04, 0.08, 0.25, 0.50),
    ),
    IDENTIFIER,
    Comparison(
        "contact",
        "The people who belong to the organisation.",
        (
            Level("different contact persons: {left} / {right}", 0.50, 0.90, 0.90, 0.998),
            Level("the same contact person: {left}", 0.50, 0.10, 0.10, 0.002, rarity=True),
        ),
        shared=("household", "site"),
    ),
    SOURCE,
)

COMPARISONS = {"person": PERSON, "organisation": ORGANISATION}
"""The comparisons of each kind of customer; persons and organisations are never compared with each other."""

NAMING = {"person": ("given", "family"), "organisation": ("name",)}
"""The comparisons that make up a customer's name, for which NAME_ALONE_BITS holds."""

NAMES_THE_PARTY = frozenset(("given", "birth_date", "suffix", "gender", "name", "branch"))
"""Comparisons that say who a customer is, not where to reach it: their disagreement keeps its worth, whatever
the pairs of a project seem to teach."""

GUARD = 2.0
"""How many times its documented share among pairs of one customer a disagreement on who it is may be
learnt to have."""

NAME_ALONE_BITS, NAME_COUNTED = 0.9, 1000
"""The most that a name can do by itself, in bits of posterior odds, in a file of up to NAME_COUNTED records:
a little less than merging takes. It grows by a bit with each doubling of the records.

A frequency taken from a few hundred rows says little about a name that occurs twice in them; twice the rows
tell names apart that are half as common. How often namesakes occur beyond that, their class learns.
"""

REACHED_BY = frozenset(("email", "phone", "domain"))
"""What customers are reached by. How many carry a value of it is told by its degree; the frequencies of all
other values leave out the records that a customer is expected to have more of."""

AVERAGE_BITS = {"person": -1.0, "organisation": 1.0}
"""Average of all pairs between two groups that are to merge, in bits above the merge line, which one pair of
them must reach.

Of persons even odds are enough: records with little in them vote low. Sister sites and branches resemble each
other in chains; of them all pairs together must be convincing.
"""

FEW, MANY = 1, 6
"""A value carried under up to FEW names is personal, under MANY or more it is one of a site."""

EXPECTED = {"person": (0.25, 0.20, 0.10, 0.05), "organisation": (0.25, 0.03, 0.20, 0.02)}
"""Pairs per record to expect before any data has spoken: of one customer, of one household (or firm: few have
branches), of one site, of one name."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What an error costs, in units of one missed merge; the lines between the bands follow from it."""

    wrong_merge: float = 2.0
    """One wrongly merged pair: mail and invoices reach strangers, and somebody has to take it apart."""
    missed_merge: float = 1.0
    """One duplicate left: a second letter, a second account."""
    review: float = 0.1
    """One look by a person at one pair."""
