"""What is known of a contact beyond its announcement: attributes, suppression, segments."""
