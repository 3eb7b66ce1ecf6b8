"""What every process tells of itself to those who watch over it."""
