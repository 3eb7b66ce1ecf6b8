"""The rights of each process as what grants them, on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from streamprocessor.cli.terminal.printing import print_json_lines
from streamprocessor.contract.topics.rights import purpose_of, rights_of
from streamprocessor.contract.topics.roles import ROLES
from streamprocessor.kafka.admin.acls import JSON, STRIMZI, kafka_acls_commands, strimzi_user, yaml_text
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.settings import Settings

_HERE = "localhost:9092"


@dataclass(frozen=True, slots=True)
class AclPrint:
    """What is printed of the rights.

    principals: by process; of others it is User:sp-PROCESS.
    roles: the processes; none: all.
    form: one of kafka.admin.acls.FORMATS.
    cluster, authentication: as strimzi_user takes them.
    """

    principals: Mapping[str, str]
    roles: Sequence[str]
    form: str
    cluster: str
    authentication: str


def print_acls(settings: Settings, wanted: AclPrint) -> None:
    """Print them, a process after the other; raises OperatorError where Strimzi can't name one."""
    topics = layout_of(settings).topics
    for role in wanted.roles or ROLES:
        principal = wanted.principals.get(role, f"User:sp-{role}")
        rights = rights_of(role, topics, settings.topic_prefix, settings.app_id)
        if wanted.form == JSON:
            print_json_lines({"process": role, "principal": principal, **right._asdict()} for right in rights)
            continue
        click.echo(f"# {role}: {purpose_of(role)}")
        if wanted.form == STRIMZI:
            user = strimzi_user(principal, rights, wanted.cluster, wanted.authentication)
            click.echo(yaml_text(user), nl=False)
        else:
            click.echo("\n".join(kafka_acls_commands(principal, rights, settings.bootstrap or _HERE)))
