"""A draft of the model, tried on the contacts as they are."""
