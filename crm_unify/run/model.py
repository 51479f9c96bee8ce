"""The matching model a run scores with, and what the project says about it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from crm_unify.errors import GuardStopped
from crm_unify.rules.model import Project
from matching.model import Model
from matching.policy import KERNEL_VERSION
from matching.settings import Settings
from pipelines.changes import ModelInForce
from pipelines.ledger import Ledger


def settings(project: Project) -> Settings:
    """What the project overrides."""
    return Settings(
        merge_bits=project.matching.merge_bits,
        review_bits=project.matching.review_bits,
        estimate=True,
        remember=True,
    )


def stored_model(ledger: Ledger, chosen: Settings) -> Model | None:
    """The model the next run scores with, under the lines the project sets; None where the run trains it.

    Raises GuardStopped as :func:`readable` does.
    """
    return None if ledger.next_model is None else readable(ledger.next_model, chosen)


def readable(stored: ModelInForce, chosen: Settings) -> Model:
    """A kept model with the lines the project sets.

    Raises GuardStopped for a model that was made for other comparisons than this version's.
    """
    if stored.kernel_version != str(KERNEL_VERSION):
        raise GuardStopped(
            "the stored matching model was made by another version of the comparisons",
            "mig_model",
            why=f"it is of version {stored.kernel_version}, this program compares by {KERNEL_VERSION}",
            remedy="train a new one with `crm-unify train`, look at what it changes with `crm-unify plan`, "
            "then repeat the command; or install the version that made it",
        )
    model = Model.from_json(stored.json)
    merge, review = chosen.merge_bits, chosen.review_bits
    return replace(
        model,
        merge_bits=model.merge_bits if merge is None else merge,
        review_bits=model.review_bits if review is None else review,
    )


def kept_model(used: Model, ledger: Ledger) -> ModelInForce:
    """The model as the CRM keeps it: a stored one stays as it is, a new one is named by its hash."""
    if ledger.next_model is not None:
        return ledger.next_model
    return named_model(used)


def named_model(model: Model) -> ModelInForce:
    """A model under its own lines (what a project sets is applied on top), named by its hash."""
    merge, review = Settings(costs=model.costs).lines()
    text = replace(model, merge_bits=merge, review_bits=review).to_json()
    return ModelInForce(hashlib.sha256(text.encode()).hexdigest()[:16], str(KERNEL_VERSION), text)
