"""`streamprocessor init`: a folder to begin in, with a model of one's own and its settings."""
