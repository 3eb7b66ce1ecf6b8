"""Kinds of rules on events whose matches are looked at one by one: a module each, found by its name."""
