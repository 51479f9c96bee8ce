"""What decides among several records of one customer, field by field, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crm_unify.records import CHILDREN, PARTIES
from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.lineage import CUSTOMER
from matching.survivorship import DEFAULT_CHAIN, TOGETHER


@dataclass(frozen=True, slots=True)
class Survival:
    """How the golden value of a field is chosen among what the records of a customer say."""

    chain: tuple[str, ...]
    """Steps of the contest; empty where all values are kept, or each stays with its record."""
    sentence: str
    trust: tuple[str, ...] = ()


def survival(project: LoadedProject, target: str) -> Survival:
    """What decides among several records of one customer, in words."""
    kind, _, field = target.partition(".")
    if kind == "consent":
        return Survival((), "Every answer is kept; the most restrictive one holds.")
    if kind in CHILDREN or kind == "account":
        return Survival((), "The value stays with its record; it is never merged with another one.")
    if kind == CUSTOMER:
        return _of_whole(project, field)
    chain = _chain(project, kind, field)
    trust = tuple(project.project.trust)
    if kind in PARTIES:
        lead = next((lead for lead, group in TOGETHER[kind].items() if field in group), field)
        group = f" The whole name wins together ({kind}.{lead})." if lead in TOGETHER[kind] else ""
        return Survival(chain, f"One value wins: {_steps(chain, trust)}.{group}", trust)
    primary = "; one of each kind is marked primary" if kind != "organisation_person" else ""
    return Survival(chain, f"All values are kept, equal ones once{primary}: {_steps(chain, trust)}.", trust)


def _chain(project: LoadedProject, kind: str, field: str) -> tuple[str, ...]:
    chains = project.project.survivorship
    lead = next((lead for lead, group in TOGETHER.get(kind, {}).items() if field in group), field)
    return tuple(chains.get(f"{kind}.{lead}", chains.get("default", DEFAULT_CHAIN)))


def _of_whole(project: LoadedProject, field: str) -> Survival:
    match field:
        case "display_name":
            return Survival((), "The golden name of the person or organisation.")
        case "owner":
            chain = _chain(project, "person", field)
            return Survival(chain, f"One value wins: {_steps(chain, tuple(project.project.trust))}.")
        case "source_created":
            return Survival((), "The earliest date of all records.")
        case _:
            return Survival((), "The latest date of all records.")


STEPS: Final = {
    "pin": "what a person chose",
    "valid": "a record whose row still exists",
    "trust": "the most trusted source",
    "recent": "the record changed last",
    "frequent": "what most records say",
    "complete": "the most complete value",
}
"""The steps of a chain, as a sentence goes through them."""


def _steps(chain: tuple[str, ...], trust: tuple[str, ...]) -> str:
    said = []
    for step in chain:
        known = f" ({', '.join(trust)})" if step == "trust" and trust else ""
        said.append(f"{STEPS[step]}{known}")
    return ", then ".join(said)
