"""A worker's parts, put together: the data plane, the table, and the application that feeds them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.model_file.revisions import model_of
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.contract.topics.topics import Topic, inputs
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.process.telemetry.spans import Tracing
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings
from streamprocessor.stream.faust_shell.app import AppParts, FaustSettings, create_app
from streamprocessor.stream.faust_shell.credentials import faust_credentials
from streamprocessor.stream.faust_shell.ports import ConsumerPort, ProducerPort
from streamprocessor.stream.lease import Lease
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.data_plane import DataPlane
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch_metrics import MicrobatchMetrics
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.task_context import TaskContext
from streamprocessor.stream.process_end import give_up
from streamprocessor.stream.recovery.changelog_reader import ChangelogReader
from streamprocessor.stream.recovery.table import Table
from streamprocessor.stream.startup import BrokerFacts


@dataclass(frozen=True, slots=True)
class Composition:
    """What all parts are made from.

    group: the consumer group.
    broker: what the checks at start found out.
    tracing: of micro-batches.
    """

    settings: Settings
    clients: ClientSettings
    layout: Layout
    group: str
    metrics: Metrics
    broker: BrokerFacts
    tracing: Tracing

    def compose(
        self, models: ModelFollower, instance_id: str, on_commit: Callable[[Mapping[tuple[str, int], int], bool], None]
    ) -> tuple[DataPlane, Any]:
        """The data plane, and the Faust application that feeds it; nothing of them runs yet.

        instance_id: the static member's name in the group.
        on_commit: called with the offsets of each commit, and whether it succeeded.
        """
        producer, consumer = ProducerPort(), ConsumerPort(self._input_names)
        plane = DataPlane(self._task_context(models, producer, consumer))
        app = create_app(
            self._faust_settings(instance_id),
            AppParts(plane, self._table(plane).recover, on_commit, now_ms),
        )
        producer.bind(app)
        consumer.bind(app)
        return plane, app

    @property
    def _inputs(self) -> dict[int, Topic]:
        return {topic.number: topic for topic in inputs(self.layout.topics) if topic.number is not None}

    @property
    def _input_names(self) -> dict[int, str]:
        return {number: self.layout.full_name(topic.name) for number, topic in self._inputs.items()}

    def _task_context(self, models: ModelFollower, producer: ProducerPort, consumer: ConsumerPort) -> TaskContext:
        short_names = {number: topic.name for number, topic in self._inputs.items()}
        full_names = {topic.name: full_name for full_name, topic in self.layout.names().items()}
        model = model_of(models.required())
        belongs_to = partial(partition_of, partitions=self.broker.partitions)
        session_timeout_ms = int(self.settings.session_timeout_seconds * 1000)
        return TaskContext(
            scorer=Scorer(model),
            hot_stages=HotStages(model),
            source=f"streamprocessor/{self.group}",
            decoders={number: value_decoder_for(topic) for number, topic in self._inputs.items()},
            topic_names=short_names,
            full_names=self._input_names,
            lease=Lease(session_timeout_ms, now_ms, asyncio.get_running_loop()),
            outbox=Outbox(producer, full_names[CONTACTS_CHANGELOG], full_names, belongs_to),
            metrics=MicrobatchMetrics(self.metrics, short_names, model, self.tracing),
            consumer=consumer,
            newer_model=models.wait_for,
            give_up=partial(give_up, self.clients),
            partition_of=belongs_to,
            contact_ids=ContactIds(self.settings.address_salt),
        )

    def _table(self, plane: DataPlane) -> Table:
        progress = self.metrics.recovery_remaining.set
        reader = ChangelogReader(self.layout.full_name(CONTACTS_CHANGELOG), lambda: new_reader(self.clients), progress)
        pseudonym = pseudonym_under(self.settings.erasure_salt)
        return Table(plane, reader, self.broker.topic_ids, pseudonym, self.metrics)

    def _faust_settings(self, instance_id: str) -> FaustSettings:
        settings = self.settings
        return FaustSettings(
            bootstrap=settings.bootstrap,
            group=self.group,
            data_folder=settings.data_path / "faust",
            instance_id=instance_id,
            partitions=self.broker.partitions,
            session_timeout_seconds=settings.session_timeout_seconds,
            commit_interval_seconds=settings.commit_interval_seconds,
            request_timeout_seconds=settings.request_timeout_seconds,
            credentials=faust_credentials(self.clients),
        )
