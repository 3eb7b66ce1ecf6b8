"""What a process needs of its machine: clock, signals, children, locks, memory, an HTTP server with health, secrets."""
