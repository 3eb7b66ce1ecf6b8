"""The commands; each imports its room only when called."""
