"""Sending webhooks: queues per contact, retries, circuit breakers, one dispatcher a subscription."""
