"""All that a running system says is what topics/asyncapi.yaml says it may say, of every kind that there is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from streamprocessor.settings import Settings
from tests.harness.described import FILE, complaints
from tests.harness.settling import until_settled
from tests.harness.system import Sent, System, until
from tests.harness.workers import WorkerProcess

HERE = Path(__file__).parent
Value = dict[str, Any]

SCORES: dict[str, Callable[[Value], object]] = {
    "a number and its stage": lambda value: value["scores"]["engagement"]["stage"],
    "a score that does not apply": lambda value: value["scores"]["churn"] is None,
    "a score that began to apply": lambda value: value["scores"]["churn"]["previous"] is None,
    "a score by values": lambda value: {"crm", "mail"} <= set(value["scores"]["interest"]["values"]),
    "a matrix": lambda value: (
        value["scores"]["grade"]["score"] is None and "previous_stage" in value["scores"]["grade"]
    ),
    "no score any more, for it was merged": lambda value: value["scores"] == {} and value["merged_into"] == "jane",
    "no score any more, for the person objects": lambda value: value["scores"] == {} and "merged_into" not in value,
    "a step by time": lambda value: value["cause"] == "time",
    "a step by attributes": lambda value: value["cause"] == "attributes",
    "a step by a verdict": lambda value: value["cause"] == "correction",
    "a step by a merge": lambda value: value["cause"] == "merge" and value["scores"],
    "half a point": lambda value: value["scores"]["churn"]["score"] == 1.5,
    "when it may change": lambda value: value["scores"]["engagement"]["holds_until"],
}
LEADS: dict[str, Callable[[Value], object]] = {
    "by a number": lambda value: value["score"] is not None,
    "by a matrix": lambda value: value["score"] is None and value["stage"] == "A1",
}


@pytest.fixture
def system(bootstrap: str, topic_prefix: str) -> System:
    """An application's topics and clients; nothing is created yet."""
    settings = Settings(bootstrap=bootstrap, topic_prefix=topic_prefix, app_id="app", partitions=4)
    return System(settings)


@pytest.fixture
def worker(system: System, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker, not started yet."""
    worker = WorkerProcess(system.settings, "blue", tmp_path)
    yield worker
    worker.discard()


@pytest.mark.kafka
async def test_all_that_a_running_system_says_is_described(system: System, worker: WorkerProcess) -> None:
    await system.create(HERE / "every_kind.yaml")
    await worker.start().ready()
    for words in STORY:
        await system.send(words)
        await until_settled(system)

    async def missing() -> list[str]:
        return _missing(SCORES, await system.read("score-updated"))

    await until(missing, lambda kinds: kinds == [], 30, "a message of every kind")
    updates = await system.read("score-updated")
    leads, letters = await system.read("became-hot-lead"), await system.read("dead-letters")
    assert _missing(LEADS, leads) == []
    assert any(record.value is None and record.key == b"eve" for record in updates)
    reasons = {dict(letter.headers)["dl_reason"].decode() for letter in letters}
    assert reasons == {"not-json", "bad-update", "unknown-type", "merge-with-itself", "empty"}

    for topic, records in (("score-updated", updates), ("became-hot-lead", leads)):
        for record in records:
            value = None if record.value is None else orjson.loads(record.value)
            assert complaints(topic, value, record.headers) == [], value
    for letter in letters:
        assert complaints("dead-letters", letter.value, letter.headers) == []


@pytest.mark.nightly  # npm brings hundreds of packages; each run tries the file by AsyncAPI's own schema
def test_what_is_described_is_read_by_asyncapis_own_parser(npm: list[str], tmp_path: Path) -> None:
    shutil.copytree(HERE / "js", tmp_path, dirs_exist_ok=True)
    subprocess.run(npm, cwd=tmp_path, check=True, timeout=180)
    spoilt = tmp_path / "spoilt.yaml"
    spoilt.write_text(FILE.read_text().replace("action: send", "action: eat", 1))

    good = subprocess.run(["node", "parse.js", FILE], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    bad = subprocess.run(["node", "parse.js", spoilt], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert (good.returncode, good.stdout, good.stderr) == (0, "", "")
    assert bad.returncode == 1
    assert "action" in bad.stdout


def _missing(kinds: dict[str, Callable[[Value], object]], records: Sequence[ConsumerRecord]) -> list[str]:
    """The kinds that no record is of."""
    values = [orjson.loads(record.value) for record in records if record.value is not None]
    return [kind for kind, is_of in kinds.items() if not any(_holds(is_of, value) for value in values)]


def _holds(is_of: Callable[[Value], object], value: Value) -> bool:
    try:
        return bool(is_of(value))
    except (KeyError, TypeError):  # the message is of another kind altogether
        return False


def _did(contact: str, topic: str, event_id: str, **more: Any) -> Sent:
    return Sent(topic, contact.encode(), {"id": event_id, "properties": {"form": event_id}, **more})


def _update(contact: str, update: str, **more: Any) -> Sent:
    return Sent("contact-updates", contact.encode(), {"update": update, **more})


#: What happens, each line after all that follows from the one before.
STORY: tuple[list[Sent], ...] = (
    [_did("jane", "form-submissions", "f-1"), _did("joan", "form-submissions", "f-2")],
    [_did("jane", "email-clicks", f"k-{n}") for n in range(4)],
    [_did("jane", "page-visits", f"v-{product}", properties={"product": product}) for product in ("crm", "mail")],
    [_update("jane", "attributes", attributes={"job_title": "CEO", "stage": "customer"})],
    [_did("jane", "activities", "d-1", type="download")],
    [_update("jane", "merge", **{"from": "joan"}), _update("jane", "identify", anonymous_id="anon:j")],
    [_did("anon:j", "form-submissions", "f-3")],
    [_did(contact, "form-submissions", f"f-{contact}") for contact in ("olga", "eve", "sue", "max")],
    [_update("olga", "do_not_score", do_not_score=True), _update("eve", "erase")],
    [_update("sue", "suppressed", suppressed=True), _update("max", "merge", **{"from": "sue"})],
    [_update("max", "unmerge", **{"from": "sue"}), _update("max", "merge", **{"from": "max"})],
    [_update("max", "verdict", event_id="f-max", actor="scanner")],
    [
        Sent("email-clicks", b"mallory", b"{"),
        Sent("email-clicks", b"mallory", None),
        Sent("email-clicks", b"mallory", {"type": "email_open"}),
        Sent("contact-updates", b"mallory", {"update": "suppressed"}),
    ],
)
