"""What the webhooks of all providers share: the request, the proof of its sender, the mail events that it tells."""
