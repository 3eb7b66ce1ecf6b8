"""What the API asks of others: erasures, imports, subscriptions, the delivery process."""
