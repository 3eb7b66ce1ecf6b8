"""Endpoints about lists of contacts: their columns, lists under a name, lists as files, and who stands in a row."""
