"""Kafka as seen by every process: clients, connection settings, compacted topics, the partitioner."""
