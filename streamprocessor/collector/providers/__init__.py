"""Mail providers' webhooks: one module a provider, from what it posts to events of the contract."""
