"""What a rule file does, as one canonical text: what people approve, and what a hash of an approval is over.

Sources, targets, code tables, checks and sums stand in it; status, owner, evidence, reasons and examples do
not. So an approval stays when somebody else takes the file over, and ends with a change of what it does.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.lookups import values_of

UNSAID: Final = frozenset({"version", "status", "owner", "rules", "tests", "code_tables"})
"""Keys of a rule file that change no row; the code tables stand in the text by their content."""


def meaning(loaded: LoadedRules) -> str:
    """The canonical text: JSON with sorted keys, one fact a line, what is left at its default left out."""
    rules = loaded.rules
    said: dict[str, Any] = rules.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude=set(UNSAID)
    )
    for one in values_of(rules):  # what is usual for a text is not the default of the model
        field = said["targets"][one.branch]["entries"][one.entry]["fields"][one.field]
        if field.get("missing") == one.rule.when_missing == "withhold":
            del field["missing"]
    if "ignore" in said["source"]:
        said["source"]["ignore"] = sorted(said["source"]["ignore"])
    said["code_tables"] = {
        name: {
            "unmapped": table.model_dump(mode="json")["unmapped"],
            "codes": dict(loaded.code_tables[name].mapping),
        }
        for name, table in rules.code_tables.items()
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1)


def meaning_hash(text: str) -> str:
    """Thirty-two hexadecimal characters of the SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
