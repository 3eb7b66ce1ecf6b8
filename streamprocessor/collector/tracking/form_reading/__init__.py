"""What comes of a form that was sent: its fields, whose it is, and what it tells of that person."""
