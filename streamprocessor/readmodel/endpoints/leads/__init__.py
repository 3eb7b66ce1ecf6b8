"""Endpoints about hot leads: who became one, and what people do with them."""
