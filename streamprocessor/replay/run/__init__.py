"""A replay at work: its order, the processes that do its parts, and the answer."""
