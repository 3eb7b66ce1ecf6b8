"""What the columns of an unknown list probably mean, by their names and by what stands in them."""
