"""`streamprocessor shadow`: a candidate scored live beside the model in force."""
