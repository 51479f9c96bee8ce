"""What the page docs/rules.md says beside its tables."""

from __future__ import annotations

from typing import Final

HEAD: Final = """# The rule language

Every key of rule files and of the project file, made from the program by `make golden`. The values under *for
instance* stand in the rule files of `mappings/language`, whose examples the tests run. A key that is not on
this page is refused with file, line and the nearest name. JSON Schemas for editors are in
`crm_unify/rules/schemas`: begin a file with `# yaml-language-server: $schema=PATH`.

A rule file is about one source table, sheet or file: what identifies a row, how its text is read, what
becomes of the row (`targets`), what must hold (`checks`, `reconcile`) and examples (`tests`). The
transforms have [a page of their own](transforms.md), as have the [formats](formats.md) and the
[messages](errors.md).
"""

PARTS: Final = {
    "How a field gets its value": """1. The value: from a column (`from`), an expression (`expr`), a constant
   (`const`, or the bare value), or looked up (`lookup`).
2. `transform`, from left to right.
3. `pad_left`.
4. `code_table`.
5. The type: that of the field, or `type`. Text is read as `source.parse` says.
6. `sentinels`: values that mean nothing.

The first step that cannot take a value withholds it: the record loads without it, and the value is listed
with its raw text, a reason and a suggestion. A row goes into quarantine only for its key, the name of its
party, a `required` field, or a rule that says so.
""",
    "Expressions": """`when`, `expr`, `checks` and control sums are SQL expressions over the columns of
one row.

* `COLUMN` is the text after trim and null tokens, `raw.COLUMN` the text as found, `"Last name"` a header
  with a space. `name.field` is a value mapped in the same target (`address.country_code`); `current_date`
  is the date of the run; `row_hidden` and `row_struck` say how a spreadsheet shows the row.
* Pure functions of DuckDB are allowed, no query, no other table, no file, no setting. What is refused,
  `check` says with file and line.
* An expression that cannot be worked out for a row withholds the value, or puts the row into quarantine where
  it is a condition; the run goes on.
""",
    "Rows that are lines of one": """Old systems cut long texts into numbered rows. `join_rows` puts the
rows of one key together again: the texts of `columns` in the order of `order` (whole numbers, also
written 1.0), each line after what stands between two lines; of all other columns the line with the lowest
number counts. That line makes the record, and its raw row holds the whole text; the others are mapped
with it, by the rule SYS-JOINED-ROW, or wait where it waits. `trace` leads from any of them to the record.
Lines without a number, with one number twice, or other in number than `count` says in any of them are
quarantined together; a text longer than `max_length` is left out and listed. Such a text is shown,
corrected and lent as a whole; control sums take the first line of a row, and `discard: max` counts every
line.
""",
    "Looking up": """A lookup names a system, one of its maps, and the column of the own row that holds a key.

* **A parent** (`customer`, `order`) is the record that the other map made of the row with this key: the
  first organisation or person of the row, or the order. `customer: {lookup: [shop, customers, CUSTNO],
  missing: hold}`
* **A text** is taken from a column of the other row: `city: {lookup: [geo, towns, TOWN_NO], take: NAME}`.
  The key is the key column of the other map, or the column that `by` names. What is taken goes on like
  text of the own row: transforms, code table, type. Rows that differ under one key give nothing, and that
  is told. A map that is there for such lookups alone says `lookup_only: true`: its rows make nothing and
  stand in the account under SYS-LOOKUP-ONLY; keys that nobody looks up are noted. A map may look texts up
  in itself. Lines that are put together (`join_rows`) lend their whole text; a retired map lends nothing,
  and `check` refuses the lookup.

Parents come before the rows that hang on them. Maps may look each other up, and themselves, where
`missing: null` lets the rows of one load without their parent: the reference is set in a second pass, and
such a row does not wait for a parent in quarantine. A circle in which each needs the other first is
refused.

A placeholder (`missing: stub`) is a customer of its own. Its name is *Placeholder for MAP KEY*, and an
identifier of the scheme `placeholder` holds the key. It has the record id that the missing row would
make: when that row arrives, it takes over the customer with its id, and the marks vanish. Placeholders
are no evidence for matching; runs and `review list` say which there are. A parent that an earlier run has
loaded needs none, but where it is deleted with its row (`on_delete: delete`). Of several parties of one row
that is always the one that the row makes first. Nothing stands for a row that is there and that a rule
discards: what hangs on it waits.

In examples parents are taken for granted and texts are empty, until `beside` gives rows of the other map:
then these are all the rows it has.
""",
}

WHEN_MISSING_HEAD: Final = """
### When nothing has the key

Where the row of a parent is there and waits itself, or is in quarantine, the row that hangs on it waits,
whatever is said here. Rows that differ under one key are no better than none: `withhold`, `quarantine`
and `fail` hold for both.

| missing | |
|---|---|
"""

WHEN_MISSING: Final = {
    "hold": "the row waits until its parent is there (parents; what is usual)",
    "stub": "a placeholder stands for the customer (parents)",
    "withhold": "the record loads without the value, which is listed (texts; what is usual)",
    "quarantine": "the row waits for a person",
    "null": "the record loads without; of a parent that is listed, of a text it is not",
    "fail": "the run stops, nothing is written",
}
"""What each word after `missing:` means."""

SYSTEM_RULES_HEAD: Final = """
## Rules of the program

Rows that these rules decide about stand in the account under their names; all but lines are discarded.

| rule | |
|---|---|
"""
