"""The one catalogue all tables stand in, with names for every constraint so that migrations can find them."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

CRM: Final = "crm"
"""Layer of the tables people work with; `export` writes these."""
BOOKKEEPING: Final = "bookkeeping"
"""Layer of the tables this program remembers with; prefix ``mig_``."""
LOAD_STAMP: Final = "load_stamp"
"""Mark of a column that the load fills with the number of its run; no stage and no export carries it."""

metadata: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
"""Every table of the CRM database; ``metadata.sorted_tables`` follows the foreign keys."""

_MARIADB: Final[dict[str, Any]] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (
        ("engine", "InnoDB"),
        ("default_charset", "utf8mb4"),
        ("collate", "utf8mb4_nopad_bin"),
    )
}


def table(name: str, *parts: sa.schema.SchemaItem, layer: str, owner: str | None = None) -> sa.Table:
    """A table of the catalogue; `owner` names the column that says whose profile a row belongs to."""
    return sa.Table(name, metadata, *parts, info={"layer": layer, "owner": owner}, **_MARIADB)


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """CHECK that a column holds one of these texts (or NULL): portable, unlike ENUM."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def by_beginning(column: str) -> sa.Index:
    """An index of texts of any length, by which those are found that begin with something, or are it.

    On PostgreSQL a B-tree refuses texts of some thousand characters, which legacy data has; on MariaDB the
    beginning is indexed.
    """
    length: Any = {f"{dialect}_length": {column: INDEXED} for dialect in ("mysql", "mariadb")}
    return sa.Index(None, column, postgresql_using="spgist", **length)


INDEXED: Final = 100
"""Characters of a text that stand in its index on MariaDB."""


def load_stamp(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """A column that the load fills with the number of its run.

    It carries no foreign key: every row of a load names the same run, which the load has written just before,
    and a check for each row took a third of the time on PostgreSQL (6 us a row).
    """
    return sa.Column(name, sa.Integer, nullable=nullable, info={LOAD_STAMP: True})
