"""What a subscription asks for: filters, payload templates, signatures, resolved into a plan."""
