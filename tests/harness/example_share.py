"""How many examples a law is tried with, for laws whose examples are dear."""

from __future__ import annotations

from hypothesis import settings


def share(percent: int) -> settings:
    """The profile's number of examples, cut down to so many of a hundred."""
    profile = settings.default
    assert profile is not None
    return settings(max_examples=profile.max_examples * percent // 100)
