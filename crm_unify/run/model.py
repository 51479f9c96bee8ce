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
    return Settings(merge_bits=project.matching.merge_bits, review_bits=project.matching.review_bits)


def stored_model(ledger: Ledger, chosen: Settings) -> Model | None:
    """The model in force, with the lines the project sets; None before the first run, which trains it.

    Raises GuardStopped for a model that was made for other comparisons than this version's.
    """
    if ledger.model is None:
        return None
    if ledger.model.kernel_version != str(KERNEL_VERSION):
        raise GuardStopped(
            "the stored matching model was made by another version of the comparisons",
            "mig_model",
            why=f"it is of version {ledger.model.kernel_version}, this program compares by {KERNEL_VERSION}",
            remedy="install the version that made it, or begin a new target",
        )
    model = Model.from_json(ledger.model.json)
    merge, review = chosen.merge_bits, chosen.review_bits
    return replace(
        model,
        merge_bits=model.merge_bits if merge is None else merge,
        review_bits=model.review_bits if review is None else review,
    )


def kept_model(used: Model, ledger: Ledger) -> ModelInForce:
    """The model as the CRM keeps it: the one in force stays as it is, a new one is named by its hash."""
    if ledger.model is not None:
        return ledger.model
    merge, review = Settings(costs=used.costs).lines()  # its own lines: what a project sets is applied on top
    text = replace(used, merge_bits=merge, review_bits=review).to_json()
    return ModelInForce(hashlib.sha256(text.encode()).hexdigest()[:16], str(KERNEL_VERSION), text)
