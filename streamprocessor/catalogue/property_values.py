"""What came under one name: how often, of which JSON types, and examples that tell of nobody."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from streamprocessor.catalogue.distinct_count import hash_of
from streamprocessor.catalogue.masking import is_personal, masked
from streamprocessor.contract.strict_json import kind_of

MAX_EXAMPLES = 20
MAX_MASKED = 5
SHARED_BY_CONTACTS = 10
"""A value that so many contacts have is shown as it is: one person is several of them until they are joined."""

_MAX_UNSHARED = 300


class PropertyValues(Struct):
    """The values of one property or attribute.

    count: how often it came.
    kinds: by JSON type, in words.
    examples: values that several contacts have, and how often they came since that was known.
    forms: masked values, and how often they came; only the first few.
    """

    count: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    examples: dict[str, int] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)

    def add(self, value: Any, contact_hash: int, unshared: UnsharedValues) -> None:
        """Count a value of a contact."""
        self.count += 1
        kind = kind_of(value)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if value is None or isinstance(value, dict | list):
            return
        text = value if type(value) is str else str(value).lower() if type(value) is bool else str(value)
        if text in self.examples:
            self.examples[text] += 1
        elif len(self.examples) < MAX_EXAMPLES and not is_personal(text) and unshared.is_shared(text, contact_hash):
            self.examples[text] = SHARED_BY_CONTACTS
        else:
            form = masked(text)
            if form in self.forms or len(self.forms) < MAX_MASKED:
                self.forms[form] = self.forms.get(form, 0) + 1

    def take_over(self, other: PropertyValues) -> None:
        """Count what another one has counted."""
        self.count += other.count
        for mine, theirs in ((self.kinds, other.kinds), (self.examples, other.examples), (self.forms, other.forms)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count


class UnsharedValues:
    """Hashes of values that few contacts have so far. They are in memory alone, and never written down."""

    def __init__(self) -> None:
        self._contacts: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return len(self._contacts)

    def is_shared(self, text: str, contact_hash: int) -> bool:
        """Whether, with this contact, so many have the value that it belongs to none of them."""
        value_hash = hash_of(text)
        contacts = self._contacts.get(value_hash)
        if contacts is None:
            if len(self._contacts) >= _MAX_UNSHARED:
                self._contacts.clear()
            contacts = self._contacts[value_hash] = set()
        contacts.add(contact_hash)
        if len(contacts) < SHARED_BY_CONTACTS:
            return False
        del self._contacts[value_hash]
        return True
