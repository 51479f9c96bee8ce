"""A table with all that was found out about it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from crm_unify.propose.columns import Use
from crm_unify.propose.keys import ProposedKey
from pipelines.profile.interface import TableProfile


@dataclass(frozen=True, slots=True)
class Table:
    """A table with all that was found out about it."""

    profile: TableProfile
    rows: pa.Table
    uses: tuple[Use, ...]
    key: ProposedKey
    name: str
    """Of its map"""
    prefix: str
    """Letters in front of the numbers of its rules"""
    system: str
    whole_file: bool
    """The source is one file, so the rule file names none"""
