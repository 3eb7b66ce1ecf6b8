"""A map that forgets: of more than so many values, what was used least lately goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class LruMap(Generic[V]):
    """Values by hashes, at most `most`. To look whether one is there is to use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[int, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: int) -> bool:
        if key not in self._values:
            return False
        self._values.move_to_end(key)
        return True

    def put(self, key: int, value: V) -> None:
        """Put the value there as the one used last."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def get_or_make(self, key: int, make: Callable[[], V]) -> V:
        """The value that is there, or one that is made and put there."""
        if key not in self:
            self.put(key, make())
        return self._values[key]
