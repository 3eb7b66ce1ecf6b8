"""An Apache Kafka of our own on this machine: fetched, started, watched, stopped."""
