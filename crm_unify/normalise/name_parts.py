"""One text to the parts of a person's name: usual shapes by column patterns, nameparser for the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from crm_unify.normalise import patronymics
from crm_unify.normalise.columns import (
    Mask,
    Strings,
    answer_rest,
    both,
    each_where,
    either,
    extract,
    extract_where,
    lookup,
    lower,
    matches,
    negate,
    none_if_blank,
    nulls,
    present,
    replace,
    replace_where_found,
    some,
)
from crm_unify.normalise.east_asian import COURTESY, COURTESY_JOINED, KATAKANA, SCRIPT, family_marked
from crm_unify.normalise.name_words import (
    BIRTH_MARKER,
    CREDENTIAL,
    FAMILY_HEAD,
    GENERATION,
    GENERATIONS,
    PARTICLE,
    SPECIAL,
    TITLE,
    parser,
)

FIELDS: Final = ("prefix", "given_name", "middle_name", "family_name", "suffix", "nickname", "birth_name")

_WORD: Final = r"\p{L}[\p{L}\p{M}.'\x{2019}-]*"
_FAMILY: Final = rf"(?P<family>(?:(?i:{PARTICLE}) )+{_WORD}[\p{{L}}]|{_WORD})"
_MIDDLE: Final = rf"(?P<middle>{_WORD}(?: {_WORD}){{0,2}})"
_GIVEN: Final = rf"(?P<given>{_WORD})"
_WITH_COMMA: Final = (
    rf"^{_FAMILY}(?: (?P<suffix>(?i:{GENERATION})))? ?, ?(?P<prefix>(?i:{TITLE})+)?{_GIVEN}(?: {_MIDDLE})?$"
)
_GIVEN_FIRST: Final = rf"^{_GIVEN}(?: {_MIDDLE})?? {_FAMILY}$"
_FAMILY_FIRST: Final = rf"^{_FAMILY} {_GIVEN}(?: {_MIDDLE})?$"
_ALONE: Final = rf"^(?P<family>(?i:{FAMILY_HEAD})?{_WORD})$"

_PREFIX: Final = rf"(?i)^(?P<prefix>{TITLE}+)(?P<rest>.*)$"
_SUFFIX: Final = (
    rf"(?i)^(?P<rest>[^ ,].*[ ,].*?|[^ ,]{{2,}}?)(?: *, *| +)(?P<suffix>{GENERATION}|{CREDENTIAL})$"
)
_TITLED: Final = re.compile(_PREFIX)
_CAPITALS_FIRST: Final = r"^[\p{Lu}'\x{2019}-]{2,}(?: [\p{Lu}'\x{2019}-]{2,})* .*\p{Ll}"

_BIRTH: Final = re.compile(
    rf"(?<=\S)\s*[,;(\[]?\s*\b{BIRTH_MARKER}:?\s+(?P<name>[^\W\d_][^,;()\[\]]*?)\s*(?:[)\]]|(?=[,;])|$)",
    re.IGNORECASE,
)
_BIRTH_IN_BRACKETS: Final = re.compile(r"[(\[]\s*born:?\s+(?P<name>[^()\[\]]+?)\s*[)\]]", re.IGNORECASE)


def name_parts(tidy: Strings, *, order: str) -> dict[str, Strings]:
    """The parts of squeezed names, null where a name has no such part."""
    bare = none_if_blank(replace_where_found(tidy, "^[ ,;.]+|[ ,;]+$", ""))
    courtesy, bare = _courtesy_cut(bare)
    bare = _signs_marked(bare, order)
    bare = patronymics.family_marked(bare, order=order)
    columns, settled = _usual(bare, order)
    found = answer_rest(bare, columns, settled, slow=lambda text: _unusual(text, order))
    return {**found, "prefix": either(present(courtesy), courtesy, found["prefix"])}


def _courtesy_cut(bare: Strings) -> tuple[Strings, Strings]:
    """What is said behind Chinese, Japanese and Korean names for Mr and Mrs, and the names without it."""
    said = nulls(len(bare))
    for pattern in (COURTESY, COURTESY_JOINED):
        found = matches(bare, pattern)
        cut = extract_where(bare, found, pattern)
        bare = either(found, cut["rest"], bare)
        said = either(found, _trimmed(cut["prefix"]), said)
    return said, bare


def _signs_marked(bare: Strings, order: str) -> Strings:
    """Chinese, Japanese and Korean names with a comma behind the family name.

    An order that somebody has declared holds for those with a space, too.
    """
    signs = both(matches(bare, SCRIPT), negate(matches(bare, KATAKANA)))
    declared = both(signs, matches(bare, " ")) if order == "given_first" else negate(present(bare))
    return each_where(bare, both(signs, negate(declared)), family_marked)


def _usual(tidy: Strings, order: str) -> tuple[dict[str, Strings], Mask]:
    prefix, rest = _cut(tidy, _PREFIX, "prefix")
    suffix, core = _cut(rest, _SUFFIX, "suffix")
    plain = negate(matches(core, SPECIAL))
    comma = matches(core, ",")
    listed = extract_where(core, comma, _WITH_COMMA)
    parts = _by_order(core, comma, listed, order=order)
    suffix = either(present(none_if_blank(listed["suffix"])), listed["suffix"], suffix)
    prefix = either(present(none_if_blank(listed["prefix"])), listed["prefix"], prefix)
    settled = some(negate(present(tidy)), both(plain, _certain(parts, comma)))
    columns = {
        "prefix": _trimmed(prefix),
        "given_name": parts["given"],
        "middle_name": none_if_blank(parts["middle"]),
        "family_name": parts["family"],
        "suffix": _canonical_suffix(_trimmed(suffix)),
        "nickname": nulls(len(tidy)),
        "birth_name": nulls(len(tidy)),
    }
    return columns, settled


def _cut(texts: Strings, pattern: str, name: str) -> tuple[Strings, Strings]:
    parts = extract(texts, pattern)
    found = present(parts[name])
    return parts[name], either(found, parts["rest"], texts)


def _by_order(core: Strings, comma: Mask, listed: Mapping[str, Strings], *, order: str) -> dict[str, Strings]:
    """Given, middle and family name: by the comma, alone, or by the order that holds for the name."""
    alone = extract_where(core, negate(comma), _ALONE)["family"]
    single = present(alone)
    several = both(negate(comma), negate(single), present(core))
    first = {"given_first": negate(present(core)), "family_first": present(core)}
    family_first = first[order] if order in first else matches(core, _CAPITALS_FIRST)
    swapped = extract_where(core, both(several, family_first), _FAMILY_FIRST)
    natural = extract_where(core, both(several, negate(family_first)), _GIVEN_FIRST)

    def chosen(name: str) -> Strings:
        return either(comma, listed[name], either(family_first, swapped[name], natural[name]))

    family = either(single, alone, chosen("family"))
    return {"given": chosen("given"), "middle": chosen("middle"), "family": family}


def _certain(parts: dict[str, Strings], comma: Mask) -> Mask:
    """True where a shape fits and no particle stands where a name should.

    All that stands before a comma is the family name, be it a particle alone ("Le, Anna").
    """
    alone = rf"(?i)^{PARTICLE}$"
    anywhere = rf"(?i)(?:^| ){PARTICLE}(?: |$)"
    last = rf"(?i)(?:^| ){PARTICLE}$"
    headless = both(matches(parts["family"], last), negate(both(comma, matches(parts["family"], alone))))
    wrong = some(matches(parts["given"], alone), matches(parts["middle"], anywhere), headless)
    return both(present(parts["family"]), negate(wrong))


def _trimmed(texts: Strings) -> Strings:
    return none_if_blank(replace(texts, "^[ ,]+|[ ,]+$", ""))


def _canonical_suffix(suffix: Strings) -> Strings:
    known = lookup(replace(lower(suffix), r"\.$", ""), GENERATIONS)
    return either(present(known), known, suffix)


def _unusual(text: str, order: str) -> Sequence[str | None]:
    rest, birth = without_birth_name(text)
    family_first = order == "family_first" or (order == "auto" and _capitals_first(rest))
    titled = _TITLED.match(rest)
    name = parser(family_first=family_first).parse(titled["rest"] if titled else rest)
    prefix = titled["prefix"] + name.title if titled else name.title
    given, family = name.given, name.family
    if given and not family:
        given, family = "", given
    suffix = GENERATIONS.get(name.suffix.lower().rstrip("."), name.suffix)
    nickname = name.nickname.strip(" '\"")
    parts = (prefix, given, name.middle, family, suffix, nickname, birth or name.maiden)
    return [part.strip(" ,") or None for part in parts]


def without_birth_name(text: str) -> tuple[str, str]:
    """A name without what announces the name at birth, and that name; empty where nothing does."""
    found = _BIRTH.search(text) or _BIRTH_IN_BRACKETS.search(text)
    if found is None:
        return text, ""
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip()
    return re.sub(r"\s+(?=[\s,])", "", rest), found["name"]


def _capitals_first(text: str) -> bool:
    first, _, rest = text.partition(" ")
    return len(first) > 1 and first.isupper() and not rest.isupper()
