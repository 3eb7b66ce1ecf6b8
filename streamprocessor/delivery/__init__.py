"""Webhooks out: announcements that arrive signed, at least once under one id, in order per contact."""
