"""The timer index: windows of armed contacts."""

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.stream.partition.timers import WINDOW_MS, TimerIndex


def test_a_contact_is_due_when_its_window_has_ended_and_not_before() -> None:
    timers = TimerIndex()
    timers.arm(b"a", 1_000)

    assert timers.next_at_ms() == 1_000
    assert timers.take_due(999, 10) == []
    assert timers.take_due(1_000, 10) == [b"a"]
    assert timers.next_at_ms() is None


def test_an_instant_inside_a_window_is_noticed_at_its_end() -> None:
    timers = TimerIndex()
    timers.arm(b"a", 1_001)

    assert timers.next_at_ms() == 1_000 + WINDOW_MS


def test_arming_later_keeps_the_earlier_window_and_wakes_once() -> None:
    timers = TimerIndex()
    timers.arm(b"a", 1_000)
    timers.arm(b"a", 9_000)

    assert timers.take_due(1_000, 10) == [b"a"]
    assert timers.take_due(99_000, 10) == []


def test_arming_earlier_moves_the_contact_and_it_wakes_once() -> None:
    timers = TimerIndex()
    timers.arm(b"a", 9_000)
    timers.arm(b"a", 1_000)

    assert timers.take_due(1_000, 10) == [b"a"]
    assert timers.take_due(99_000, 10) == []


def test_a_disarmed_contact_does_not_wake() -> None:
    timers = TimerIndex()
    timers.arm(b"a", 1_000)
    timers.arm(b"a", None)

    assert len(timers) == 0
    assert timers.take_due(99_000, 10) == []


def test_a_full_window_is_taken_in_slices() -> None:
    timers = TimerIndex()
    for number in range(5):
        timers.arm(b"%d" % number, 1_000)

    taken = [timers.take_due(1_000, 2) for _ in range(4)]

    assert [len(some) for some in taken] == [2, 2, 1, 0]
    assert len({key for some in taken for key in some}) == 5


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 20_000))), max_size=60))
def test_every_armed_contact_is_due_by_a_window_after_its_earliest_instant(arms: list[tuple[int, int | None]]) -> None:
    timers = TimerIndex()
    earliest: dict[bytes, int] = {}
    for number, at_ms in arms:
        key = b"%d" % number
        timers.arm(key, at_ms)
        if at_ms is None:
            earliest.pop(key, None)
        else:
            earliest[key] = min(at_ms, earliest.get(key, at_ms))

    for now_ms in range(0, 21_000, WINDOW_MS):
        due = set(timers.take_due(now_ms, 1_000))
        assert due == {key for key, at_ms in earliest.items() if at_ms <= now_ms}
        for key in due:
            del earliest[key]
    assert len(timers) == 0
