"""What may be asked about the scoring model, and with which bodies."""
