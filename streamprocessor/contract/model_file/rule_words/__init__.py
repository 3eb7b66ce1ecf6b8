"""How rules are written: their words, limits, and decay."""
