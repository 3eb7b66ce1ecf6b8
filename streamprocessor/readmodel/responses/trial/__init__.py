"""What comes of a draft of the model that is tried."""
