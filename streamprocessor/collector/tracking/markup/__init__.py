"""The HTML of a mail, as far as its links need it read."""
