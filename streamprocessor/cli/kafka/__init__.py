"""What commands read from Kafka and write to it."""
