"""A system on a Kafka with ACLs: each process is a user of its own, who may do what `topics acl` lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from streamprocessor.contract.topics.rights import Right, rights_of
from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, ROLES, SETUP, WORKER
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.settings import PREFIX, Settings
from tests.harness.acls import PASSWORD, Acls
from tests.harness.apis import ApiProcess
from tests.harness.collectors import CollectorProcess
from tests.harness.deliveries import DeliveryProcess
from tests.harness.processes import CommandProcess
from tests.harness.secured_kafka import SecuredKafka
from tests.harness.system import System, until
from tests.harness.workers import WorkerProcess


class Door(NamedTuple):
    """A way to log in.

    name: of one of the broker's doors. principal: who a role is then, by the broker's rules.
    """

    name: str
    principal: str


SCRAM = Door("TLSLOGIN", "User:sp-{role}")
CERTIFICATE = Door("MUTUAL", "User:CN=sp-{role}")
MAPPED_CERTIFICATE = Door("MUTUAL12", "User:sp-{role}")


class GuardedSystem:
    """Its users and processes, by role.

    acls: of its broker. prefix: of its topics and its group.
    """

    def __init__(self, secured: SecuredKafka, prefix: str, folder: Path, door: Door = SCRAM) -> None:
        self.acls = Acls(secured.addresses["PLAIN"])
        self.prefix = prefix
        self._secured = secured
        self._folder = folder
        self._door = door
        self._settings = Settings(
            bootstrap=secured.addresses[door.name],
            ssl_ca_file=str(secured.authority.file),
            topic_prefix=prefix,
            app_id="app",
            partitions=1,
            session_timeout_seconds=10.0,
            commit_interval_seconds=0.2,
        )
        self._processes: list[CommandProcess] = []

    def settings(self, role: str) -> Settings:
        """Those of a process, with its own login."""
        if self._door is SCRAM:
            login = {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_username": f"sp-{role}",
                "sasl_password": PASSWORD,
            }
        else:
            certificate = self._secured.authority.certificate(f"sp-{role}", ["client"])
            login = {"security_protocol": "SSL", "ssl_certificate_file": str(certificate)}
        return self._settings.model_copy(update=login)

    def rights(self, role: str) -> list[Right]:
        """What the role needs."""
        settings = self._settings
        return rights_of(role, layout_of(settings).topics, settings.topic_prefix, settings.app_id)

    def system(self) -> System:
        """The system as the broker's administrator has it, who may do everything."""
        return System(self._settings.model_copy(update={"bootstrap": self._secured.addresses["PLAIN"]}))

    def principal(self, role: str) -> str:
        """Who the role is to the broker."""
        return self._door.principal.format(role=role)

    def grant_all(self) -> None:
        """Give each user its rights, and no others."""
        if self._door is SCRAM:
            self.acls.add_users(f"sp-{role}" for role in ROLES)
        for role in ROLES:
            self.acls.grant(self.principal(role), self.rights(role))

    @contextmanager
    def without(self, role: str, right: Right) -> Iterator[None]:
        """Take the right away from the role for as long as the block runs."""
        self.acls.take_away(self.principal(role), right)
        try:
            yield
        finally:
            self.acls.grant(self.principal(role), [right])

    def environment(self, role: str) -> dict[str, str]:
        """The role's settings, for a command."""
        given = self.settings(role).model_dump(exclude_defaults=True)
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}

    async def create(self) -> None:
        """The topics and the model, by who sets it up."""
        await System(self.settings(SETUP)).create()

    async def delete(self, topic: str) -> None:
        """Delete the topic of that full name, where it exists, and wait until it is gone."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._secured.addresses["PLAIN"])
        await admin.start()
        try:
            await admin.delete_topics([topic])
            await until(admin.list_topics, lambda names: topic not in names, 15, "the topic gone")
        finally:
            await admin.close()

    def process(self, role: str, **changes: Any) -> CommandProcess:
        """The role's process, not started. changes: settings, and subscriptions_text: delivery's file."""
        text = changes.pop("subscriptions_text", "subscriptions: {}")
        settings = self.settings(role).model_copy(update=changes)
        folder = self._folder / f"{role}-{len(self._processes)}"
        folder.mkdir()
        made: dict[str, Callable[[], CommandProcess]] = {
            WORKER: lambda: WorkerProcess(settings, "blue", folder),
            COLLECTOR: lambda: CollectorProcess(settings, folder),
            DELIVERY: lambda: DeliveryProcess(settings, folder, text),
            API: lambda: ApiProcess(settings, folder, **changes),
        }
        self._processes.append(made[role]())
        return self._processes[-1]

    def discard(self) -> None:
        """End what still runs."""
        for process in self._processes:
            process.discard()
