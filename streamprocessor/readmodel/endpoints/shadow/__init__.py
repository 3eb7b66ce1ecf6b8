"""The endpoints of a candidate that is scored live beside the model in force."""
