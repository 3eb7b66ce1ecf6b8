"""Words on whether a contact may still be written to; the last one holds."""

from __future__ import annotations

from typing import NamedTuple


class SuppressionWord(NamedTuple):
    """One word: what an event or an explicit update says on whether the contact is suppressed.

    occurred_at_ms, id: of the event or update.
    type: of the event; empty: an explicit update, or nobody said anything.
    """

    suppressed: bool
    occurred_at_ms: int
    id: str
    type: str = ""


UNSAID = SuppressionWord(False, 0, "")  # a value, not a choice
"""What holds while nobody said anything."""


def last_word(one: SuppressionWord, other: SuppressionWord) -> SuppressionWord:
    """The later of two words by (occurred_at, id); of two equal in it the one that suppresses.

    >>> last_word(SuppressionWord(True, 5, "a"), SuppressionWord(False, 7, "b", "resubscribe")).suppressed
    False
    """
    return other if _order(other) > _order(one) else one


def _order(word: SuppressionWord) -> tuple[int, str, bool, str]:
    return word.occurred_at_ms, word.id, word.suppressed, word.type
