"""The worker: the only room that knows Faust."""
