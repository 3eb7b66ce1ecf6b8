"""Rights written as what grants them: Kafka's own commands, and Strimzi's resources."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.strimzi import API_VERSION, CLUSTER_LABEL

if TYPE_CHECKING:
    from streamprocessor.contract.topics.rights import Right

KAFKA_ACLS, STRIMZI, JSON = FORMATS = ("kafka-acls", "strimzi", "json")
LOGINS = ("scram-sha-512", "tls")
"""How a KafkaUser of Strimzi's logs in."""
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def kafka_acls_commands(principal: str, rights: Iterable[Right], bootstrap: str) -> list[str]:
    """One `kafka-acls` command for each resource, which allows the principal these operations on it and no others.

    bootstrap: where the commands ask Kafka.
    """
    return [
        shlex.join(
            [
                *("kafka-acls", "--bootstrap-server", bootstrap, "--add", "--allow-principal", principal),
                *(word for right in each for word in ("--operation", _word(right.operation))),
                *(f"--{resource}", name, "--resource-pattern-type", "literal"),
            ]
        )
        for (resource, name), each in _by_resource(rights)
    ]


def strimzi_user(principal: str, rights: Iterable[Right], cluster: str, authentication: str) -> dict[str, Any]:
    """The KafkaUser that has these rights and no others, on the Strimzi cluster of that name.

    principal: User:NAME, whose name is also the resource's. authentication: one of LOGINS.

    Raises OperatorError where Kubernetes can't call a resource so.
    """
    name = principal.removeprefix("User:").removeprefix("CN=")
    if not _KUBERNETES_NAME.fullmatch(name):
        message = (
            f"principal {principal}: wanted a name that Kubernetes takes (a-z, 0-9, '-', '.') for a KafkaUser; got "
            f"'{name}': name others with --principal PROCESS=User:NAME"
        )
        raise OperatorError(message)
    acls = [
        {
            "resource": {"type": resource, "name": on, "patternType": "literal"},
            "operations": [_word(right.operation) for right in each],
            "host": "*",
        }
        for (resource, on), each in _by_resource(rights)
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": "KafkaUser",
        "metadata": {"name": name, "labels": {CLUSTER_LABEL: cluster}},
        "spec": {"authentication": {"type": authentication}, "authorization": {"type": "simple", "acls": acls}},
    }


def yaml_text(document: Mapping[str, Any]) -> str:
    """The document as YAML, to be put after others."""
    yaml = YAML()
    yaml.explicit_start = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def _by_resource(rights: Iterable[Right]) -> list[tuple[tuple[str, str], Sequence[Right]]]:
    grouped = groupby(sorted(rights), key=lambda right: (right.resource, right.name))
    return [(resource, list(each)) for resource, each in grouped]


def _word(operation: str) -> str:
    """As both take it: Read, DescribeConfigs."""
    return "".join(word.capitalize() for word in operation.split("_"))
