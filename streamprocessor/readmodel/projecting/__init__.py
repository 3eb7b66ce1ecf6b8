"""From Kafka into the tables, and the model that is in force meanwhile."""
