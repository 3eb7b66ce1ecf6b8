"""From accepted to acknowledged by Kafka: group commit, the spool on disk, the writer that empties both."""
