"""What a draft of the model would do to the contacts as they are: found out in a process of its own."""
