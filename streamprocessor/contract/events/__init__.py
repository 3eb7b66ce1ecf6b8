"""Records of the input topics: events, contact updates, evidence transfers, and who acted."""
