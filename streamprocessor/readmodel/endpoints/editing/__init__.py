"""Endpoints of those who edit a model: its text, edits of it, what is wrong with it, and what it changes."""
