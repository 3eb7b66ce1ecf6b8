"""Time zones as they are written."""

from __future__ import annotations

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
