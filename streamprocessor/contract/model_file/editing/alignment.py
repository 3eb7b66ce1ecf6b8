"""Which entries of a collection are which of another: what kept its place, what came, what went, what moved."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streamprocessor.contract.model_file.editing.values import Value, fingerprint


class Entry(NamedTuple):
    """An entry: its word, None in a list, and what it says."""

    word: str | None
    value: Value


class Alignment(NamedTuple):
    """For each new entry the old one that it is, None: it is new; and the old ones that stay where they are."""

    old_of_new: tuple[int | None, ...]
    kept: frozenset[int]


def entries_of(values: Value) -> list[Entry]:
    """The entries of a mapping or a list."""
    if isinstance(values, dict):
        return [Entry(word, value) for word, value in values.items()]
    return [Entry(None, value) for value in values]


def aligned(old: Sequence[Entry], new: Sequence[Entry]) -> Alignment:
    """Entries are the same by their word; items by what they say, else by their id; else by their place between such.

    Where their number changes, by its place is only the same what is so in half of its words, or a single value.
    """
    matches: dict[int, int] = {}  # new to old
    for keys in _keys(old, new):
        free = dict[str, list[int]]()
        for index, key in enumerate(keys[0]):
            if index not in matches.values() and key is not None:
                free.setdefault(key, []).append(index)
        for index, key in enumerate(keys[1]):
            if index not in matches and key is not None and free.get(key):
                matches[index] = free[key].pop(0)
    taken, is_as_long = set(matches.values()), len(old) == len(new)
    for index, item in enumerate(new):
        place = matches.get(index - 1, -1) + 1 if index == 0 or index - 1 in matches else len(old)
        if (
            index not in matches
            and place < len(old)
            and place not in taken
            and (is_as_long or _alike(old[place], item))
        ):
            matches[index] = place
            taken.add(place)
    in_order = [matches[index] for index in range(len(new)) if index in matches]
    return Alignment(tuple(matches.get(index) for index in range(len(new))), frozenset(_longest_rising(in_order)))


def _keys(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[tuple[list[str | None], list[str | None]]]:
    if any(item.word is not None for item in (*old, *new)):
        yield [item.word for item in old], [item.word for item in new]
        return
    yield [fingerprint(item.value) for item in old], [fingerprint(item.value) for item in new]
    yield [_id(item.value) for item in old], [_id(item.value) for item in new]


def _id(value: Value) -> str | None:
    return fingerprint(value["id"]) if isinstance(value, dict) and "id" in value else None


def _alike(old: Entry, new: Entry) -> bool:
    one, other = old.value, new.value
    if isinstance(one, dict) and isinstance(other, dict):
        same = sum(word in other and fingerprint(other[word]) == fingerprint(inner) for word, inner in one.items())
        return same * 2 >= len(one)
    if old.word is not None or isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return fingerprint(one) == fingerprint(other)
    return True


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """The longest part of the numbers, which are distinct, that rises."""
    ends: list[int] = []  # of the best part of each length, its last number
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    rising: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        rising.append(last)
        last = before[last]
    return rising[::-1]
