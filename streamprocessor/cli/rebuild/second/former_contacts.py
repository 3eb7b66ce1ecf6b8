"""What a second table goes on from: the contacts of the first one, stored or at least announced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from streamprocessor.contract.changelog.entry import TableIdentity
from streamprocessor.contract.messages.message import Message
from streamprocessor.scoring.record.record import Record


class FormerContacts(Protocol):
    """Contacts of a table that ends."""

    async def catch_up(self) -> None:
        """Know all that is there by now."""

    def take_changed(self) -> set[bytes]:
        """The keys of contacts that changed since this was asked last."""

    def record_of(self, key: bytes) -> Record | None:
        """What is known of a contact, with offsets as the second table has them; None: nothing."""

    def is_applied(self, topic_number: int, record: Any) -> bool:
        """Whether a record of the input topic of this number was applied to its contact."""

    def is_applied_message(self, record: Any) -> bool:
        """Whether a message between contacts was applied to the contact that it is for."""

    def owed(self) -> Iterator[tuple[int, Message]]:
        """Announcements that may not be acknowledged, in their order, with their partitions."""

    def identity(self) -> TableIdentity | None:
        """Whose table it is; None: nobody knows."""

    def erased(self) -> dict[bytes, int]:
        """The instants of erasures in epoch milliseconds, by pseudonym."""
