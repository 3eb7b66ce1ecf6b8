"""Contacts that turn out to be one person: links between them, forwarding, erasure."""
