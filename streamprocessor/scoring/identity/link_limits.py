"""How many contacts may be merged into one, and which of them gives way: one whom browsers alone claim."""

from __future__ import annotations

from streamprocessor.scoring.record.links import NEVER, IdentityLinks, MergeClaim

MOST_CLAIMS = 16
MOST_CHILDREN = 256


def forget_weakest_claim(claims_on_self: dict[str, MergeClaim]) -> None:
    """Hold the claims within their limit: one that is off goes first, then a browser's, among these the youngest."""
    if len(claims_on_self) > MOST_CLAIMS:

        def weakness(parent: str) -> tuple[object, ...]:
            claim = claims_on_self[parent]
            return not claim.is_live, claim.is_by_browser, claim.stamp

        del claims_on_self[max(claims_on_self, key=weakness)]


def has_place(links: IdentityLinks, child: str, claim: MergeClaim) -> bool:
    """Whether the claim on this child is within the limit as things are."""
    claims = links.claims_on_children
    if not _takes_place(claim) or (child in claims and _takes_place(claims[child])):
        return True
    return sum(map(_takes_place, claims.values())) < MOST_CHILDREN


def child_that_gives_way(links: IdentityLinks, claim: MergeClaim) -> str | None:
    """The child that has to leave so that the claim on another gets its place; None: none has to, it gets none.

    It is the one whom browsers alone claim, the youngest of such; another browser's claim is no reason to leave.
    """
    claims = links.claims_on_children
    made_by_browsers = [child for child, known in claims.items() if known.is_live and known.is_by_browser]
    if not made_by_browsers or (claim.is_live and claim.is_by_browser):
        return None
    return max(made_by_browsers, key=lambda child: (claims[child].stamp, child))


def is_full_of_evidence(links: IdentityLinks) -> bool:
    """Whether as many children as may have evidence here."""
    return sum(bool(evidence.sources) for evidence in links.children.values()) >= MOST_CHILDREN


def _takes_place(claim: MergeClaim) -> bool:
    """Whether a claim counts: each does, but one of browsers that was parted."""
    return claim.is_live or claim.browser_last == NEVER or claim.last != NEVER
