"""Endpoints about files before they are imported: what they are, what their columns mean, what would become of them."""
