"""The scoring model's file: read, checked, compared, and kept as revisions."""
