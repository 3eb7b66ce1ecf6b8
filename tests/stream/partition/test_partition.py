"""What a partition counts of its contacts, whatever came and went."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.stream.partition.partition import Change, Partition

KEYS = st.sampled_from([b"ada", b"bob", b"cyd"])
HOT = st.sampled_from([None, (), ("engagement",), ("fit",), ("engagement", "fit")])
CHANGES = st.lists(st.one_of(st.tuples(KEYS, HOT), KEYS), max_size=20)


@given(CHANGES)
def test_hot_contacts_are_counted_as_they_become_hot_cool_down_and_go(
    changes: list[bytes | tuple[bytes, tuple[str, ...] | None]],
) -> None:
    partition = Partition(0, lambda key: key, lambda _: 0)
    hot: dict[bytes, tuple[str, ...]] = {}
    for change in changes:
        if isinstance(change, bytes):
            partition.note_tombstones_written([change], 0)
            hot.pop(change, None)
        else:
            key, scores = change
            partition.apply([Change(key, b"record", None, (), scores)], 1)
            hot[key] = hot.get(key, ()) if scores is None else scores

    assert +partition.hot_contacts == Counter(score for scores in hot.values() for score in scores)
    assert min(partition.hot_contacts.values(), default=0) >= 0
