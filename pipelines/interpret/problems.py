"""What can be wrong with a row, or with a value by the rule file; the normalisers know the rest."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from crm_unify.normalise.problems import PROBLEMS, Problem

KEY_MISSING: Final = "KEY-MISSING"
DUPLICATE_KEY: Final = "DUPLICATE-KEY"
NO_BRANCH: Final = "NO-BRANCH"
RULE_FAILED: Final = "RULE-FAILED"
NAME_MISSING: Final = "NAME-MISSING"
NAME_SIGNS: Final = "NAME-SIGNS"
REQUIRED_MISSING: Final = "REQUIRED-MISSING"
PART_MISSING: Final = "PART-MISSING"
OWNER_LEFT_OUT: Final = "OWNER-LEFT-OUT"
ACCOUNT_REPEATED: Final = "ACCOUNT-REPEATED"
CODE_UNMAPPED: Final = "CODE-UNMAPPED"
INTEGER_UNPARSED: Final = "INTEGER-UNPARSED"
NOT_A_CHOICE: Final = "NOT-A-CHOICE"
VALUE_IMPLAUSIBLE: Final = "VALUE-IMPLAUSIBLE"
NUL_CHARACTER: Final = "NUL-CHARACTER"
NUL: Final = "\x00"
SPELT_NUL: Final = "\\u0000"
"""How U+0000 is stored: no database takes the character itself."""
FLAG_UNLISTED: Final = "FLAG-UNLISTED"
PARENT_MISSING: Final = "PARENT-MISSING"
PARENT_QUARANTINED: Final = "PARENT-QUARANTINED"
PARENT_HELD: Final = "PARENT-HELD"
PARENT_PLACEHOLDER: Final = "PARENT-PLACEHOLDER"
LINES_UNORDERED: Final = "LINES-UNORDERED"
LINES_MISSING: Final = "LINES-MISSING"
LINE_OF_ROW: Final = "LINE-OF-ROW"
TEXT_TOO_LONG: Final = "TEXT-TOO-LONG"
LOOKUP_MISSING: Final = "LOOKUP-MISSING"
LOOKUP_AMBIGUOUS: Final = "LOOKUP-AMBIGUOUS"

_TABLE = (
    Problem(
        KEY_MISSING,
        "Row without a key",
        "The row has no key: {column} holds {raw!r}.",
        "Fill the key in at the source, discard such rows by a rule, or declare a content key.",
    ),
    Problem(
        DUPLICATE_KEY,
        "Several rows under one key",
        "The key {raw!r} in {column} stands on rows that differ.",
        "Keep one of the rows, or add the column that tells them apart to the key.",
    ),
    Problem(
        NO_BRANCH,
        "No rule takes the row",
        "No target of the rule file fits the row.",
        "Add a target for such rows, or discard or quarantine them by a rule.",
    ),
    Problem(
        RULE_FAILED,
        "Rule cannot be worked out",
        "The rule over {column} cannot be worked out for {raw!r}.",
        "Correct the value at its source, or make the rule ready for it (TRY_CAST, CASE).",
    ),
    Problem(
        NAME_MISSING,
        "Party without a name",
        "{column} holds {raw!r}, so the row names no customer.",
        "Fill the name in at the source, name it by another column, or let skip_if_null leave the party out.",
    ),
    Problem(
        NAME_SIGNS,
        "Signs in a name",
        "{column} holds {raw!r}; pictures and other signs in it are no part of the name.",
        "Nothing, if the name is right without them; else correct it at its source.",
    ),
    Problem(
        REQUIRED_MISSING,
        "Required value missing",
        "A value is required, and {column} holds {raw!r}.",
        "Fill the value in at the source, or drop `required` from the rule.",
    ),
    Problem(
        PART_MISSING,
        "Entry not complete",
        "{column} gives no value for a field that the entry cannot do without.",
        "Fill the value in at the source; the other fields of the entry are left out until then.",
    ),
    Problem(
        OWNER_LEFT_OUT,
        "Value of a party that is left out",
        "{column} holds {raw!r}, and the row names no party it could belong to.",
        "Name the party at the source, or let the entry be `of` the other party of the row.",
    ),
    Problem(
        ACCOUNT_REPEATED,
        "Account of a number that the record has already",
        "{column} holds {raw!r}, and the record has another account with this number in the same system.",
        "Give each account its own number at the source, or let two entries name two systems.",
    ),
    Problem(
        CODE_UNMAPPED,
        "Code not in the code table",
        "{column} holds {raw!r}, which the code table does not have.",
        "Add the code to the code table, or say under `unmapped` what such codes become.",
    ),
    Problem(
        INTEGER_UNPARSED,
        "Not a whole number",
        "{column} holds {raw!r}, which is no whole number.",
        "Correct the value at its source, or map the column as a decimal.",
    ),
    Problem(
        NOT_A_CHOICE,
        "Value not among the allowed ones",
        "{column} holds {raw!r}, which is none of the values the field may have.",
        "Map the value with a code table in the rule file.",
    ),
    Problem(
        VALUE_IMPLAUSIBLE,
        "Value that cannot be true",
        "{column} holds {raw!r}, which the field cannot have.",
        "Correct the value at its source, or name it under sentinels if it means nothing.",
    ),
    Problem(
        NUL_CHARACTER,
        "Value with a NUL character",
        "{column} holds {raw!r}; the character U+0000 is stored as the six characters \\u0000.",
        "Remove the character at the source.",
    ),
    Problem(
        FLAG_UNLISTED,
        "Consent flag that no list names",
        "{column} holds {raw!r}, which the rule names neither under `objection` nor under `consent`.",
        "Name the word under `objection` or `consent`; until then it counts as unknown, which is no consent.",
    ),
    Problem(
        PARENT_MISSING,
        "Parent record not found",
        "{column} holds {raw!r}, and no record with this key was made.",
        "Correct the reference at its source, or deliver the parent; the row waits for it.",
    ),
    Problem(
        PARENT_QUARANTINED,
        "Parent record in quarantine",
        "{column} holds {raw!r}, and the row with this key is in quarantine.",
        "Repair the parent's row; this one follows by itself.",
    ),
    Problem(
        PARENT_HELD,
        "Parent record waits itself",
        "{column} holds {raw!r}, and the row with this key waits for its own parent.",
        "Repair the parent's reference; this row follows by itself.",
    ),
    Problem(
        PARENT_PLACEHOLDER,
        "Placeholder for a missing parent",
        "{column} holds {raw!r}, no source has such a row, and a placeholder stands for it.",
        "Deliver the parent, which takes over the customer; or correct the reference at its source.",
    ),
    Problem(
        LINES_UNORDERED,
        "Lines without an order",
        "{column} holds {raw!r}; of the lines of this row two have one number, or one has none.",
        "Number the lines at the source, or add the column that tells rows apart to the key.",
    ),
    Problem(
        LINES_MISSING,
        "Lines missing",
        "{column} holds {raw!r}, and the row has another number of lines.",
        "Deliver the whole row.",
    ),
    Problem(
        LINE_OF_ROW,
        "Line of a row in quarantine",
        "The line was put together with others, and their row is in quarantine.",
        "Repair the first line; this one follows by itself.",
    ),
    Problem(
        TEXT_TOO_LONG,
        "Text longer than agreed",
        "The lines of {column} make a text that is longer than `max_length`; it begins {raw!r}.",
        "Shorten the text at its source, or raise `max_length` under `join_rows`.",
    ),
    Problem(
        LOOKUP_MISSING,
        "Nothing to look up",
        "{column} holds {raw!r}, and the source in which it is looked up has no such row.",
        "Correct the reference at its source, or deliver the row; the record loads without the value.",
    ),
    Problem(
        LOOKUP_AMBIGUOUS,
        "Several texts to look up",
        "{column} holds {raw!r}, and the source in which it is looked up has rows of it that differ.",
        "Correct one of the rows, or look the text up by a column that tells them apart (`by`).",
    ),
)

ROW_PROBLEMS: Final = MappingProxyType({problem.code: problem for problem in _TABLE})
"""Every problem interpreting can find by itself, by code."""

ALL_PROBLEMS: Final = MappingProxyType({**PROBLEMS, **ROW_PROBLEMS})
"""Those and the normalisers'."""
