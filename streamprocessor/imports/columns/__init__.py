"""The words of a mapping: which column of a table means what."""
