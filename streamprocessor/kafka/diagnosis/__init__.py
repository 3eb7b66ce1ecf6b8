"""Why Kafka can't be used: the connection opened again, a stage at a time, until one fails."""
