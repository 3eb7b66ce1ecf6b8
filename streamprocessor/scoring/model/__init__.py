"""The scoring model as values: scores, rules, conditions, stages, contact filters."""
