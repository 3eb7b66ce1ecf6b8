"""What stands in the cells of tables: numbers, instants, and what a file itself says of its type."""
