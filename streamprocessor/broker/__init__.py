"""Embedded Apache Kafka, topic administration, Kafka clients."""
