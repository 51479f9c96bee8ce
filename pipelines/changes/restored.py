"""Rows that people deleted in the CRM, made again where the project says `on_target_deleted: restore`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.tables import CRM_TABLES, TABLES, key_of
from pipelines.changes.differences import without
from pipelines.changes.interface import TableChanges
from pipelines.changes.users import USERS
from pipelines.database.columns import sorted_by_key
from pipelines.database.read import fetch

LEFT_OUT = (USERS, "consent")
"""A user is made with the first row that names it, and what was said about consent is said again anyway."""


def with_restored(
    wanted: Mapping[str, TableChanges], shall: Mapping[str, pa.Table], connection: sa.Connection
) -> dict[str, TableChanges]:
    """The changes of all CRM tables, and every row that the CRM shall have and has not.

    `shall` are the rows by table, canonical. A row that is to be changed and is gone is made whole instead.
    """
    found = dict(wanted)
    for name in (name for name in CRM_TABLES if name not in LEFT_OUT):
        key, changes = key_of(name), wanted[name]
        standing = fetch(connection, sa.select(TABLES[name].columns[key]))[key]
        missing = without(without(shall[name], key, standing), key, changes.creates[key])
        if len(missing):
            creates = sorted_by_key(name, pa.concat_tables([changes.creates, missing]))
            updates = without(changes.updates, key, missing[key])
            found[name] = replace(changes, creates=creates, updates=updates)
    return found
