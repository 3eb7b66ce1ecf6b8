"""Known contacts that claim one address: the first has it, and each is told of the others; nobody is merged by that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from streamprocessor.scoring.record.links import IdentityLinks, Rivals, identity_strength
from streamprocessor.scoring.record.transfers import ErasureTransfer, OutgoingTransfer, RivalsTransfer

RivalsOf: TypeAlias = dict[str, tuple[str, ...]]
"""Known contact → the others that it is to know of."""

_ADDRESS, _KNOWN = 1, 2


def rivals_of_address(contact: str, links: IdentityLinks) -> RivalsOf:
    """Known contact that claims this address → whom it is to know of; nobody where not two of them claim it.

    Who has the address knows all others, the first first; the others know who has it. What browsers alone say is no
    claim to be shown.
    """
    if identity_strength(contact) != _ADDRESS:
        return {}
    claims = [
        (claim.stamp, parent)
        for parent, claim in links.claims_on_self.items()
        if claim.is_live and not claim.is_by_browser and identity_strength(parent) == _KNOWN
    ]
    if len(claims) < _KNOWN:
        return {}
    owner, *others = [parent for _, parent in sorted(claims)]
    return {owner: tuple(others)} | dict.fromkeys(others, (owner,))


def words_to_rivals(address: str, version: int, before: RivalsOf, after: RivalsOf) -> Iterator[OutgoingTransfer]:
    """What the address's contact tells those for whom something has changed."""
    for contact in sorted(before.keys() | after.keys()):
        rivals = after.get(contact, ())
        if rivals != before.get(contact, ()):
            yield OutgoingTransfer(contact, RivalsTransfer(0, address, version, rivals))


def new_conflicts(before: RivalsOf, after: RivalsOf) -> int:
    """How many contacts more claim an address that another one has."""
    return max(0, len(after.keys() - before.keys()) - (not before))


def take_rivals(links: IdentityLinks, fact: RivalsTransfer) -> bool:
    """Note who else claims an address; whether that is news."""
    known = links.rivals.get(fact.address)
    if known is not None and fact.version <= known.version:
        return False
    links.rivals[fact.address] = Rivals(fact.version, fact.rivals)
    return True


def is_of_same_person(contact: str, links: IdentityLinks, sender: str) -> bool:
    """Whether the sender of what goes to all of a person is linked to this contact, and does not only claim it."""
    if not sender or sender in links.claims_on_children or sender in links.children:
        return True
    strongest = links.strongest_claim()
    if strongest is not None and strongest[0] == sender:
        return True
    # It may be a child that was told of the link before us.
    return sender not in links.claims_on_self and identity_strength(sender) <= identity_strength(contact)


def forget_claim(links: IdentityLinks, fact: ErasureTransfer) -> bool:
    """Forget what a contact that was erased, and is another person, claimed of this one until then; whether it did."""
    claim = links.claims_on_self.get(fact.sender)
    if claim is None or max(claim.last, claim.browser_last, claim.parted)[0] > fact.instant_ms:
        return False
    del links.claims_on_self[fact.sender]
    return True
