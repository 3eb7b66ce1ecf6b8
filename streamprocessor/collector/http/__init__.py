"""What every request passes, whatever its format: connection, authentication, limits, validation, answer."""
