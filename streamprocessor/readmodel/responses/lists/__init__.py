"""Answers about many contacts: columns, views, what a search finds, CSV."""
