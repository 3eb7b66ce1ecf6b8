"""Topics on the broker: what is there, what should be, and what makes one the other."""
