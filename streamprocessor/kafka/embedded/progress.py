"""How far the preparation of Kafka is: what its stages tell whoever waits for them."""

from typing import Protocol


class Progress(Protocol):
    """Someone who waits, told of each stage when it begins and of the bytes that it fetches."""

    def begin(self, stage: str, size_bytes: int | None = None) -> None:
        """Another stage begins, in words; about so much will be fetched in it (None: nothing is)."""

    def fetched(self, more_bytes: int) -> None:
        """So many more bytes of this stage have come."""


class _Silent:
    """Nobody waits."""

    def begin(self, stage: str, size_bytes: int | None = None) -> None:
        """Show nothing."""

    def fetched(self, more_bytes: int) -> None:
        """Show nothing."""


SILENT: Progress = _Silent()
