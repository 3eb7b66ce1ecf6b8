"""Every command that uses Kafka is in a role's purpose, so that `topics acl` lists what it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from streamprocessor.cli.main import commands
from streamprocessor.contract.topics.rights import purpose_of
from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, ROLES, WORKER

PROCESSES = {WORKER, COLLECTOR, DELIVERY, API}
ON_A_KAFKA_OF_THEIR_OWN = {"up", "demo", "backup", "restore"}
BY_THE_LOGIN_OF_A_PROCESS = {"doctor"}
OF_DELIVERYS_DATABASE = {f"delivery {word}" for word in ("enable", "list", "ping", "resend", "tail", "undeliverable")}
WITHOUT_KAFKA = {
    "completion",
    "help",
    "init",
    "score",
    "links",
    "sign-in",
    "model schema",
    *(f"topics {word}" for word in ("acl", "asyncapi", "list", "manifests")),
}


def paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands that can be called, by their words."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from paths(found, (*path, name))


def test_every_command_that_uses_kafka_is_one_of_a_roles() -> None:
    in_purposes = {words.split(" --")[0] for role in ROLES for words in re.findall("`([^`]+)`", purpose_of(role))}
    others = PROCESSES | ON_A_KAFKA_OF_THEIR_OWN | BY_THE_LOGIN_OF_A_PROCESS | OF_DELIVERYS_DATABASE | WITHOUT_KAFKA
    # "`model show`, `history`" leaves out what the first has said.
    of_roles = {path for path in paths(commands) if path in in_purposes or path.split()[-1] in in_purposes} - others

    assert set(paths(commands)) - others == of_roles
    assert len(of_roles) > 15
