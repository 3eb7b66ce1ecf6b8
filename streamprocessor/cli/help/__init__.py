"""What commands say of themselves: examples, what all of them share, and what shells complete."""
