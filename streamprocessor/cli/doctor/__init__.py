"""`streamprocessor model`: check, apply, diff, show."""
