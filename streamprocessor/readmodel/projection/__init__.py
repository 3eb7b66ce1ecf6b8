"""From Kafka into the tables, and the model in force meanwhile."""
