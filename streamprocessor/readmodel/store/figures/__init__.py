"""Figures over many contacts: counts, shares of rules, and what changed in a week."""
