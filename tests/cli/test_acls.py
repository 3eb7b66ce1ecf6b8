"""`topics acl`: rights as what grants them."""

from __future__ import annotations

import shlex

import orjson
import pytest
from ruamel.yaml import YAML

from streamprocessor.contract.topics.roles import ROLES
from tests.cli.conftest import Call

WORKER = ("topics", "acl", "--process", "worker")


def test_each_process_gets_a_command_for_each_resource(call: Call) -> None:
    end = call("topics", "acl", "--topic-prefix", "st-", "--app-id", "app", "--bootstrap", "kafka:9092")

    assert end.exit_code == 0
    lines = end.stdout.splitlines()
    heads = [line.split(":")[0] for line in lines if line.startswith("#")]
    assert heads == [f"# {role}" for role in ROLES]
    assert (
        "kafka-acls --bootstrap-server kafka:9092 --add --allow-principal User:sp-worker --operation DescribeConfigs "
        "--operation Read --operation Write --topic st-app-contacts-changelog --resource-pattern-type literal"
    ) in lines
    assert (
        "kafka-acls --bootstrap-server kafka:9092 --add --allow-principal User:sp-reader --operation Describe "
        "--group st-app --resource-pattern-type literal"
    ) in lines


def test_a_principal_is_a_word_of_a_shell_whatever_is_in_it(call: Call) -> None:
    end = call(*WORKER, "--principal", "worker=User:CN=scorer, OU=it's")

    words = [shlex.split(line) for line in end.stdout.splitlines()[1:]]
    assert {line[line.index("--allow-principal") + 1] for line in words} == {"User:CN=scorer, OU=it's"}


def test_strimzi_gets_a_user_for_each_process(call: Call) -> None:
    end = call("topics", "acl", "--format", "strimzi", "--cluster", "main", "--authentication", "tls")

    users = list(YAML(typ="safe").load_all(end.stdout))
    assert [user["metadata"]["name"] for user in users] == [f"sp-{role}" for role in ROLES]
    delivery = users[2]
    assert delivery["kind"] == "KafkaUser"
    assert delivery["metadata"]["labels"] == {"strimzi.io/cluster": "main"}
    assert delivery["spec"]["authentication"] == {"type": "tls"}
    assert {
        "resource": {"type": "topic", "name": "score-updated", "patternType": "literal"},
        "operations": ["Read"],
        "host": "*",
    } in delivery["spec"]["authorization"]["acls"]


def test_a_program_gets_a_line_for_each_right(call: Call) -> None:
    end = call("topics", "acl", "--process", "collector", "--format", "json")

    rows = [orjson.loads(line) for line in end.stdout.splitlines()]
    assert {
        "process": "collector",
        "principal": "User:sp-collector",
        "resource": "topic",
        "name": "activities",
        "operation": "WRITE",
    } in rows


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--principal", "nobody=User:x"), 2, "PROCESS=User:NAME with one of worker, collector"),
        (("--principal", "worker=x"), 2, "PROCESS=User:NAME"),
        (("--principal", "worker=User:"), 2, "PROCESS=User:NAME"),
        (("--format", "strimzi", "--principal", "worker=User:CN=a,O=b"), 2, "a name that Kubernetes takes"),
    ],
)
def test_a_principal_that_can_not_be_is_refused(call: Call, words: tuple[str, ...], code: int, said: str) -> None:
    end = call(*WORKER, *words)

    assert end.exit_code == code
    assert said in " ".join(end.stderr.split())
