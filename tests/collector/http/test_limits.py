"""What one key may send from one address, and that what one sends is never at another's cost."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.collector.http import limits
from streamprocessor.collector.http.keys import KeyHolder
from streamprocessor.collector.http.limits import DEFAULT_LIMITS, LimitPolicy, SenderLimiter, SenderLimits
from streamprocessor.collector.http.token_bucket import TokenBucket
from streamprocessor.collector.http.wire_format import DecodedEvents, RefusalError, RefusedItem, TopicEntry
from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.process.http.client_address import sender_network
from streamprocessor.process.lru_map import LruMap

HERE, THERE = "203.0.113.9", "198.51.100.7"
SERVER = KeyHolder("web", KeyKind.WRITE)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def limiter_of(chosen: SenderLimits, clock: Clock | None = None) -> SenderLimiter:
    return SenderLimiter(LimitPolicy(chosen), clock or Clock())


def visits(*contacts: str) -> DecodedEvents:
    return DecodedEvents([TopicEntry(contact, {"type": "page_visit"}, n) for n, contact in enumerate(contacts)])


def links(contact: str, *others: str, update: str = "identify") -> DecodedEvents:
    word = "from" if update == "merge" else "anonymous_id"
    return DecodedEvents([TopicEntry(contact, {"update": update, word: other}, n) for n, other in enumerate(others)])


def refusal_of(
    limiter: SenderLimiter, decoded: DecodedEvents, holder: KeyHolder = SERVER, network: str = HERE
) -> RefusalError:
    with pytest.raises(RefusalError) as refused:
        limiter.admit(holder, network, decoded)
    return refused.value


def is_admitted(limiter: SenderLimiter, decoded: DecodedEvents) -> bool:
    try:
        limiter.admit(SERVER, HERE, decoded)
    except RefusalError:
        return False
    return True


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 5, allow_subnormal=False), st.integers(0, 120)), min_size=1, max_size=40),
)
def test_in_no_span_of_time_more_events_get_in_than_the_burst_and_the_rate(
    rate: int, requests: list[tuple[float, int]]
) -> None:
    clock = Clock()
    limiter = limiter_of(SenderLimits(events_per_second=rate), clock)
    admitted: list[tuple[float, int]] = []
    for pause_seconds, count in requests:
        clock.seconds += pause_seconds
        if is_admitted(limiter, visits(*["c"] * count)):
            admitted.append((clock.seconds, max(1, count)))

    for first, (begin, _) in enumerate(admitted):
        total = 0
        for end, count in admitted[first:]:
            total += count
            assert total <= rate * limits.BURST_SECONDS + rate * (end - begin) + 1e-6


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.floats(0, 30, allow_subnormal=False), st.lists(st.integers(0, 60), max_size=25))),
)
def test_in_no_span_of_time_more_new_contacts_get_in_than_the_burst_and_the_rate(
    per_minute: int, requests: list[tuple[float, list[int]]]
) -> None:
    clock = Clock()
    limiter = limiter_of(SenderLimits(new_contacts_per_minute=per_minute), clock)
    known: set[int] = set()
    admitted: list[tuple[float, int]] = []
    for pause_seconds, contacts in requests:
        clock.seconds += pause_seconds
        if is_admitted(limiter, visits(*map(str, contacts))):
            admitted.append((clock.seconds, len(set(contacts) - known)))
            known |= set(contacts)

    for first, (begin, _) in enumerate(admitted):
        total = 0
        for end, count in admitted[first:]:
            total += count
            assert total <= per_minute + per_minute * (end - begin) / 60 + 1e-6


@given(st.lists(st.tuples(st.floats(0, 3, allow_subnormal=False), st.integers(1, 30)), max_size=30))
def test_whoever_comes_when_told_to_gets_in(requests: list[tuple[float, int]]) -> None:
    bucket = TokenBucket(5, 20, 0.0)
    now_seconds = 0.0
    for pause_seconds, tokens in requests:
        now_seconds += pause_seconds
        wait_seconds = bucket.wait_seconds(tokens, now_seconds)
        if tokens > 20:
            assert wait_seconds == float("inf")
        else:
            now_seconds += wait_seconds + 1e-9
            bucket.take(tokens, now_seconds)


def test_a_bucket_has_no_debts() -> None:
    bucket = TokenBucket(5, 20, 0.0)
    bucket.take(15, 0.0)

    with pytest.raises(ValueError, match="got 6"):
        bucket.take(6, 0.0)
    bucket.take(5, 0.0)


def test_a_batch_larger_than_the_burst_is_refused_whole_and_costs_nothing() -> None:
    limiter = limiter_of(SenderLimits(events_per_second=20))

    refusal = refusal_of(limiter, visits(*["c"] * 2_400))

    assert (refusal.status, refusal.retry_after_seconds) == (413, None)
    assert str(refusal) == ("body: wanted at most 40 events at once from one address; got 2400: send smaller batches")
    limiter.admit(SERVER, HERE, visits(*["c"] * 40))


def test_who_sends_too_much_is_told_when_to_come_back() -> None:
    clock = Clock()
    limiter = limiter_of(SenderLimits(events_per_second=10), clock)
    limiter.admit(SERVER, HERE, visits(*["c"] * 20))

    refusal = refusal_of(limiter, visits(*["c"] * 15))

    assert (refusal.status, refusal.retry_after_seconds) == (429, 2)
    clock.seconds = 2.0
    limiter.admit(SERVER, HERE, visits(*["c"] * 15))


@pytest.mark.parametrize(
    ("holder", "network"),
    [(SERVER, THERE), (KeyHolder("crm", KeyKind.WRITE), HERE), (KeyHolder("web", KeyKind.BROWSER), HERE)],
)
def test_one_address_locks_out_neither_others_nor_other_keys(holder: KeyHolder, network: str) -> None:
    limiter = limiter_of(SenderLimits(events_per_second=1, new_contacts_per_minute=1))
    limiter.admit(SERVER, HERE, visits("c"))
    refusal_of(limiter, visits("d"))

    limiter.admit(holder, network, visits("d"))


def test_an_item_that_became_several_entries_counts_once() -> None:
    limiter = limiter_of(SenderLimits(events_per_second=1))
    call = [entry._replace(position=0) for entry in visits("c", "c", "c").entries]

    limiter.admit(SERVER, HERE, DecodedEvents(call))


def test_items_that_are_no_good_count_too() -> None:
    limiter = limiter_of(SenderLimits(events_per_second=1))
    bad = DecodedEvents(refused=[RefusedItem(n, "bad-event", "type") for n in range(3)])

    assert refusal_of(limiter, bad).status == 413


@pytest.mark.parametrize(
    ("decoded", "new_contacts"),
    [
        (visits("c", "c", "c"), 1),
        (visits("a", "b"), 2),
        (links("c", "anon:1", "anon:2"), 3),  # each makes a record of the one that joins
        (links("c", "email:1", update="merge"), 2),
        (DecodedEvents([TopicEntry("c", {"update": ["identify"]})]), 1),
        (DecodedEvents([TopicEntry("c", {"update": "identify", "anonymous_id": {"a": 1}})]), 2),
    ],
)
def test_whatever_makes_a_contact_counts_as_a_new_one(decoded: DecodedEvents, new_contacts: int) -> None:
    limiter = limiter_of(SenderLimits(new_contacts_per_minute=new_contacts))
    limiter.admit(SERVER, HERE, decoded)
    limiter.admit(SERVER, HERE, decoded)  # all of them are known now

    assert refusal_of(limiter, visits("another")).status == 429


def test_a_refused_request_takes_nothing_out_of_any_bucket() -> None:
    limiter = limiter_of(SenderLimits(events_per_second=2, new_contacts_per_minute=2))

    assert refusal_of(limiter, visits("a", "b", "c")).status == 413
    limiter.admit(SERVER, HERE, visits("a", "b", "b", "a"))


def test_a_contact_gets_few_identities_from_one_sender_and_the_others_are_refused_by_themselves() -> None:
    clock = Clock()
    limiter = limiter_of(SenderLimits(identities_per_contact=2), clock)

    taken, refused = limiter.admit(SERVER, HERE, links("c", "anon:1", "anon:2", "anon:3", "anon:1"))

    assert [entry.position for entry in taken] == [0, 1, 3]
    assert [(item.position, item.reason) for item in refused] == [(2, "too-many-identities")]
    assert "identify: wanted at most 2 identities of a contact a day" in refused[0].detail
    assert limiter.admit(SERVER, HERE, links("d", "anon:3"))[1] == []
    assert limiter.admit(SERVER, THERE, links("c", "anon:3"))[1] == []
    clock.seconds = limits.DAY_SECONDS
    assert limiter.admit(SERVER, HERE, links("c", "anon:3"))[1] == []


@pytest.mark.parametrize(
    ("chosen", "kind", "result"),
    [
        (SenderLimits(), KeyKind.WRITE, SenderLimits()),
        (SenderLimits(), KeyKind.BROWSER, DEFAULT_LIMITS),
        (SenderLimits(7, None, 0), KeyKind.WRITE, SenderLimits(7, None, None)),
        (SenderLimits(7, None, 0), KeyKind.BROWSER, SenderLimits(7, 120, None)),
    ],
)
def test_where_nothing_was_chosen_defaults_hold_for_keys_that_the_public_may_know_alone_and_zero_is_no_limit(
    chosen: SenderLimits, kind: KeyKind, result: SenderLimits
) -> None:
    assert LimitPolicy(chosen).of(kind) == result


def test_without_limits_nobody_is_held_up_or_remembered() -> None:
    limiter = limiter_of(SenderLimits())
    for number in range(100):
        limiter.admit(SERVER, HERE, visits(*[f"c-{number}"] * 1_000))

    assert limiter.memory_entries == 0


def test_the_memory_of_senders_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SENDERS", 10)
    monkeypatch.setattr(limits, "MAX_MEMORIES", 20)
    limiter = limiter_of(DEFAULT_LIMITS)
    for number in range(200):
        network = f"2001:db8:0:{number:x}::"
        limiter.admit(SERVER, network, links(f"c-{number}", f"anon:{number}"))
        limiter.admit(SERVER, network, visits(f"d-{number}", f"e-{number}"))

    assert limiter.memory_entries == 10 + 3 * 20


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8))))
def test_what_was_used_least_lately_goes_first(uses: list[tuple[bool, int]]) -> None:
    remembered: LruMap[Any] = LruMap(3)
    order: list[int] = []
    for puts, key in uses:
        if puts:
            remembered.put(key, None)
            order = [other for other in order if other != key] + [key]
        elif key in remembered:
            order = [other for other in order if other != key] + [key]
        order = order[-3:]

    assert len(remembered) == len(order)
    assert all(key in remembered for key in order)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        (None, ""),
    ],
)
def test_a_sender_is_an_address_or_the_network_of_which_it_may_take_any(address: str | None, network: str) -> None:
    assert sender_network(None if address is None else ip_address(address)) == network
