"""Why there is no token to log in with."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError


class TokenError(KafkaConnectionError):  # type: ignore[misc] # aiokafka's are not typed
    """No token can be had; the sentence says from where, wanted, got, and what to do.

    One of aiokafka's own errors, for its clients to take it as a connection that failed: they try again.
    """

    def __init__(self, sentence: str, *, is_transient: bool) -> None:
        """Say what is wrong. is_transient: whether it may come right by itself; otherwise a person must act."""
        super().__init__(sentence)
        self.sentence = sentence
        self.is_transient = is_transient
