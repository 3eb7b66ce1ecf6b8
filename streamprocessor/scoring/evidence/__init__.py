"""Evidence of a contact: ingested, derived from, united, compacted, bounded in size."""
