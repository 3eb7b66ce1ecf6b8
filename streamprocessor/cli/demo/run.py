"""The demo, composed: worker and collector under supervision, played traffic, the announcements on the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import TopicPartition

from streamprocessor.cli.demo.board import Board
from streamprocessor.cli.demo.collector_traffic import collector_traffic
from streamprocessor.cli.demo.screen import Screen
from streamprocessor.cli.local.local_processes import FrontPlan, WorkerPlan, a_write_key, free_ports, front_plan
from streamprocessor.cli.local.local_system import LocalKafka, set_up, supervise
from streamprocessor.cli.local.next_steps import hot_lead_step, next_steps
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.imports.kafka_sender import kafka_sender
from streamprocessor.kafka.admin.layout import full_name_of, layout_of
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import new_reader
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.lifecycle import run_until
from streamprocessor.process.supervisor import Supervisor
from streamprocessor.simulation.pace import at_rate
from streamprocessor.simulation.player import play, until_wall_clock
from streamprocessor.simulation.simulation import simulate

_DRAW_SECONDS = 0.25
_POLL_MS = 250


@dataclass(frozen=True)
class DemoPlan:
    """What is played.

    rate: events a second.
    seconds: how long; None: until told to stop.
    model_given: as set_up takes it.
    """

    contacts: int
    rate: float
    seed: int
    seconds: float | None
    model_given: bool


async def run_demo(kafka: LocalKafka, plan: DemoPlan, screen: Screen) -> int:
    """The exit code, once the demo's time is over or somebody ended it, and all have ended."""
    settings = kafka.settings
    await set_up(kafka, "demo", screen.say, model_given=plan.model_given)
    logs = settings.data_path / "logs" / "demo"
    workers = WorkerPlan(settings, free_ports(settings.metrics_port, 1), logs)
    fronts = front_plan(settings, logs)
    screen.say(f"Kafka for clients: {settings.bootstrap}. Ctrl-C ends all of it.")
    supervisor = Supervisor([*workers.children(), *fronts.children()], screen.say)
    board = Board()
    show = _Show(kafka, plan, screen, board)
    ends = await show.announcement_ends()
    parts = [
        _ending(show.play_when_ready(workers, fronts, supervisor), supervisor),
        _ending(show.follow(ends), supervisor),
        _ending(show.draw(), supervisor),
    ]
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        code = await supervise(kafka.process, supervisor, screen.say)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    steps = f"{board.steps} score steps, {board.steps_by_time} of them by time alone"
    screen.say(f"{board.sent} events, {steps}, {board.hot_leads} hot leads")
    return code


async def _ending(part: Coroutine[Any, Any, None], supervisor: Supervisor) -> None:
    """The part; where it fails, everything is to end."""
    try:
        await part
    except Exception:
        supervisor.stop(EXIT_FAILED)
        raise


class _Show:
    """The parts that run side by side, on one board."""

    def __init__(self, kafka: LocalKafka, plan: DemoPlan, screen: Screen, board: Board) -> None:
        settings = kafka.settings
        self._settings = settings
        self._typed_settings = kafka.typed_settings
        self._clients = client_settings(settings)
        self._plan = plan
        self._screen = screen
        self._board = board
        self._hot_leads = full_name_of(settings, BECAME_HOT_LEAD)
        self._steps = full_name_of(settings, SCORE_UPDATED)

    async def play_when_ready(self, workers: WorkerPlan, fronts: FrontPlan, supervisor: Supervisor) -> None:
        await workers.tell_when_ready(self._screen.say)
        await fronts.tell_when_ready(self._screen.say)
        addresses = fronts.address_of("collector"), fronts.address_of("api")
        for line in next_steps(self._typed_settings, "demo", *addresses):
            self._screen.say(line)
        if self._plan.seconds is not None:
            asyncio.get_running_loop().call_later(self._plan.seconds, supervisor.stop)
        now_ms = int(time.time() * 1000)
        records = at_rate(
            simulate(self._plan.seed, self._plan.contacts, now_ms, bad_records=True), now_ms, self._plan.rate
        )
        async with (
            kafka_sender(self._clients, self._settings.topic_prefix) as sender,
            collector_traffic(fronts.address_of("collector"), a_write_key(self._settings), sender) as traffic,
        ):
            topics = InputTopics(layout_of(self._settings).topics)
            stop = asyncio.ensure_future(supervisor.until_stopped())
            await run_until(stop, play(records, traffic, topics, until_wall_clock, lambda _: self._count_sent()))
            stop.cancel()

    async def announcement_ends(self) -> dict[tuple[str, int], int]:
        """Where the announcements of earlier demos end."""
        return await end_offsets(self._clients, [self._hot_leads, self._steps])

    async def follow(self, ends: dict[tuple[str, int], int]) -> None:
        """Read the announcements from there on, for ever."""
        consumer = new_reader(self._clients)
        try:
            await consumer.start()
            consumer.assign([TopicPartition(*where) for where in ends])
            for where, offset in ends.items():
                consumer.seek(TopicPartition(*where), offset)
            while True:
                for where, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
                    for record in records:
                        self._take(where.topic, orjson.loads(record.value))
        finally:
            await consumer.stop()

    async def draw(self) -> None:
        """Bring the screen up to date, for ever."""
        while True:
            self._screen.draw(self._board, int(time.time() * 1000))
            await asyncio.sleep(_DRAW_SECONDS)

    def _take(self, topic: str, announced: dict[str, Any]) -> None:
        if topic == self._hot_leads:
            self._screen.news(self._board.take_hot_lead(announced))
            if self._board.hot_leads == 1:  # that of the others is typed likewise
                self._screen.say(hot_lead_step(self._typed_settings, announced["contact_id"]))
        elif (cooled := self._board.take_step(announced)) is not None:
            self._screen.news(cooled)

    def _count_sent(self) -> None:
        self._board.sent += 1
