"""Changes of a presented score: evaluated, explained, attributed to causes, and predicted."""
