"""What an import of a file would do, told before anything is sent."""
