"""What commands share at the terminal: options, output, progress, the running of a process."""
