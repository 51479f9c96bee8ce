"""The roles a column can have, and what is said of a column: its role, how certain, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What the values of a column are."""

    FULL_NAME = "full-name"
    GIVEN_NAME = "given-name"
    MIDDLE_NAME = "middle-name"
    FAMILY_NAME = "family-name"
    NAME_SUFFIX = "name-suffix"
    TITLE = "title"
    NICKNAME = "nickname"
    BIRTH_NAME = "birth-name"
    ORGANISATION = "organisation"
    """Name of an organisation: the party itself, or the employer where the row is about a person"""
    PARTY_NAME = "party-name"
    """Name of a person in some rows, of an organisation in others"""
    CONTACT = "contact"
    """Name of a person who stands for the organisation of the row"""
    BIRTH_DATE = "birth-date"
    BIRTH_YEAR = "birth-year"
    AGE = "age"
    EMAIL = "email"
    PHONE = "phone"
    FAX = "fax"
    WEBSITE = "website"
    ADDRESS = "address"
    """House number and street; in one-line addresses postcode and city too"""
    STREET = "street"
    HOUSE_NUMBER = "house-number"
    UNIT = "unit"
    ADDRESS_EXTRA = "address-extra"
    """Second line of an address"""
    DISTRICT = "district"
    """Part of a town: no evidence, because few files have it and each names it differently"""
    CITY = "city"
    POSTCODE = "postcode"
    REGION = "region"
    COUNTRY = "country"
    BIRTH_PLACE = "birth-place"
    GENDER = "gender"
    IDENTIFIER = "identifier"
    """Number or code that somebody issued for the party; written identifier:SCHEME"""
    ROW_KEY = "row-key"
    """Number of the row in the file: no evidence"""
    JOB_TITLE = "job-title"
    RECORD_DATE = "record-date"
    """When something happened to the row: no evidence"""
    CATEGORY = "category"
    TEXT = "text"
    NOISE = "noise"
    """Nothing matching can use"""


EVIDENCE: Final = frozenset(Role) - {
    Role.ROW_KEY, Role.RECORD_DATE, Role.CATEGORY, Role.TEXT, Role.NOISE, Role.AGE, Role.FAX,
    Role.COUNTRY, Role.REGION,
}  # fmt: skip
"""Roles whose values matching compares"""


@dataclass(frozen=True, slots=True)
class ColumnRole:
    """What one column was taken for."""

    column: str
    """Header as found; a repeated or empty one as the reader named it"""
    role: Role
    certainty: float
    """0 to 1; 1 where a person said so"""
    reason: str
    """Why, in a sentence"""
    scheme: str | None = None
    """Of identifiers: what kind of number it is"""
    group: str = ""
    """Of the parts of an address: which of several addresses of the row they belong to"""
    fallback: bool = False
    """Used only in rows in which the column of the same role before it is empty"""
    order: str | None = None
    """Of dates: ymd, mdy or dmy; of full names: given_first, family_first or auto"""


@dataclass(frozen=True, slots=True)
class Roles:
    """What all columns of a table were taken for."""

    columns: tuple[ColumnRole, ...]
    """One entry for each column, in the order of the table"""
    country: str | None = None
    """ISO 3166-1 alpha-2 of phone numbers without calling code; None: nothing says it"""
    country_reason: str = ""
    """Why, in a sentence"""

    def of(self, *roles: Role) -> tuple[ColumnRole, ...]:
        """The columns with one of these roles, the one that counts first in front.

        Columns that are told apart by nothing stand by name, so that their order in the table plays no part.
        """
        found = [column for column in self.columns if column.role in roles]
        return tuple(sorted(found, key=lambda one: (one.fallback, -one.certainty, one.column)))

    def first(self, role: Role) -> ColumnRole | None:
        """The column that counts first for a role, None where there is none."""
        return next(iter(self.of(role)), None)
