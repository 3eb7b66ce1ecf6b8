"""The endpoints as one ASGI application, described to programs, and the page for people."""
