"""What a process needs of its machine: the clock, signals, an HTTP server, a port file, kept secrets."""
