"""The search index: what contacts are found by, kept beside their rows, and how it is asked."""
