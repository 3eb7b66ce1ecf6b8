"""What may become of a lead, and that repeats and replays change nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.lead_types import (
    LEAD_ACCEPTED,
    LEAD_ASSIGNED,
    LEAD_CALLED,
    LEAD_REJECTED,
    LEAD_SEEN,
    LEAD_TYPES,
)
from streamprocessor.inbox.acts import (
    act_id_of,
    event_of,
    lead_id_of,
    read_act,
    read_stored_acts,
    stored_acts,
)
from streamprocessor.inbox.episode import LeadAct, LeadState, state_of

NOW_MS = 1_795_161_600_000
EPISODE = "inc:jane:engagement:1"


def act(act_type: str, number: int = 0, **changes: object) -> LeadAct:
    made = LeadAct(f"{act_type}-{number}", act_type, EPISODE, "engagement", "mia", NOW_MS + number)
    return made._replace(**changes)  # type: ignore[arg-type]


ASSIGNED = act(LEAD_ASSIGNED, by="system", to="mia", due_ms=NOW_MS + 10)


def test_a_lead_is_seen_called_and_accepted_by_its_owner() -> None:
    steps = [ASSIGNED, act(LEAD_SEEN, 1), act(LEAD_CALLED, 2), act(LEAD_ACCEPTED, 3)]
    assert [state_of(steps[:n]).state for n in range(5)] == ["new", "new", "seen", "called", "accepted"]
    assert state_of(steps) == LeadState("accepted", "mia", NOW_MS + 10, "", "mia", NOW_MS + 3, 1)


def test_a_rejection_keeps_its_reason_and_ends_it() -> None:
    steps = [ASSIGNED, act(LEAD_REJECTED, 1, reason="no budget"), act(LEAD_ACCEPTED, 2), act(LEAD_CALLED, 3)]
    assert state_of(steps) == LeadState("rejected", "mia", NOW_MS + 10, "no budget", "mia", NOW_MS + 1, 1)


def test_a_lead_never_goes_back_but_when_it_is_assigned_again() -> None:
    steps = [ASSIGNED, act(LEAD_CALLED, 1), act(LEAD_SEEN, 2)]
    assert state_of(steps).state == "called"
    again = state_of([*steps, act(LEAD_ASSIGNED, 3, to="tom")])
    assert (again.state, again.owner, again.due_ms, again.rounds) == ("new", "tom", NOW_MS + 10, 2)


def test_a_closed_lead_that_is_assigned_begins_anew_with_its_own_due_instant() -> None:
    steps = [ASSIGNED, act(LEAD_ACCEPTED, 1), act(LEAD_ASSIGNED, 2, to="mia", due_ms=NOW_MS + 99)]
    assert state_of(steps)[:4] == ("new", "mia", NOW_MS + 99, "")


def test_an_assignment_by_the_rules_that_comes_late_takes_back_nothing_that_people_did() -> None:
    called = act(LEAD_CALLED, 1)
    late = state_of([called, ASSIGNED])
    assert (late.state, late.owner, late.due_ms, late.by) == ("called", "mia", NOW_MS + 10, "mia")
    assert state_of([called, act(LEAD_ACCEPTED, 2), ASSIGNED]) == state_of([called, act(LEAD_ACCEPTED, 2)])
    given = act(LEAD_ASSIGNED, 3, to="tom")
    assert state_of([given, ASSIGNED]) == state_of([given])


def test_it_is_overdue_from_its_due_instant_on_until_somebody_calls() -> None:
    assert not state_of([ASSIGNED]).is_overdue(NOW_MS + 9)
    assert state_of([ASSIGNED]).is_overdue(NOW_MS + 10)
    assert state_of([ASSIGNED, act(LEAD_SEEN, 1)]).is_overdue(NOW_MS + 10)
    assert not state_of([ASSIGNED, act(LEAD_CALLED, 1)]).is_overdue(NOW_MS + 10)
    assert not LeadState().is_overdue(NOW_MS)


ACTS = st.builds(
    lambda act_type, number, to: act(act_type, number, to=to if act_type == LEAD_ASSIGNED else None),
    st.sampled_from(LEAD_TYPES),
    st.integers(0, 6),
    st.sampled_from([None, "mia", "tom"]),
)


@given(st.lists(ACTS, max_size=12), st.data())
def test_acts_that_come_again_change_nothing(acts: list[LeadAct], data: st.DataObject) -> None:
    """A crash may send any of them once more, later."""
    first = list({each.id: each for each in reversed(acts)}.values())[::-1]
    repeated = list(first)
    for each in data.draw(st.lists(st.sampled_from(first), max_size=5)) if first else []:
        place = data.draw(st.integers(first.index(each) + 1, len(repeated)))
        repeated.insert(max(place, repeated.index(each) + 1), each)

    assert state_of(repeated) == state_of(first)


@given(ACTS, st.text(max_size=30), st.one_of(st.none(), st.integers(0, 2_000_000_000_000)))
def test_an_act_survives_its_way_through_kafka_and_the_database(made: LeadAct, reason: str, due_ms: int | None) -> None:
    made = made._replace(reason=reason.replace("\0", ""), due_ms=due_ms)
    assert read_act("jane", event_of("jane", made), [], NOW_MS + 1_000) == made
    assert read_stored_acts(stored_acts([made])) == [made]


def test_other_events_and_what_no_inbox_can_use_are_none() -> None:
    nothing = [
        None,
        b"",
        b'{"type": "download", "id": "e", "properties": {"name": "lead_list.pdf"}}',
        b'{"type": "lead_seen", "id": "e", "properties": {}}',
        b'{"type": "lead_seen", "id": "e", "properties": {"episode": 7}}',
        b'{"type": "lead_seen", "id": "e", "properties": {"episode": "x", "by": ["mia"]}}',
        b'{"type": "lead_seen", "id": "e", "contact_id": "joe", "properties": {"episode": "x"}}',
        b'{"type": "lead_seen", broken',
        b'"lead_seen"',
    ]
    assert [read_act("jane", value, None, NOW_MS) for value in nothing] == [None] * len(nothing)


def test_an_act_as_a_cloud_event_is_one_too() -> None:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e"),
        ("ce_source", b"crm"),
        ("ce_type", b"lead_called"),
        ("content-type", b"application/json"),
    ]
    found = read_act("jane", b'{"properties": {"episode": "x"}}', headers, NOW_MS)
    assert found is not None
    assert (found.id, found.type, found.episode) == ("e", LEAD_CALLED, "x")


def test_ids_are_the_same_for_the_same_act_and_others_for_others() -> None:
    ids = [
        act_id_of(EPISODE, LEAD_SEEN, 1),
        act_id_of(EPISODE, LEAD_SEEN, 2),
        act_id_of(EPISODE, LEAD_CALLED, 1),
        act_id_of("other", LEAD_SEEN, 1),
        act_id_of(EPISODE, LEAD_ASSIGNED, 1, "mia"),
        act_id_of(EPISODE, LEAD_ASSIGNED, 1, "tom"),
    ]
    assert len(set(ids)) == len(ids)
    assert act_id_of(EPISODE, LEAD_SEEN, 1) == ids[0]
    assert "jane" not in "".join([*ids, lead_id_of(EPISODE)])
