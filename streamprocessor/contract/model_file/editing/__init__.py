"""A model's text changed by edits: what no edit concerns stays byte for byte, comments and all."""
