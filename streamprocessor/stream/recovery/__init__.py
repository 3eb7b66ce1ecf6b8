"""Partitions of the contact table brought back from the changelog, before a task may score into them."""
