"""What is written to output topics: announcements and dead letters."""
