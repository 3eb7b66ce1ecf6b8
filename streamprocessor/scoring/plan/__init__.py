"""A model compiled for evaluation: which rules an event meets, what evidence has to keep."""
