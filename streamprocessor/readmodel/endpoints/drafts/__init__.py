"""Subscriptions that somebody is writing: what may be named, what would be sent, whether it arrives."""
