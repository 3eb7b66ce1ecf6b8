"""Time zones as they are written."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import text


def time_zone(located: LocatedNode) -> str:
    """The name of a time zone that this machine knows."""
    zone = text(located)
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        located.refuse("a time zone such as Europe/Berlin")
    return zone


def zone_of(name: str) -> tzinfo:
    """The time zone of that name, which time_zone has read."""
    return UTC if name == "UTC" else ZoneInfo(name)
