"""The comparison of e-mail addresses: whose mailbox it is, slips, and addresses made of a name alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow.compute as pc

from matching.alike import edits
from matching.cells import best, cells, levels, rarity
from matching.columns import MISSING, Codes, Flags, Ints, Part, Small, combinations
from matching.comparer import CellsOfValues, Comparer, ceiling, per_pair
from matching.contacts import of_a_task
from matching.features import KindFeatures
from matching.sharing import agreeing, by_sharing, part_cells, shared_by_several, unnumbered
from matching.texts import Texts

LONG_LOCAL = 5
"""Characters that the part of an e-mail address before the @ must have to mean anything at another
provider."""

LIKE_EMAIL = 0.8
"""Similarity (1 less edits by length) from which two e-mail addresses count as one with slips."""

LETTERS_A_SLIP = 5
"""Of two mailboxes at one domain what stands before the @ may have one slip in more than so many letters, two
in more than twice as many. Where the domains, too, differ in a few characters, a whole address is mistyped:
half of what stands before the @ may differ."""


def email(features: KindFeatures) -> Comparer:
    """The comparison `email`."""
    col = features.columns["email"]
    same, unlike = cells(by_sharing(col, 5, 6, 4), rarity(col.counts)), _unlike_emails(features)
    found_of, at_home = per_pair(same, unlike), part_cells(features.parts["email_domain"], level=1)

    def compare(left: Ints, right: Ints) -> Small:
        where, one, two = combinations(col, col, left, right)
        found = found_of(one, two)
        asked = np.flatnonzero((one != two) & (levels(found) >= 2))
        mine = _named_after(features, left[where[asked]], one[asked])
        theirs = _named_after(features, right[where[asked]], two[asked])
        told = asked[np.where(levels(found[asked]) == 2, mine, mine & theirs)]
        found[told] = at_home(one[told], two[told])
        return best(where, found, len(left))

    return Comparer(compare, ceiling(col, same, unlike=3, told=True))


def _unlike_emails(features: KindFeatures) -> CellsOfValues:
    """The cells of two different e-mail addresses."""
    col = features.columns["email"]
    local, domain = features.parts["email_local"], features.parts["email_domain"]
    roles, long = _are_roles(local.values), local.values.lengths >= LONG_LOCAL
    at_home, slipped = part_cells(domain, level=1), cells(np.array([3]))
    elsewhere, untagged = cells(np.full(len(local.values), 2), rarity(local.counts)), _untagged(local, domain)

    def compare(one: Codes, two: Codes) -> Small:
        found = at_home(one, two)
        a, b = local.codes[one], local.codes[two]
        role = roles[a] & roles[b]
        agree = (a == b) & (a != MISSING)
        kept = np.flatnonzero(agree & long[a] & ~role)
        found[kept] = elsewhere[a[kept]]
        # info@ and info-koeln@ are two mailboxes of one firm; info@ at two domains of a letter's difference
        # is one mailbox with a slip.
        tag, tags = untagged(one, two)
        slip = tag | (_slip(col.values, local, domain, one, two) & ~tags)
        found = np.where(slip & ~(role & ~agree), slipped, found)
        return np.where((levels(found) <= 1) & shared_by_several(col, one, two), np.uint8(0), found)

    return compare


def _are_roles(local: Texts) -> Flags:
    """True where the local part of an e-mail address names a task: info, sales, info-koeln."""
    return np.asarray(of_a_task(local.array).to_numpy(zero_copy_only=False), np.bool_)


def _slip(values: Texts, local: Part, domain: Part, one: Codes, two: Codes) -> Flags:
    """True where two e-mail addresses are alike but for a few characters, no digit before the @.

    At one domain what stands before the @ is all that tells mailboxes apart: mike@ and mila@ are two people.
    """
    longer = np.maximum(values.lengths[one], values.lengths[two])
    most = np.floor(longer * (1 - LIKE_EMAIL)).astype(np.int64) + 1
    like = (1 - edits(values, one, two, most) / np.maximum(longer, 1) >= LIKE_EMAIL) & (longer >= 8)
    a, b = local.codes[one], local.codes[two]
    asked = np.flatnonzero(like & (a != MISSING) & (b != MISSING) & (a != b))
    a, b, home = a[asked], b[asked], agreeing(domain, one[asked], two[asked])
    shorter, longer = np.sort([local.values.lengths[a], local.values.lengths[b]], axis=0)
    allowed = np.where(home, (shorter - 1) // LETTERS_A_SLIP, longer // 2)
    like[asked] = edits(local.values, a, b, allowed) <= allowed
    return unnumbered(local.values, local.codes[one], local.codes[two], like)


def _untagged(local: Part, domain: Part) -> Callable[[Codes, Codes], tuple[Flags, Flags]]:
    """Of two mailboxes that are one but for tags: which pairs have one without, which have two other tags.

    ann+news@ is what Ann wrote to a list, a slip of ann@; bookings+1@ and bookings+2@ may be two guests of
    an agency that keeps them apart so.
    """
    tagged = pc.match_substring_regex(local.values.array, r"(?s).\+").to_numpy(zero_copy_only=False)
    tagged = np.append(tagged.astype(np.bool_), False)

    def compare(one: Codes, two: Codes) -> tuple[Flags, Flags]:
        a, b, alike = local.codes[one], local.codes[two], np.zeros(len(one), np.bool_)
        asked = np.flatnonzero((tagged[a] | tagged[b]) & (a != b) & agreeing(domain, one, two))
        texts = [pc.fill_null(local.values.take(side[asked]), "") for side in (a, b)]
        bare = [pc.replace_substring_regex(text, r"(?s)(.)\+.*$", r"\1") for text in texts]
        alike[asked] = pc.equal(*bare).to_numpy(zero_copy_only=False)
        with_one = alike & (tagged[a] != tagged[b])
        return with_one, alike & ~with_one

    return compare


def _named_after(features: KindFeatures, records: Ints, emails: Codes) -> Flags:
    """True where the local part is nothing but the record's own name in one of its usual spellings.

    Every namesake has it at some provider.
    """
    if features.kind != "person" or not len(records):
        return np.zeros(len(records), np.bool_)
    local, names = features.parts["email_local"], features.names.values
    bare = pc.replace_substring_regex(
        pc.utf8_upper(local.values.take(local.codes[emails])), r"[^\p{L}\p{N}]", ""
    )
    given, family = (
        pc.replace_substring(pc.fill_null(names.take(features.columns[name].first[records]), ""), " ", "")
        for name in ("given", "family")
    )
    initials = [pc.utf8_slice_codeunits(name, 0, 1) for name in (given, family)]
    crossed = [(initials[0], family), (family, initials[0]), (given, initials[1])]
    made = [(given, family), (family, given), *crossed]
    texts = [given, family, *(pc.binary_join_element_wise(*pair, "") for pair in made)]
    told = [pc.fill_null(pc.equal(bare, text), False).to_numpy(zero_copy_only=False) for text in texts]
    return np.asarray(np.logical_or.reduce(told))
