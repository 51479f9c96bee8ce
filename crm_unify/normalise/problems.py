"""Data problems a normaliser can find: code, title, sentence and what to do about it.

`template` is filled with `raw` (the text as found) and `column`; the entry of each code in
docs/errors.md is checked against this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of data problem."""

    code: str
    """Stable upper-case code, as it stands in reports and rule files"""
    title: str
    """A few words, for a heading"""
    template: str
    """The sentence for one value, with the fields {column} and {raw}"""
    suggestion: str
    """What a person can do about it"""

    def sentence(self, *, column: str, raw: str) -> str:
        """The sentence for one value."""
        return self.template.format(column=column, raw=raw)


TEXT_MOJIBAKE: Final = "TEXT-MOJIBAKE"
NAME_EMPTY: Final = "NAME-EMPTY"
PHONE_INVALID: Final = "PHONE-INVALID"
PHONE_LOCAL: Final = "PHONE-LOCAL"
PHONE_SEVERAL: Final = "PHONE-SEVERAL"
EMAIL_INVALID: Final = "EMAIL-INVALID"
EMAIL_SEVERAL: Final = "EMAIL-SEVERAL"
DATE_UNPARSED: Final = "DATE-UNPARSED"
DATE_AMBIGUOUS: Final = "DATE-AMBIGUOUS"
TIME_UNPARSED: Final = "TIME-UNPARSED"
TIME_AMBIGUOUS: Final = "TIME-AMBIGUOUS"
MONEY_UNPARSED: Final = "MONEY-UNPARSED"
MONEY_PRECISION: Final = "MONEY-PRECISION"
MONEY_CURRENCY: Final = "MONEY-CURRENCY"
DECIMAL_UNPARSED: Final = "DECIMAL-UNPARSED"
POSTCODE_INVALID: Final = "POSTCODE-INVALID"
COUNTRY_UNKNOWN: Final = "COUNTRY-UNKNOWN"
VAT_INVALID: Final = "VAT-INVALID"
IBAN_INVALID: Final = "IBAN-INVALID"
BOOLEAN_UNPARSED: Final = "BOOLEAN-UNPARSED"
URL_INVALID: Final = "URL-INVALID"
MARKUP_UNREADABLE: Final = "MARKUP-UNREADABLE"

_TABLE = (
    Problem(
        TEXT_MOJIBAKE,
        "Text read with the wrong encoding",
        "{column} holds {raw!r}, which looks like text decoded with the wrong encoding.",
        "Declare the encoding of the file in the rule file (often utf-8 or cp1252).",
    ),
    Problem(
        NAME_EMPTY,
        "No name in the name field",
        "{column} holds {raw!r}, in which no name is left after titles and punctuation.",
        "Correct the name at its source, or add the text to null_tokens.",
    ),
    Problem(
        PHONE_INVALID,
        "Phone number not valid",
        "{column} holds {raw!r}, which is no valid number in the numbering plan.",
        "Correct the number, or check phone_country in the rule file.",
    ),
    Problem(
        PHONE_LOCAL,
        "Phone number without area code",
        "{column} holds {raw!r}, a local number that needs its area code.",
        "Add the area code at the source or in the rule file's expression.",
    ),
    Problem(
        PHONE_SEVERAL,
        "Several phone numbers in one cell",
        "{column} holds {raw!r}, in which there is more than one phone number.",
        "Split the column in the rule file and map each part to a contact point.",
    ),
    Problem(
        EMAIL_INVALID,
        "E-mail address not valid",
        "{column} holds {raw!r}, which is no address that mail can be sent to.",
        "Correct the address at its source, or add the text to null_tokens.",
    ),
    Problem(
        EMAIL_SEVERAL,
        "Several e-mail addresses in one cell",
        "{column} holds {raw!r}, in which there is more than one e-mail address.",
        "Split the column in the rule file and map each part to a contact point.",
    ),
    Problem(
        DATE_UNPARSED,
        "Date not understood",
        "{column} holds {raw!r}, which fits none of the declared date formats.",
        "Add its format to parse.dates in the rule file, or correct the date.",
    ),
    Problem(
        DATE_AMBIGUOUS,
        "Date can be read in two ways",
        "{column} holds {raw!r}, which is a different date under two of the declared formats.",
        "Declare one format for this column, or correct the date.",
    ),
    Problem(
        TIME_UNPARSED,
        "Date and time not understood",
        "{column} holds {raw!r}, which fits none of the declared formats.",
        "Add its format to parse.dates in the rule file, or correct the value.",
    ),
    Problem(
        TIME_AMBIGUOUS,
        "Date and time can be read in two ways",
        "{column} holds {raw!r}, which is a different time under two of the declared formats.",
        "Declare one format for this column, or correct the value.",
    ),
    Problem(
        MONEY_UNPARSED,
        "Amount not understood",
        "{column} holds {raw!r}, which is no amount with the declared decimal sign.",
        "Check parse.decimal in the rule file, or correct the amount.",
    ),
    Problem(
        MONEY_PRECISION,
        "Amount finer than its currency",
        "{column} holds {raw!r}, which has more decimals than its currency.",
        "Check parse.decimal and the currency; round in the rule file if that is meant.",
    ),
    Problem(
        MONEY_CURRENCY,
        "Amount in another currency",
        "{column} holds {raw!r}, whose currency is unknown or not the declared one.",
        "Map the currency column of the source, or correct parse.currency.",
    ),
    Problem(
        DECIMAL_UNPARSED,
        "Number not understood",
        "{column} holds {raw!r}, which is no number with the declared decimal sign.",
        "Check parse.decimal in the rule file, or correct the number.",
    ),
    Problem(
        POSTCODE_INVALID,
        "Postcode does not fit its country",
        "{column} holds {raw!r}, which is no postcode of the record's country.",
        "Use pad_left where leading zeros were lost, or correct the postcode or the country.",
    ),
    Problem(
        COUNTRY_UNKNOWN,
        "Country not known",
        "{column} holds {raw!r}, which names no country of ISO 3166.",
        "Add the text to the country code table.",
    ),
    Problem(
        VAT_INVALID,
        "VAT number not valid",
        "{column} holds {raw!r}, which fails the check of its country's VAT numbers.",
        "Correct the number at its source, or check the record's country.",
    ),
    Problem(
        IBAN_INVALID,
        "IBAN not valid",
        "{column} holds {raw!r}, which fails the IBAN check digits.",
        "Correct the number at its source.",
    ),
    Problem(
        BOOLEAN_UNPARSED,
        "Neither yes nor no",
        "{column} holds {raw!r}, which is neither a yes nor a no.",
        "Map the value with a code table in the rule file.",
    ),
    Problem(
        URL_INVALID,
        "Web address not valid",
        "{column} holds {raw!r}, which is no web address.",
        "Correct the address at its source, or add the text to null_tokens.",
    ),
    Problem(
        MARKUP_UNREADABLE,
        "Note that cannot be read",
        "{column} holds {raw!r}, which cannot be read as rich text.",
        "Map the column without the transform as well, so that the note is kept as it is.",
    ),
)

PROBLEMS: Final = MappingProxyType({problem.code: problem for problem in _TABLE})
"""Every data problem of the normalisers, by code."""
