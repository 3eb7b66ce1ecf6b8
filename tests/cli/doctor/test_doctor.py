"""`doctor`: one line for each thing that was looked at, with what to do where it is not well."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from streamprocessor.cli.doctor.finding import PROCESSES, Level
from streamprocessor.cli.doctor.machine import disk_space, machine_findings, open_files
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import UNFINISHED_RESTORE
from streamprocessor.process.ports import any_free
from streamprocessor.readmodel.store.access.access_store import open_access
from streamprocessor.settings import Settings
from tests.cli.conftest import Call
from tests.harness.health import answering_livez
from tests.readmodel.databases import opened_database

NOBODY = "127.0.0.1:1"
"""Where no Kafka is."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a machine on which all is well but that there is no Kafka."""
    return {
        "STREAMPROCESSOR_DATA_DIR": str(tmp_path / "data"),
        "STREAMPROCESSOR_BOOTSTRAP": NOBODY,
        "STREAMPROCESSOR_ERASURE_SALT": "a-salt-that-nobody-knows",
        "STREAMPROCESSOR_ADDRESS_SALT": "a-salt-that-nobody-knows",
    } | {f"STREAMPROCESSOR_{name}_PORT": str(any_free()) for name in ("METRICS", "COLLECTOR", "DELIVERY", "API")}


def findings(call: Call, environment: dict[str, str], *words: str) -> dict[str, tuple[str, str]]:
    """Level and sentence by subject, in what is printed for programs."""
    result = call("doctor", *words, "--json", env=environment)
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == any(row["level"] == "fail" for row in rows)
    return {row["subject"]: (row["level"], row["sentence"]) for row in rows}


def test_where_all_is_well_but_kafka_that_alone_fails(call: Call, environment: dict[str, str], tmp_path: Path) -> None:
    found = findings(call, environment)

    assert [subject for subject, (level, _) in found.items() if level == "fail"] == ["Kafka"]
    assert f"Kafka can't be used at {NOBODY}" in found["Kafka"][1]
    assert not (tmp_path / "data").exists()


def test_people_read_a_line_for_each_thing(call: Call, environment: dict[str, str]) -> None:
    result = call("doctor", "worker", env=environment)

    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert lines[0].endswith("  each is one, and can be understood")
    assert lines[-1].startswith("fail  Kafka ")


def test_a_salt_that_can_be_guessed_is_warned_of_for_it_must_not_change(
    call: Call, environment: dict[str, str]
) -> None:
    found = findings(call, environment | {"STREAMPROCESSOR_ERASURE_SALT": "salty"}, "worker")

    level, sentence = found["erasure salt"]
    assert (level, found["address salt"][0]) == ("warn", "ok")
    assert sentence.startswith("wanted at least 16 characters; got 5, which can be guessed")


@pytest.mark.parametrize(
    ("processes", "setting", "value", "subject", "words"),
    [
        (["worker"], "LOG_LEVEL", "LOUD", "settings", "STREAMPROCESSOR_LOG_LEVEL: "),
        (["worker"], "ERASURE_SALT", "", "erasure salt", "STREAMPROCESSOR_ERASURE_SALT: wanted a secret"),
        (["api"], "ADDRESS_SALT", "", "address salt", "STREAMPROCESSOR_ADDRESS_SALT: wanted a secret"),
        (
            ["collector"],
            "WRITE_KEYS",
            "crm=short",
            "write keys",
            "STREAMPROCESSOR_WRITE_KEYS: entry 1: wanted a secret",
        ),
        (
            ["collector"],
            "BROWSER_KEYS",
            "/none",
            "browser keys",
            "STREAMPROCESSOR_BROWSER_KEYS: wanted name=value pairs",
        ),
        (["api"], "API_TOKENS", "crm/read=short", "api tokens", "STREAMPROCESSOR_API_TOKENS: entry 1: wanted"),
        (["api"], "API_TOKENS", f"crm/fly={'x' * 16}", "api tokens", "scopes of read, write, erase"),
        (["collector"], "VOCABULARY", "/none.yaml", "vocabulary", "/none.yaml"),
        (["api"], "DATABASE_URL", "mysql://h/d", "database of api", "wanted a database URL of sqlite or postgresql"),
        (["delivery"], "SUBSCRIPTIONS", "/none.yaml", "subscriptions", "/none.yaml"),
        (["delivery"], "INBOX", "/none.yaml", "inbox", "/none.yaml"),
        (["delivery"], "PAGE_URL", "http://p.example", "page's address", "wanted https, or http on this machine"),
        (["delivery"], "SMTP_HOST", "mail.example.com", "mails", "STREAMPROCESSOR_SMTP_FROM: wanted the mail address"),
        (["worker"], "TOPICS_DIR", "/none", "topics' files", "/none"),
        (["worker"], "DATA_DIR", "/proc/1/none", "data folder", "wanted one that can, by STREAMPROCESSOR_DATA_DIR"),
        (["worker"], "SECURITY_PROTOCOL", "SASL_SSL", "Kafka", "SASL"),
    ],
)
def test_what_is_not_well_is_named_with_what_to_do(
    call: Call, environment: dict[str, str], processes: list[str], setting: str, value: str, subject: str, words: str
) -> None:
    level, sentence = findings(call, environment | {f"STREAMPROCESSOR_{setting}": value}, *processes)[subject]

    assert level == "fail"
    assert words in sentence


def test_people_of_the_inbox_who_can_not_sign_in_are_named(
    call: Call, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "inbox.yaml").write_text("people: {mia: {}, tom: {}}")
    tokens = "mia/read+write=0123456789abcdef"
    settings = {"STREAMPROCESSOR_INBOX": str(tmp_path / "inbox.yaml"), "STREAMPROCESSOR_API_TOKENS": tokens}

    assert findings(call, environment | settings, "api")["inbox"] == (
        "fail",
        f"{tmp_path}/inbox.yaml: wanted a token in STREAMPROCESSOR_API_TOKENS, or one made on the page under Access, "
        "for each person; got none for tom",
    )


@pytest.mark.parametrize(
    ("tokens", "missing"),
    [(None, "mia, tom"), ("local=0123456789abcdef\nmia/read=fedcba9876543210", "tom")],
)
def test_people_of_the_inbox_need_tokens_in_the_data_folder_too_where_the_api_reads_them(
    call: Call, environment: dict[str, str], tmp_path: Path, tokens: str | None, missing: str
) -> None:
    (tmp_path / "inbox.yaml").write_text("people: {mia: {}, tom: {}}")
    if tokens is not None:
        (tmp_path / "data").mkdir(mode=0o700)
        (tmp_path / "data" / "api-tokens").write_text(f"{tokens}\n")
    settings = environment | {"STREAMPROCESSOR_INBOX": str(tmp_path / "inbox.yaml")}

    assert findings(call, settings, "api")["inbox"] == (
        "fail",
        f"{tmp_path}/inbox.yaml: wanted a token in {tmp_path}/data/api-tokens, or one made on the page under Access, "
        f"for each person; got none for {missing}",
    )
    assert findings(call, settings, "delivery")["inbox"][0] == "ok"


def test_who_has_a_token_that_was_made_on_the_page_can_sign_in(
    call: Call, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "inbox.yaml").write_text("people: {mia: {}, tom: {}}")
    settings = environment | {
        "STREAMPROCESSOR_INBOX": str(tmp_path / "inbox.yaml"),
        "STREAMPROCESSOR_API_TOKENS": "ops/read+write+tokens=0123456789abcdef",
    }
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / f"{Settings().group}.access.sqlite"
    with opened_database("", tmp_path / "read-model.sqlite") as read_model:
        store = open_access(read_model, file, now_ms)
        store.make("mia", frozenset({"read"}), "ops", None)
        store.make("tom", frozenset({"read"}), "ops", 1)  # its time is over
        store.close()

    level, sentence = findings(call, settings, "api")["inbox"]

    assert (level, sentence.rpartition("; ")[2]) == ("fail", "got none for tom")


def test_a_database_that_does_not_answer_is_named_without_its_password(call: Call, environment: dict[str, str]) -> None:
    url = "postgresql://me:hidden@127.0.0.1:1/scores"

    level, sentence = findings(call, environment | {"STREAMPROCESSOR_DATABASE_URL": url}, "api")["database of api"]

    assert level == "fail"
    assert "127.0.0.1:1/scores" in sentence
    assert "hidden" not in sentence


def test_keys_of_the_data_folder_that_let_nobody_in_are_named(
    call: Call, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "write-keys").write_text("# none yet\n")
    (tmp_path / "data" / "browser-keys").write_text("local=0123456789abcdef\n")

    found = findings(call, environment, "collector")

    assert found["write keys"] == ("warn", f"{tmp_path}/data/write-keys has no entry: nobody is let in")
    assert found["browser keys"][0] == "ok"


def test_a_key_that_is_public_and_secret_is_named(call: Call, environment: dict[str, str]) -> None:
    twice = {
        "STREAMPROCESSOR_BROWSER_KEYS": "site=0123456789abcdef",
        "STREAMPROCESSOR_WRITE_KEYS": "crm=0123456789abcdef",
    }

    level, sentence = findings(call, environment | twice, "collector")["keys"]

    assert level == "fail"
    assert "what is public can't be secret as well" in sentence


def test_a_folder_whose_restore_did_not_end_is_not_well(
    call: Call, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / UNFINISHED_RESTORE).touch()

    level, sentence = findings(call, environment, "worker")["data folder"]

    assert level == "fail"
    assert "restore it once more" in sentence


def test_a_process_is_asked_for_nothing_that_another_needs(call: Call, environment: dict[str, str]) -> None:
    without_salts = {name: value for name, value in environment.items() if not name.endswith("_SALT")}

    found = findings(call, without_salts, "delivery")

    assert not found.keys() & {"erasure salt", "address salt", "browser keys", "api tokens", "port of worker"}
    assert "port of delivery" in found


@pytest.mark.parametrize(("status", "level"), [(200, Level.OK), (404, Level.FAIL)])
def test_a_port_that_is_taken_by_another_program_fails_and_one_of_our_own_does_not(
    status: int, level: Level, tmp_path: Path
) -> None:
    with answering_livez(status) as port:
        settings = Settings(data_dir=str(tmp_path), api_port=port)
        (finding,) = [each for each in machine_findings(settings, ["api"]) if each.subject == "port of api"]

    assert finding.level is level
    assert (level is Level.OK) is ("a process runs there already" in finding.sentence)


def test_a_port_behind_which_nobody_answers_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamprocessor.cli.doctor.machine._ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Settings(data_dir=str(tmp_path), metrics_port=silent.getsockname()[1])
        (finding,) = [each for each in machine_findings(settings, ["worker"]) if each.subject == "port of worker"]

    assert finding.level is Level.FAIL
    assert "or set STREAMPROCESSOR_METRICS_PORT" in finding.sentence


@pytest.mark.parametrize(
    ("free_bytes", "level"), [(1 << 40, Level.OK), ((1 << 30) - 1, Level.WARN), ((1 << 26) - 1, Level.FAIL)]
)
def test_a_disk_that_fills_is_warned_of_before_it_fails(free_bytes: int, level: Level) -> None:
    assert disk_space(free_bytes, Path("/data")).level is level


@pytest.mark.parametrize(("limit", "level"), [(1_024, Level.WARN), (20_000, Level.OK), (-1, Level.OK)])
def test_few_open_files_are_warned_of(limit: int, level: Level) -> None:
    assert open_files(limit).level is level


@pytest.mark.kafka
def test_kafka_is_well_once_topics_and_a_model_are_there(
    call: Call, environment: dict[str, str], kafka: EmbeddedKafka, topic_prefix: str
) -> None:
    there = environment | {
        "STREAMPROCESSOR_BOOTSTRAP": kafka.bootstrap,
        "STREAMPROCESSOR_TOPIC_PREFIX": topic_prefix,
        "STREAMPROCESSOR_PARTITIONS": "1",
    }
    before = findings(call, there)
    assert before["topics"][0] == "fail"
    assert "is missing; wanted" in before["topics"][1]
    assert before["topics"][1].endswith("put it right with `streamprocessor topics apply`")
    assert call("topics", "apply", env=there).exit_code == 0
    assert findings(call, there)["model"][0] == "fail"
    assert call("model", "apply", env=there).exit_code == 0

    after = findings(call, there)

    assert {subject: level for subject, (level, _) in after.items() if level != "ok"} == {"Kafka": "warn"}
    assert {"model", "start of worker", *(f"rights of {process}" for process in PROCESSES)} <= after.keys()
