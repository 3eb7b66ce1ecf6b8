"""What in a model can be read and can still not be meant: conditions that never hold, too many steps."""
