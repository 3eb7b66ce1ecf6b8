"""What delivery remembers, in SQLite or PostgreSQL: deliveries, cursors, contacts."""
