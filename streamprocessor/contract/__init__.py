"""Bytes to values and back: topics, models, events, announcements, records."""
