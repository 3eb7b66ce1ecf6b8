"""What clients ask for and others do: erasures, imports, subscriptions and their deliveries."""
