"""The subscriptions' file and topic, and the addresses that webhooks may go to."""
