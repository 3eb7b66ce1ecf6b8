"""However often delivery is killed, over a change of the clocks, a weekend and a holiday: each lead gets one owner, and
everybody is told of each thing once."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from streamprocessor.contract.lead_types import LEAD_ASSIGNED, LEAD_CALLED
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.inbox.acts import act_id_of, lead_id_of
from streamprocessor.inbox.alerts import HOUR_MS
from streamprocessor.inbox.business_hours import clock_at
from streamprocessor.inbox.episode import LeadAct, state_of
from streamprocessor.inbox.inbox_file import parse_inbox_file
from tests.delivery.inbox.lives import Death, Fate, World
from tests.delivery.leads import Lead
from tests.harness.example_share import share

FILE = """
time_zone: Europe/Berlin
holidays: [2026-10-26]
due: {business_time: 4h}
people:
  mia: {name: Mia Meier, webhook: "https://a", quiet_hours: 19:00-08:00}
  tom: {name: Tom Thoma, webhook: "https://b"}
  lea: {name: Lea Lang, webhook: "https://c", quiet_hours: 22:00-06:00}
owners:
  - {attributes: [{attribute: country, equals: AT}], owner: tom}
  - {owner: [mia, tom]}
escalate_to: lea
alerts: {most_an_hour: 2}
"""
RULES = parse_inbox_file(FILE, "inbox.yaml")
BERLIN = RULES.hours.calendar.zone


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


FRIDAY_MS, WEDNESDAY_MS = at("2026-10-23T15:00+02:00"), at("2026-10-28T20:00+01:00")
MINUTE_MS = 60_000


class Script:
    """Leads become hot; some of them are called in time, some late, some are given to somebody else."""

    def __init__(self, minutes: list[int], calls: list[int]) -> None:
        hot = sorted(FRIDAY_MS + minute * MINUTE_MS for minute in minutes)
        self.leads = [Lead(f"c-{number}", 1, at_ms) for number, at_ms in enumerate(hot)]
        self.ids = [lead.announcement().id for lead in self.leads]
        self.calls = {
            episode: lead.at_ms + delay * MINUTE_MS
            for episode, lead, delay in zip(self.ids, self.leads, calls, strict=False)
            if delay and lead.at_ms + delay * MINUTE_MS < WEDNESDAY_MS
        }

    def world(self, url: str, deaths: list[Death]) -> World:
        acts = [
            (at_ms, lead.contact_id, _act(episode, LEAD_CALLED, at_ms))
            for episode, lead in zip(self.ids, self.leads, strict=True)
            if (at_ms := self.calls.get(episode)) is not None
        ]
        attributes = {
            lead.contact_id: {"country": "AT" if number % 4 == 3 else "DE", "name": f"Lead {number}"}
            for number, lead in enumerate(self.leads)
        }
        hot = [(lead.at_ms, lead.announcement()) for lead in self.leads]
        return World(url, RULES, FRIDAY_MS - 1, WEDNESDAY_MS, hot, attributes, acts, Fate(deaths))


def _act(episode: str, act_type: str, at_ms: int, to: str | None = None) -> LeadAct:
    return LeadAct(act_id_of(episode, act_type, 1, to), act_type, episode, "engagement", "mia", at_ms, to)


def lived(script: Script, deaths: list[Death]) -> World:
    with tempfile.TemporaryDirectory() as folder:
        world = script.world(f"sqlite:///{Path(folder, 'd.sqlite')}", deaths)
        world.run()
        check(script, world)
    return world


def check(script: Script, world: World) -> None:
    acts = world.acts_in_kafka()
    once = list({act.id: act for act in acts}.values())
    assigned = [act for act in once if act.type == LEAD_ASSIGNED]
    assert sorted(act.episode for act in assigned) == sorted(script.ids), "each lead has one owner"
    by_id = {lead.announcement().id: number for number, lead in enumerate(script.leads)}
    owners = {act.episode: act.to for act in assigned}
    assert all(owners[episode] == "tom" for episode, number in by_id.items() if number % 4 == 3)
    turns = [owners[episode] for episode, number in by_id.items() if number % 4 != 3]
    assert turns == [("mia", "tom")[turn % 2] for turn in range(len(turns))], "they take turns"
    states = {episode: state_of([act for act in once if act.episode == episode]) for episode in script.ids}
    assert {episode for episode, state in states.items() if state.state == "called"} == script.calls.keys()
    due = {act.episode: act.due_ms or 0 for act in assigned}
    told = world.deliveries()
    assert len({message.webhook_id for message in told}) == len(told)
    assert not any(lead.contact_id in message.webhook_id for lead in script.leads for message in told), (
        "ids name nobody"
    )
    for person in ("mia", "tom", "lea"):
        mine = [message for message in told if message.subscription == f"inbox.{person}"]
        times = [message.queued_ms for message in mine]
        assert all(sum(each <= other < each + HOUR_MS for other in times) <= 2 for each in times), "at most 2 an hour"
        hours = [clock_at(BERLIN, each).hour for each in times]
        quiet = {"mia": (19, 8), "lea": (22, 6)}.get(person)
        assert quiet is None or not any(hour >= quiet[0] or hour < quiet[1] for hour in hours), "not in quiet hours"
    counted: Counter[tuple[str, str]] = Counter()
    for message in told:
        body = orjson.loads(message.body)
        person = message.subscription.removeprefix("inbox.")
        ids = [body["lead"]["id"]] if "lead" in body else body["lead_ids"]
        counted.update((person, lead_id) for lead_id in ids)
    late = {
        episode for episode in script.ids if due[episode] < min(script.calls.get(episode, WEDNESDAY_MS), WEDNESDAY_MS)
    }
    for episode in script.ids:
        lead_id = lead_id_of(episode)
        # Who has called meanwhile need not be told any more.
        called_ms = script.calls.get(episode)
        messages = counted[owners[episode] or "", lead_id]
        assert messages == 1 or (messages == 0 and called_ms is not None), (episode, messages)
        assert counted["lea", lead_id] <= (episode in late)
        if episode in late and called_ms is None and clock_at(BERLIN, due[episode]).hour < 20:
            assert counted["lea", lead_id] == 1, (episode, format_rfc3339(due[episode]))


@share(8)
@given(
    st.lists(st.integers(0, 4 * 24 * 60), min_size=1, max_size=9),
    st.lists(st.sampled_from([0, 0, 5, 200, 600, 5_000]), max_size=9),
    st.lists(st.builds(Death, st.integers(1, 120), st.booleans()), max_size=6),
)
@example([0] * 9, [], [])
@example([0] * 9, [], [Death(number, number % 2 == 0) for number in range(1, 60, 3)])
def test_whenever_it_is_killed_each_lead_has_one_owner_and_everybody_is_told_once(
    minutes: list[int], calls: list[int], deaths: list[Death]
) -> None:
    lived(Script(minutes, calls), deaths)


def test_a_kill_beside_each_transaction_there_is_changes_nothing_that_people_are_told() -> None:
    script = Script([0, 0, 0, 1_500], [0, 5, 600])
    whole = lived(script, [])
    for number in range(1, whole.fate.transactions + 1):
        for after in (False, True):
            assert lived(script, [Death(number, after)]).lives == 2
