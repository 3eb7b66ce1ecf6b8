"""YAML read strictly: every value knows its line, and every error says what was wanted and what was there."""
