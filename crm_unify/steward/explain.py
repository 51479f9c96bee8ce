"""Why two records or customers are one or are not: everything there is to say about it, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.run.decisions import CONFIRM, VERDICT, Decision, live, read_decisions
from crm_unify.run.subjects import Subject, members
from crm_unify.schema.crm import customer
from matching.explain import Explainer
from matching.explain_cluster import Held, Tie, held_together, ties_between
from matching.explanation import Explanation


@dataclass(frozen=True, slots=True)
class CustomerTies:
    """What holds the records of one customer together."""

    id: str
    name: str | None
    """None where a person deleted the customer in the CRM."""
    held: Held
    """Its records by the evidence, its weakest link among them."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer."""

    subjects: tuple[Subject, ...]
    """What was asked about: two records or customers, or one customer."""
    pair: Explanation | None
    """The two records; of two customers their strongest pair, of one customer its weakest link. None for a
    customer of one record, and where the kinds differ."""
    ties: tuple[Tie, ...]
    """Every pair of a record of one side with one of the other, the strongest first."""
    customers: tuple[CustomerTies, ...]
    """The customers it is about, as they are now."""
    decisions: tuple[Decision, ...]
    """What people decided about the two, or among the records of the one; it outweighs every bit."""

    @property
    def together(self) -> bool:
        """Whether everything asked about is one customer now."""
        return len(self.customers) == 1

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "subjects": [asdict(one) for one in self.subjects],
            "together": self.together,
            "pair": None if self.pair is None else pair_json(self.pair),
            "pairs": [tie_json(tie) for tie in self.ties],
            "customers": [_customer_json(one) for one in self.customers],
            "decisions": [decision.as_json() for decision in self.decisions],
        }


def explained(connection: sa.Connection, explainer: Explainer, subjects: Sequence[Subject]) -> Explained:
    """Everything about two subjects, or about one customer.

    Raises UsageError for a record beside itself, a single record, and a person beside an organisation.
    """
    asked = _checked(subjects)
    customers = tuple(
        _customer(connection, explainer, one)
        for one in {subject.customer: subject for subject in asked}.values()
    )
    decided = _decided(connection, asked)
    if len(asked) == 1:
        weakest = customers[0].held.weakest
        pair = None if weakest is None else explainer.pair(weakest.left, weakest.right)
        return Explained(asked, pair, customers[0].held.ties, customers, decided)
    ties = ties_between(explainer, asked[0].records, asked[1].records)
    return Explained(asked, explainer.pair(ties[0].left, ties[0].right), ties, customers, decided)


def _checked(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """The subjects without a repetition; a record beside its own customer means the customer's others."""
    one, two = sorted((subjects[0], subjects[-1]), key=lambda subject: subject.whole)
    if one.kind != two.kind:
        why = f"{one.said} is a {one.kind} and {two.said} a {two.kind}: these are never one customer"
        raise UsageError("these two are never compared", f"{one.said} {two.said}", why=why, remedy=_OTHER)
    if one.whole and one.customer == two.customer:
        return (one,)
    others = tuple(record for record in two.records if record not in one.records)
    if not others:
        raise UsageError("one record has nothing to be compared with", one.said, remedy=_OTHER)
    return one, replace(two, records=others)


_OTHER = "name two records or two customers of one kind, or one customer"


def _decided(connection: sa.Connection, asked: Sequence[Subject]) -> tuple[Decision, ...]:
    """Verdicts and confirmations that name records of both subjects, or two of the one."""
    one, other = (set(subject.records) for subject in (asked[0], asked[-1]))
    found = []
    for decision in live(read_decisions(connection)):
        named = {member.record_id for member in decision.members}
        about = named & one and named & other and len(named & (one | other)) > 1
        if about and decision.kind in (VERDICT, CONFIRM):
            found.append(decision)
    return tuple(found)


def _customer(connection: sa.Connection, explainer: Explainer, one: Subject) -> CustomerTies:
    name = connection.scalar(sa.select(customer.c.display_name).where(customer.c.id == one.customer))
    return CustomerTies(one.customer, name, held_together(explainer, members(connection, one.customer)))


# --- plain values ---
def pair_json(pair: Explanation) -> dict[str, Any]:
    """A pair with the bits of every part; they add up to ``bits``."""
    return {
        "left": pair.left,
        "right": pair.right,
        "kind": pair.kind,
        "bits": bits(pair.millibits),
        "probability": pair.probability,
        "class": pair.likeliest,
        "class_words": pair.likeliest_words,
        "against": pair.rival_words,
        "band": pair.band,
        "lines": {"merge_bits": bits(pair.merge), "review_bits": bits(pair.review)},
        "fields": [
            {
                "field": f.comparison,
                "level": f.level,
                "top": f.top,
                "sentence": f.sentence,
                "bits": bits(f.millibits),
            }
            for f in pair.fields
        ],
        "waterfall": [
            {"step": step.name, "sentence": step.sentence, "bits": bits(step.millibits)}
            for step in pair.steps
        ],
        "contradiction": _contradiction_json(pair),
        "rules": list(pair.rules),
        "silent_rules": [asdict(rule) for rule in pair.silent],
    }


def _contradiction_json(pair: Explanation) -> Mapping[str, Any] | None:
    found = pair.contradiction
    return None if found is None else {"fields": list(found.fields), "sentence": found.sentence}


def tie_json(tie: Tie) -> dict[str, Any]:
    """One pair in short."""
    return {"left": tie.left, "right": tie.right, "bits": bits(tie.millibits), "probability": tie.probability}


def _customer_json(one: CustomerTies) -> dict[str, Any]:
    held = one.held
    return {
        "id": one.id,
        "name": one.name,
        "records": held.records,
        "compared": held.compared,
        "weakest": None if held.weakest is None else tie_json(held.weakest),
        "parts": [list(part) for part in held.parts],
        "ties": [tie_json(tie) for tie in held.ties],
    }


def bits(millibits: int) -> float:
    """Millibits as bits."""
    return millibits / 1000
