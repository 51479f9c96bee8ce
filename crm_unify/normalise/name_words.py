"""Words around a person's name: titles, suffixes, particles, and what announces a birth name.

The patterns are read by RE2 and by Python alike.  nameparser gets this vocabulary in place of its 812
titles, many of which are occupations (king, judge, baker) and far more often surnames in customer data.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from nameparser import FAMILY_FIRST, GIVEN_FIRST, CapsSuffixes, Lexicon, Parser, Policy


def _one_of(words: str) -> str:
    return "|".join(sorted(words.replace(".", r"\.").split(), key=lambda word: (-len(word), word)))


_TITLE_WORDS: Final = (
    "mr mrs ms miss mx sir dame madam dr doctor prof professor rev reverend capt captain sgt herr herrn "
    "frau fräulein frl hr familie fam pd dipl-ing dipl.-ing dipl-kfm dipl.-kfm dipl.-inform dipl mag. pani "
    "inż mgr lek ing. ir. drs dhr mevr mevrouw meneer mw mme mlle monsieur madame mademoiselle maître "
    "señor señora señorita sr sra srta sig signor signora signorina dott dott.ssa avv hon. lt. col. maj. "
    "gen. fr."
)
_TITLE_TAILS: Final = "med rer phil jur nat dent vet pol oec habil h.c hc ing"
TITLE: Final = rf"(?:(?:{_one_of(_TITLE_WORDS)})\.?(?:[ .-]+(?:{_one_of(_TITLE_TAILS)})\b\.?)*(?:[ ,]+|$))"
"""One title with what belongs to it ("Dr. rer. nat."), up to the next word"""

GENERATIONS: Final = {
    "jr": "Jr",
    "junior": "Jr",
    "jnr": "Jr",
    "jun": "Jr",
    "sr": "Sr",
    "senior": "Sr",
    "snr": "Sr",
    "sen": "Sr",
    "ii": "II",
    "iii": "III",
    "iv": "IV",
}
"""Suffix in small letters, without full stop, to its canonical form"""
GENERATION: Final = rf"(?:{_one_of(' '.join(GENERATIONS))})\.?"
"""A suffix that tells generations of one name apart"""

_CREDENTIALS: Final = (
    "phd ph.d mba m.b.a msc m.sc bsc b.sc m.a b.a llm ll.m llb esq dds dvm cpa m.d d.o obe mbe cbe"
)
CREDENTIAL: Final = rf"(?:{_one_of(_CREDENTIALS)})\.?"
"""A degree or honour that cannot be taken for a name"""

_PARTICLES: Final = (
    "van von vom zu zum zur der den dem des ter ten te de del della dei degli di da dal dalla do dos das "
    "du la le lo las los af av bin ibn al el st st. 't auf"
)
PARTICLE: Final = f"(?:{_one_of(_PARTICLES)})"
"""A small word that belongs to the family name"""
FAMILY_HEAD: Final = rf"(?:(?:von|vom|zu|zur|de|des|ter|ten|van (?:de[nr]?|het|'t)) (?:{PARTICLE} )*)"
"""Particles that cannot be a given name, so that a family name may stand alone after them"""
PARTICLES: Final = frozenset(_PARTICLES.split())
"""The same as words in small letters"""

_JOINING: Final = "and und & et of the"
# Single letters join two names only before another one; at the end they are initials.
_JOINING_LETTERS: Final = "y e i o"
BIRTH_MARKER: Final = (
    r"(?:geb\.?|gebor(?:ener?|enen?|en)\.?|née|nee|né|formerly(?: known as)?|previously|maiden name|"
    r"z d\.|z domu|rozená|roz\.|de soltera|nata|fka|f/k/a|född|født|fødd)"
)
"""What stands before a birth name"""
_MORE: Final = "md ma ba do rn jd ret abu abd abdul umm bar bat mac"
SPECIAL: Final = (
    rf"(?i)(?:^|[ ,])(?:{TITLE}|(?:{GENERATION}|{CREDENTIAL}|{BIRTH_MARKER}|{_one_of(_JOINING)}|[+]|"
    rf"{_one_of(_MORE)})\.?(?:[ ,]|$)|(?:{_one_of(_JOINING_LETTERS)}) )"
)
"""Any word that makes a name unusual, particles aside"""


@cache
def parser(*, family_first: bool) -> Parser:
    """Nameparser with this vocabulary, for one order of the names."""
    lexicon = Lexicon.default()
    lexicon = lexicon.remove(titles=lexicon.titles, given_name_titles=lexicon.given_name_titles)
    lexicon = lexicon.remove(after_given_titles=lexicon.after_given_titles)
    degrees = {word.replace(".", "") for word in _CREDENTIALS.split()} | {"md", "jd", "rn"}
    lexicon = lexicon.remove(
        suffix_acronyms=lexicon.suffix_acronyms - degrees,
        suffix_acronyms_ambiguous=lexicon.suffix_acronyms_ambiguous - degrees,
        # A lone V or I after a name is an initial far more often than a fifth or a first.
        suffix_words={"i", "v", "2"},
    )
    titles = {word.strip(".") for word in _TITLE_WORDS.split()} - {"sr"}
    order = FAMILY_FIRST if family_first else GIVEN_FIRST
    # A name typed in capitals throughout is not a row of degrees.
    policy = Policy(name_order=order, unlisted_caps_suffixes=CapsSuffixes.OFF)
    return Parser(lexicon.add(titles=titles), policy)
