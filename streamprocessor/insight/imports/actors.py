"""Who did it, by the user agent's own words: what names itself a robot or a mail proxy is not a person."""

from __future__ import annotations

from streamprocessor.scoring.facts import HUMAN, PROXY, SCANNER

PROXY_WORDS = ("googleimageproxy", "yahoomailproxy")
SCANNER_WORDS = ("bot", "spider", "crawl", "slurp")


def actor_named_by(user_agent: str) -> str:
    """human | proxy | scanner. Only what says so itself is taken for a machine; all else is human."""
    words = user_agent.lower()
    if any(word in words for word in PROXY_WORDS):
        return PROXY
    if any(word in words for word in SCANNER_WORDS):
        return SCANNER
    return HUMAN
