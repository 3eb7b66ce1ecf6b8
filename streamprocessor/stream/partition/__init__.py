"""The data plane of one partition: from fetched batches through micro-batches to changelog and announcements."""
