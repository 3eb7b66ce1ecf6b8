"""The JSON that commands and the API answer with about one contact."""
