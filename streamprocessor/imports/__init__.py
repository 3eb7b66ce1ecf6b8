"""Files into input topics: JSON Lines, CSV with a mapping, access logs."""
