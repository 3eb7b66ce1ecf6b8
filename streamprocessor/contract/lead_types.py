"""The types of the events that say what was done with a hot lead, on the topic of activities."""

from __future__ import annotations

LEAD_ASSIGNED, LEAD_SEEN, LEAD_CALLED = "lead_assigned", "lead_seen", "lead_called"
LEAD_ACCEPTED, LEAD_REJECTED = "lead_accepted", "lead_rejected"
LEAD_TYPES = (LEAD_ASSIGNED, LEAD_SEEN, LEAD_CALLED, LEAD_ACCEPTED, LEAD_REJECTED)
