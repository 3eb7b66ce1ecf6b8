"""Which events and attributes came, and what the model's rules make of them. Pure."""
