"""Commands against a system that runs: `up` as a process of its own, on the Kafka of the test run."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from click.testing import Result

from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.cli.local.local_processes import free_ports
from streamprocessor.contract.topic_names import SUBSCRIPTIONS
from streamprocessor.kafka.admin.layout import full_name_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import read_settings
from tests.cli.conftest import Call

pytestmark = pytest.mark.kafka

PARTITIONS = 3
WAIT_SECONDS = 60.0
EVENTS = (
    {"id": "e1", "contact_id": "c-1", "type": "form_submission", "properties": {"form": "contact"}},
    {"id": "e2", "contact_id": "c-1", "type": "page_visit", "properties": {"path": "/pricing"}},
    {"id": "e3", "contact_id": "c-2", "type": "email_click", "properties": {"url": "/a"}},
)


@dataclass
class Running:
    """A running `up`: its settings in the environment's words, and the ports of its workers."""

    environment: dict[str, str]
    ports: tuple[int, ...]
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def metrics_ports(self) -> list[str]:
        """The options that name the workers' ports."""
        return [word for port in self.ports for word in ("--metrics-port", str(port))]


@pytest.fixture(scope="module")
def running(kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two workers, collector, delivery and api, three partitions; ended by Ctrl-C, which must leave nothing behind."""
    folder = tmp_path_factory.mktemp("up")
    ports = free_ports(0, 1)
    environment = {
        "STREAMPROCESSOR_BOOTSTRAP": kafka.bootstrap,
        "STREAMPROCESSOR_TOPIC_PREFIX": f"cli-{os.urandom(4).hex()}-",
        "STREAMPROCESSOR_PARTITIONS": str(PARTITIONS),
        "STREAMPROCESSOR_DATA_DIR": str(folder / "data"),
        "STREAMPROCESSOR_METRICS_PORT": str(ports[0]),
        "STREAMPROCESSOR_COLLECTOR_PORT": "0",
        "STREAMPROCESSOR_DELIVERY_PORT": "0",
        "STREAMPROCESSOR_API_PORT": "0",
    }
    log = folder / "up.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "streamprocessor", "up", "--workers", "2"]
        process = subprocess.Popen(
            command, env=os.environ | environment, cwd=Path(__file__).parents[2], stdout=output, stderr=output
        )
    try:
        until(lambda: log.read_text().count("is ready; metrics and health on") == 2, log)
        until(lambda: log.read_text().count(" is ready on ") == 3, log)  # collector, delivery, api
        addresses = [line.rsplit(":", 1)[1] for line in log.read_text().splitlines() if "is ready;" in line]
        yield Running(environment, tuple(sorted(map(int, addresses))), process, log)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 5
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == 0, log.read_text()
        assert not [child for child in children if child.is_running()]
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def ask(call: Call, running: Running) -> Call:
    """Calls a command against the running system."""

    def invoke(*words: str | Path, **more: Any) -> Result:
        return call(*words, env=running.environment, **more)

    return invoke


def until(holds: Callable[[], Any], log: Path | None = None) -> Any:
    """What `holds` answers once it is true; fails when that takes too long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if answer := holds():
            return answer
        time.sleep(0.1)
    pytest.fail(f"waited {WAIT_SECONDS} s in vain; {log.read_text() if log else ''}")


def status_without_lag(ask: Call, running: Running) -> dict[str, Any] | None:
    """What `status` tells once all that was sent is scored; None before."""
    result = ask("status", "--json", *running.metrics_ports)
    status = json.loads(result.output) if result.exit_code == 0 else {"lag_records": None}
    return status if status["lag_records"] == 0 else None


def explained(ask: Call, contact_id: str) -> dict[str, Any] | None:
    result = ask("explain", contact_id, "--json")
    return json.loads(result.output) if result.exit_code == 0 else None


@pytest.fixture
def imported(ask: Call, tmp_path: Path) -> None:
    """The events of EVENTS, scored."""
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    result = ask("import", file, "--json")
    assert json.loads(result.output) == {
        "file": str(file),
        "sent": {"form-submissions": 1, "page-visits": 1, "email-clicks": 1},
        "bad": {},
        "skipped": 0,
        "rows": 3,
        "resumed_after_rows": 0,
        "read_as": "utf-8",
    }
    until(lambda: (explained(ask, "c-1") or {"scores": {}})["scores"].get("engagement", {}).get("score") == 35)


def test_up_has_made_the_topics_and_put_the_model_in_force(ask: Call) -> None:
    assert ask("topics", "check").exit_code == 0
    assert ask("topics", "apply", "--json").output == ""
    shown = json.loads(ask("model", "show", "--revision", "1", "--json").stdout)
    assert (shown["name"], shown["revision"], shown["origin"]) == ("default", 1, "up deploy/scoring.yaml")


def test_a_model_that_was_applied_is_gone_back_from_and_the_workers_follow(
    ask: Call, running: Running, tmp_path: Path
) -> None:
    def rows(*words: str | Path) -> list[dict[str, Any]]:
        result = ask("model", *words, "--json")
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def revisions() -> set[int]:
        status = json.loads(ask("status", "--json", *running.metrics_ports).stdout)
        return {worker["model"]["revision"] for worker in status["workers"]}

    text = Path("deploy/scoring.yaml").read_text()
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("points: 25", "points: 26"))
    (before,) = [row for row in rows("history") if row["in_force"]]

    told = ask("model", "apply", other).stdout
    (now,) = [row for row in rows("history") if row["in_force"]]
    assert (now["revision"], now["origin"]) == (before["revision"] + 1, f"model apply {other}")
    assert f"is now in force as revision {now['label']}; before it was revision {before['label']} " in told
    back = told.partition("; to go back: ")[2].split()
    assert (Path(back[0]).name, *back[1:4]) == ("streamprocessor", "model", "rollback", before["label"])
    assert ask("model", "show").stdout == other.read_text()

    assert f"as revision {now['revision'] + 1}; before it was revision {now['label']} " in ask(*back[1:]).stdout
    assert ask("model", "show").stdout == ask("model", "show", "--revision", before["label"]).stdout == text
    assert "stays in force" in ask("model", "apply", other, "--if-none").stdout
    last = rows("history")[-1]
    assert (last["version"], last["origin"]) == (before["version"], f"model rollback {before['label']}")
    assert f"model rollback {before['label']}" in ask("model", "history").stdout
    until(lambda: revisions() == {last["revision"]})


def test_what_the_collector_takes_is_scored(ask: Call, running: Running) -> None:
    told = next(line for line in running.log.read_text().splitlines() if "the collector is ready on" in line)
    address, of_browsers, of_servers = told.removeprefix("the collector is ready on ").split("; ")
    assert of_browsers.startswith("its browser key (public: for pages, forms, apps) is in ")
    assert of_servers.startswith("its write key (secret: for servers) is in ")
    public, key = (
        Path(sentence.partition(" is in ")[2]).read_text().strip().partition("=")[2]
        for sentence in (of_browsers, of_servers)
    )
    event = {"contact_id": "c-http", "type": "form_submission", "properties": {"form": "contact"}}

    answer = httpx.post(f"{address}/v1/events", json=event, headers={"authorization": f"Bearer {key}"}, timeout=20)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    erasing = {"contact_id": "c-http", "update": "erase"}
    refused = httpx.post(
        f"{address}/v1/events", json=erasing, headers={"authorization": f"Bearer {public}"}, timeout=20
    )
    assert refused.status_code == 403
    until(lambda: (explained(ask, "c-http") or {"scores": {}})["scores"].get("engagement", {}).get("score") == 25)


def test_a_model_is_applied_once_and_again_only_when_it_differs(call: Call, running: Running) -> None:
    environment = running.environment | {"STREAMPROCESSOR_APP_ID": "of-another-app"}

    assert call("topics", "apply", env=environment).exit_code == 0
    for words in (("show",), ("history",)):
        assert "holds no model" in call("model", *words, env=environment).stderr
    outcomes = [
        json.loads(call("model", "apply", file, "--json", env=environment).stdout)
        for file in ("deploy/scoring.yaml", "deploy/scoring.yaml", "deploy/demo.yaml", "deploy/scoring.yaml")
    ]

    assert [(outcome["revision"], outcome["applied"], outcome["previous"]) for outcome in outcomes] == [
        (1, True, None),
        (1, False, None),
        (2, True, "1"),
        (3, True, "2"),
    ]
    assert "revision 3" in call("model", "show", "--applied", env=environment).stderr


def test_who_asks_for_what_a_model_drops_is_named_before_it_is_applied_and_strictly_it_is_not(
    call: Call, running: Running, tmp_path: Path
) -> None:
    environment = running.environment | {"STREAMPROCESSOR_APP_ID": "of-subscribers"}
    assert call("topics", "apply", env=environment).exit_code == 0
    assert call("model", "apply", "deploy/scoring.yaml", "--strict", env=environment).exit_code == 0
    asyncio.run(subscribe(environment, "crm", {"score": "engagement", "to": "hot"}))
    file = tmp_path / "m.yaml"
    file.write_text(Path("deploy/scoring.yaml").read_text().replace("engagement", "interest"))
    sentence = "subscription crm asks for score 'engagement': was engagement, is now interest?"

    compared = call("model", "diff", file, "--json", env=environment)
    assert compared.exit_code == 0, compared.stderr
    (told,) = json.loads(compared.stdout)["silenced"]
    assert (told["name"], told["renamed_to"]) == ("crm", "interest")
    strict = call("model", "apply", file, "--strict", env=environment)
    assert (strict.exit_code, strict.stdout) == (2, "")
    assert sentence in strict.stderr
    applied = call("model", "apply", file, env=environment)
    assert (applied.exit_code, sentence in applied.stderr) == (0, True)
    assert "is now in force as revision 2" in applied.stdout


async def subscribe(environment: dict[str, str], name: str, when: dict[str, str]) -> None:
    """Put a subscription into the topic."""
    settings = read_settings(environment)
    topic = full_name_of(settings, SUBSCRIPTIONS)
    value = {"url": "https://a.example/", "events": ["score-updated"], "signed": False, "when": when}
    async with writer_to(client_settings(settings), [topic]) as producer:
        await producer.send_and_wait(topic, json.dumps(value).encode(), key=name.encode(), partition=0)


def test_a_topic_that_differs_is_told_and_a_partition_count_is_never_changed(call: Call, running: Running) -> None:
    environment = running.environment | {"STREAMPROCESSOR_PARTITIONS": str(PARTITIONS + 1)}

    checked = call("topics", "check", "--json", env=environment)
    applied = call("topics", "apply", env=environment)

    assert checked.exit_code == 1
    assert {json.loads(line)["what"] for line in checked.output.splitlines()} == {"partitions"}
    assert applied.exit_code == 2
    assert "This can't be changed" in applied.stderr


@pytest.mark.usefixtures("imported")
def test_a_contact_is_explained_from_kafka_by_parts_that_add_up(ask: Call) -> None:
    answer = explained(ask, "c-1")
    assert answer is not None

    score = answer["scores"]["engagement"]
    assert score["score"] == 35
    assert score["stage"] == "warm"
    assert sum(part["points"] for part in answer["explanation"]["engagement"]) == pytest.approx(score["unrounded"])
    assert "contact-us" in ask("explain", "c-1").output
    assert json.loads(ask("explain", "c-1", "--at", "2020-01-01T00:00:00Z", "--json").output)["scores"]["engagement"][
        "score"
    ] == pytest.approx(0)


@pytest.mark.usefixtures("imported")
def test_what_a_model_would_do_to_contacts_is_told_before_it_is_applied(ask: Call, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(Path("deploy/scoring.yaml").read_text().replace("points: 25", "points: 50"))
    before = explained(ask, "c-1")
    assert before is not None
    assert before["scores"]["engagement"]["stage"] == "warm"

    told = json.loads(ask("model", "diff", file, "--contacts", "--json").output)

    (difference,) = told["differences"]
    assert (difference["rule"], difference["old"], difference["new"]) == ("contact-us", "25", "50")
    assert told["from_now_on"] == []
    moved = told["contacts"]["scores"]["engagement"]
    assert moved["higher"] >= 1
    assert moved["become_hot"] >= 1
    assert told["contacts"]["all"] >= 2
    assert "c-1" in {each["contact_id"] for each in told["contacts"]["become_hot"]}
    printed = ask("model", "diff", file, "--contacts").output
    assert "become hot" in printed
    assert "c-1" in printed
    after = explained(ask, "c-1")
    assert after is not None
    assert after["scores"]["engagement"]["stage"] == "warm"  # nothing was written


def test_a_contact_of_whom_nothing_is_known_is_not_explained(ask: Call) -> None:
    result = ask("explain", "nobody")

    assert result.exit_code == 1
    assert "nothing is kept of it" in result.stderr
    assert "search" not in result.stderr
    assert "the page's search finds the id" in ask("explain", "kim@example.com").stderr


@pytest.mark.usefixtures("imported")
def test_status_tells_lag_and_every_partition_once(ask: Call, running: Running) -> None:
    found = until(lambda: status_without_lag(ask, running))
    partitions = [partition["partition"] for worker in found["workers"] for partition in worker["partitions"]]
    assert sorted(partitions) == list(range(PARTITIONS))
    assert len(found["topics"]) == 6
    assert (found["state"], found["partitions_without_worker"]) == ("Stable", [])
    owned = [number for member in found["members"] for number in member["partitions"]]
    assert sorted(owned) == list(range(PARTITIONS))
    table = ask("status", *running.metrics_ports).output
    assert all(str(port) in table for port in running.ports)


def test_status_finds_all_that_up_started_without_being_told_where(ask: Call, running: Running) -> None:
    result = until(lambda: (found := ask("status", "--json")).exit_code == 0 and found)

    status = json.loads(result.stdout)
    assert (status["well"], status["reasons"]) == (True, [])
    assert sorted(worker["address"] for worker in status["workers"]) == [
        f"http://127.0.0.1:{port}" for port in running.ports
    ]
    assert {worker["name"] for worker in status["workers"]} == {member["name"] for member in status["members"]}
    assert {row["owner"] for row in status["partitions"]} == {worker["name"] for worker in status["workers"]}
    assert [len(status[kind]) for kind in ("collectors", "deliveries", "apis")] == [1, 1, 1]
    assert (status["collectors"][0]["spool_bytes"], status["deliveries"][0]["disabled_subscriptions"]) == (0, 0)


def test_partitions_without_a_worker_are_told_and_the_exit_code_is_1(ask: Call, running: Running) -> None:
    result = ask("status", "--app-id", "nobody", *running.metrics_ports)

    assert result.exit_code == 1
    assert f"{PARTITIONS} of {PARTITIONS} partitions have no worker (0, 1, 2)" in result.output


def test_a_worker_that_does_not_answer_is_told_and_the_exit_code_is_1(ask: Call) -> None:
    (port,) = free_ports(0, 1)

    result = ask("status", "--metrics-port", str(port))

    assert result.exit_code == 1
    assert "does not answer" in result.output


def test_dead_letters_are_listed_shown_and_sent_again_as_they_came(ask: Call, running: Running) -> None:
    assert ask("simulate", "--rate", "5000", "--events", "1500", "--contacts", "30", "--bad-records").exit_code == 0
    until(lambda: status_without_lag(ask, running))  # no more letters come of that

    def letters() -> list[dict[str, Any]]:
        return [json.loads(line) for line in ask("dead-letters", "list", "--json").output.splitlines()]

    def listed(reason: str) -> list[dict[str, Any]]:
        return [
            json.loads(line) for line in ask("dead-letters", "list", "--json", "--reason", reason).output.splitlines()
        ]

    first = letters()[0]
    reason, before = first["reason"], len(listed(first["reason"]))
    shown = json.loads(ask("dead-letters", "show", first["place"], "--json").output)
    assert shown["bytes"] == first["bytes"]
    assert first["reason"] in ask("dead-letters", "list").output
    assert first["detail"] in ask("dead-letters", "show", first["place"]).output

    assert ask("dead-letters", "resend", first["place"]).output == "1 sent again, 0 not\n"
    until(lambda: len(listed(reason)) == before + 1)
    newest = max(listed(reason), key=lambda row: row["at"])
    again = json.loads(ask("dead-letters", "show", newest["place"], "--json").output)
    assert [again[word] for word in ("key", "headers", "value_base64")] == [
        shown[word] for word in ("key", "headers", "value_base64")
    ]
    assert again["origin"].split(":")[0] == shown["origin"].split(":")[0]
    assert ask("dead-letters", "show", "0:999999").exit_code == 1


def test_a_row_that_cannot_be_used_is_told_with_its_line_and_the_exit_code_is_1(ask: Call, tmp_path: Path) -> None:
    file = tmp_path / "rows.log"
    file.write_text("nonsense\n")

    result = ask("import", file)

    assert result.exit_code == 1
    assert f"{file}:1: " in result.stderr
    assert "0 rows sent, 1 could not be used" in result.output


def test_topics_that_are_missing_are_told_before_anything_is_sent(call: Call, running: Running) -> None:
    environment = running.environment | {"STREAMPROCESSOR_TOPIC_PREFIX": "nothing-here-"}

    for words in (("simulate", "--events", "1"), ("explain", "c-1"), ("dead-letters", "list"), ("status",)):
        result = call(*words, env=environment)
        assert result.exit_code == 2
        assert "topics apply" in result.stderr
