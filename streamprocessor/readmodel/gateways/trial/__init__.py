"""What other models are tried by, each in a process of its own."""
