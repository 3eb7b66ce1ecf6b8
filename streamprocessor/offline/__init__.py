"""Scores of a file without Kafka, and what a change of the model would do."""
