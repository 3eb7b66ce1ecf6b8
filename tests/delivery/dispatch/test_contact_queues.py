"""Order per contact, and no contact that waits for another one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.dispatch.contact_queues import ContactQueues

CONTACTS = ("a", "b", "c")


def waiting(number: int, contact_id: str, due_ms: int = 0) -> Delivery:
    return Delivery(number, f"w{number}", "crm", contact_id, b"{}", 0, 0, due_ms=due_ms)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(CONTACTS), max_size=30),
    st.lists(st.tuples(st.sampled_from(["take", "finish", "fail", "pass"]), st.integers(0, 3)), max_size=120),
)
def test_each_contacts_deliveries_end_in_their_order_one_at_a_time(
    contacts: list[str], moves: list[tuple[str, int]]
) -> None:
    lanes, now_ms, ended = ContactQueues(), 0, []
    for number, contact_id in enumerate(contacts):
        lanes.add(waiting(number, contact_id))
    under_way: list[Delivery] = []
    for move, which in moves:
        if move == "pass":
            now_ms += 10
        elif move == "take" and (taken := lanes.take(now_ms)):
            assert taken.due_ms <= now_ms
            assert taken.contact_id not in {delivery.contact_id for delivery in under_way}
            under_way.append(taken)
        elif under_way and move in ("finish", "fail"):
            delivery = under_way.pop(which % len(under_way))
            if move == "finish":
                lanes.finish(delivery)
                ended.append(delivery)
            else:
                lanes.put_back(replace(delivery, attempts=delivery.attempts + 1, due_ms=now_ms + 15))
    for delivery in under_way:
        lanes.finish(delivery)
        ended.append(delivery)
    while (taken := lanes.take(now_ms + 1_000)) is not None:
        lanes.finish(taken)
        ended.append(taken)

    assert len(lanes) == 0
    assert lanes.next_due_ms() is None
    for contact_id in CONTACTS:
        numbers = [number for number, contact in enumerate(contacts) if contact == contact_id]
        assert [delivery.number for delivery in ended if delivery.contact_id == contact_id] == numbers


def test_a_contact_whose_delivery_is_tried_again_later_holds_up_no_other() -> None:
    lanes = ContactQueues()
    for number, contact_id in enumerate(["a", "a", "b"]):
        lanes.add(waiting(number, contact_id))
    first = lanes.take(0)
    assert first is not None
    lanes.put_back(replace(first, attempts=1, due_ms=5_000))

    second = lanes.take(0)
    assert second is not None
    assert second.contact_id == "b"
    assert lanes.take(4_999) is None
    assert lanes.next_due_ms() == 5_000


def test_a_forgotten_contacts_deliveries_are_gone_even_the_one_that_is_being_sent() -> None:
    lanes = ContactQueues()
    for number, contact_id in enumerate(["a", "a", "b"]):
        lanes.add(waiting(number, contact_id))
    sent = lanes.take(0)
    assert sent is not None
    lanes.forget("a")
    lanes.put_back(sent)

    remaining = lanes.take(0)
    assert remaining is not None
    assert remaining.contact_id == "b"
    lanes.finish(remaining)
    assert len(lanes) == 0
    assert lanes.take(9_999_999) is None


def test_the_one_that_is_there_for_longest_is_found_among_those_under_way_too() -> None:
    lanes = ContactQueues()
    assert lanes.oldest_queued_ms() is None
    for number, (contact_id, queued_ms) in enumerate([("a", 5), ("a", 9), ("b", 7)]):
        lanes.add(replace(waiting(number, contact_id), queued_ms=queued_ms))
    assert lanes.oldest_queued_ms() == 5

    first = lanes.take(0)
    assert first is not None
    assert lanes.oldest_queued_ms() == 5
    lanes.finish(first)
    assert lanes.oldest_queued_ms() == 7
