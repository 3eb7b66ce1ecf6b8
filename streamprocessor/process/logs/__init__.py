"""The log of a process: one form, one level, and nothing of a person."""
