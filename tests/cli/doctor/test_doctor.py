"""`doctor`: one line for each thing that was looked at, with what to do where it is not well."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streamprocessor.cli.doctor.broker import broker_findings, places_of_contacts
from streamprocessor.cli.doctor.finding import PROCESSES, Level
from streamprocessor.cli.doctor.machine import disk_space, machine_findings, open_files, python_version
from streamprocessor.cli.doctor.mends import of_kafka
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.kafka.admin.layout import full_name_of, layout_of
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import UNFINISHED_RESTORE
from streamprocessor.process.ports import any_free, is_free
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


def mended(call: Call, environment: dict[str, str], *words: str) -> dict[str, dict[str, str]]:
    """What is printed for programs, by subject; what is well needs no mend, and what is not has one."""
    rows = [json.loads(line) for line in call("doctor", *words, "--json", env=environment).output.splitlines()]
    assert [row for row in rows if bool(row["mend"]) is (row["level"] == "ok")] == []
    return {row["subject"]: row for row in rows}


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
    assert lines[-2].startswith("fail  Kafka ")
    assert lines[-1].endswith("  do: nc -vz 127.0.0.1 1")


def test_a_salt_that_can_be_guessed_is_warned_of_for_it_must_not_change(
    call: Call, environment: dict[str, str]
) -> None:
    found = findings(call, environment | {"STREAMPROCESSOR_ERASURE_SALT": "salty"}, "worker")

    level, sentence = found["erasure salt"]
    assert (level, found["address salt"][0]) == ("warn", "ok")
    assert sentence.startswith("wanted at least 16 characters; got 5, which can be guessed")


def test_salts_that_the_first_up_will_make_are_not_asked_for_beside_an_embedded_kafka(
    call: Call, environment: dict[str, str]
) -> None:
    of_init = {name: value for name, value in environment.items() if not name.endswith(("_SALT", "_BOOTSTRAP"))}

    found = mended(call, of_init, "worker")

    assert {found[f"{kind} salt"]["level"] for kind in ("erasure", "address")} == {"ok"}
    assert found["Kafka"]["level"] == "fail"


FAULTS = [
    ("worker", "LOG_LEVEL", "LOUD", "settings", "STREAMPROCESSOR_LOG_LEVEL: ", "export STREAMPROCESSOR_LOG_LEVEL=INFO"),
    ("worker", "LOG_LEVLE", "INFO", "settings", "STREAMPROCESSOR_LOG_LEVLE is not", "unset STREAMPROCESSOR_LOG_LEVLE"),
    (
        "worker",
        "ERASURE_SALT",
        "",
        "erasure salt",
        "STREAMPROCESSOR_ERASURE_SALT: wanted a secret",
        "(umask 077; echo STREAMPROCESSOR_ERASURE_SALT=$(openssl rand -hex 24) >> streamprocessor.env)  # or the one",
    ),
    (
        "api",
        "ADDRESS_SALT",
        "",
        "address salt",
        "STREAMPROCESSOR_ADDRESS_SALT: wanted a secret",
        "(umask 077; echo STREAMPROCESSOR_ADDRESS_SALT=$(openssl rand -hex 24) >> streamprocessor.env)  # or the one",
    ),
    (
        "collector",
        "WRITE_KEYS",
        "crm=short",
        "write keys",
        "STREAMPROCESSOR_WRITE_KEYS: entry 1: wanted a secret",
        "export STREAMPROCESSOR_WRITE_KEYS=server=$(openssl rand -hex 24)",
    ),
    (
        "collector",
        "BROWSER_KEYS",
        "/none",
        "browser keys",
        "STREAMPROCESSOR_BROWSER_KEYS: wanted name=value pairs",
        "export STREAMPROCESSOR_BROWSER_KEYS=site=$(openssl rand -hex 24)",
    ),
    (
        "api",
        "API_TOKENS",
        "crm/read=short",
        "api tokens",
        "STREAMPROCESSOR_API_TOKENS: entry 1: wanted",
        "export STREAMPROCESSOR_API_TOKENS=me/read+write+erase=$(openssl rand -hex 24)",
    ),
    (
        "api",
        "API_TOKENS",
        f"crm/fly={'x' * 16}",
        "api tokens",
        "scopes of read, write, erase",
        "export STREAMPROCESSOR_API_TOKENS=me/read+write+erase=$(openssl rand -hex 24)",
    ),
    ("collector", "VOCABULARY", "/none.yaml", "vocabulary", "/none.yaml", "ls -l /none.yaml"),
    ("collector", "VOCABULARY", "Makefile", "vocabulary", "Makefile", "${EDITOR:-vi} Makefile"),
    (
        "api",
        "DATABASE_URL",
        "mysql://h/d",
        "database of api",
        "wanted a database URL of sqlite or postgresql",
        "export STREAMPROCESSOR_DATABASE_URL=postgresql://user:password@host/name",
    ),
    (
        "api",
        "DATABASE_URL",
        "postgresql://me:hidden@127.0.0.1:1/scores",
        "database of api",
        "127.0.0.1:1/scores",
        "psql -h 127.0.0.1 -p 1 -U me scores",
    ),
    ("delivery", "SUBSCRIPTIONS", "/none.yaml", "subscriptions", "/none.yaml", "ls -l /none.yaml"),
    ("delivery", "INBOX", "/none.yaml", "inbox", "/none.yaml", "ls -l /none.yaml"),
    (
        "delivery",
        "PAGE_URL",
        "http://p.example",
        "page's address",
        "wanted https, or http on this machine",
        "export STREAMPROCESSOR_PAGE_URL=https://...",
    ),
    (
        "delivery",
        "SMTP_HOST",
        "mail.example.com",
        "mails",
        "STREAMPROCESSOR_SMTP_FROM: wanted the mail address",
        "export STREAMPROCESSOR_SMTP_FROM=leads@example.com",
    ),
    ("worker", "TOPICS_DIR", "/none", "topics' files", "/none", "export STREAMPROCESSOR_TOPICS_DIR=topics"),
    (
        "worker",
        "DATA_DIR",
        "/proc/1/none",
        "data folder",
        "wanted one that can, by STREAMPROCESSOR_DATA_DIR",
        "export STREAMPROCESSOR_DATA_DIR=$HOME/streamprocessor",
    ),
    (
        "worker",
        "SECURITY_PROTOCOL",
        "SASL_SSL",
        "Kafka",
        "SASL",
        "export STREAMPROCESSOR_SASL_USERNAME=...",
    ),
    ("worker", "BOOTSTRAP", NOBODY, "Kafka", f"Kafka can't be used at {NOBODY}", "nc -vz 127.0.0.1 1"),
    ("worker", "BOOTSTRAP", "", "Kafka", "no Kafka: none is named", "streamprocessor up --data-dir "),
]


@pytest.mark.parametrize(("process", "setting", "value", "subject", "words", "mend"), FAULTS)
def test_what_is_not_well_is_named_with_the_line_that_mends_it(
    call: Call, environment: dict[str, str], process: str, setting: str, value: str, subject: str, words: str, mend: str
) -> None:
    faulty = environment | {f"STREAMPROCESSOR_{setting}": value}
    found = mended(call, faulty, process)[subject]

    assert found["level"] == "fail"
    assert words in found["sentence"]
    assert found["mend"].removeprefix(".venv/bin/").startswith(mend)
    assert f"do: {found['mend']}" in call("doctor", process, env=faulty).output


def test_a_wrong_setting_of_the_command_line_is_mended_there(call: Call, environment: dict[str, str]) -> None:
    found = mended(call, environment, "worker", "--topic-prefix", "a b")

    assert found["settings"]["mend"] == "# leave out --topic-prefix, or give it another value"


def test_a_wrong_line_of_the_settings_file_is_put_out_of_force(
    call: Call, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "streamprocessor.env").write_text("# mine\nSTREAMPROCESSOR_API_PROT=8081\n")
    environment = {name: value for name, value in environment.items() if name != "STREAMPROCESSOR_BOOTSTRAP"}
    mend = mended(call, environment, "api")["settings"]["mend"]

    assert mend == "sed -i '2s/^/# /' streamprocessor.env"
    subprocess.run(mend, shell=True, check=True, cwd=tmp_path)
    assert mended(call, environment, "api")["settings"]["level"] == "ok"


async def test_a_file_of_tls_that_can_not_be_used_is_mended_by_its_setting() -> None:
    settings = Settings.model_validate({"bootstrap": NOBODY, "security_protocol": "SSL", "ssl_ca_file": "/none"})

    [finding] = await broker_findings(settings, ["worker"])

    assert finding.mend == "export STREAMPROCESSOR_SSL_CA_FILE=..."


def test_a_login_that_is_refused_is_mended_by_its_name_and_its_password() -> None:
    sentence = "wanted a name and password that it knows: check STREAMPROCESSOR_SASL_USERNAME and _SASL_PASSWORD"

    mend = of_kafka(sentence, NOBODY)

    assert mend == "export STREAMPROCESSOR_SASL_USERNAME=...; export STREAMPROCESSOR_SASL_PASSWORD=..."


def test_a_salt_that_is_made_outlasts_the_shell(
    call: Call, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    salts = ("ERASURE_SALT", "ADDRESS_SALT")
    unsalted = environment | dict.fromkeys((f"STREAMPROCESSOR_{salt}" for salt in salts), "")
    subjects = [salt.lower().replace("_", " ") for salt in salts]
    for subject in subjects:
        subprocess.run(mended(call, unsalted, "worker")[subject]["mend"], shell=True, check=True, cwd=tmp_path)

    again = mended(call, unsalted, "worker")
    assert [again[subject]["level"] for subject in subjects] == ["ok", "ok"]
    assert (tmp_path / "streamprocessor.env").stat().st_mode & 0o077 == 0


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
    assert finding.mend.startswith("export STREAMPROCESSOR_METRICS_PORT=")
    assert is_free(int(finding.mend.partition("=")[2]))


@pytest.mark.parametrize(
    ("free_bytes", "level"), [(1 << 40, Level.OK), ((1 << 30) - 1, Level.WARN), ((1 << 26) - 1, Level.FAIL)]
)
def test_a_disk_that_fills_is_warned_of_before_it_fails(free_bytes: int, level: Level) -> None:
    finding = disk_space(free_bytes, Path("/my data"))

    assert finding.level is level
    assert finding.mend == ("" if level is Level.OK else "du -xh '/my data' | sort -h | tail")


@pytest.mark.parametrize(("limit", "level"), [(1_024, Level.WARN), (20_000, Level.OK), (-1, Level.OK)])
def test_few_open_files_are_warned_of(limit: int, level: Level) -> None:
    assert open_files(limit).level is level
    assert open_files(limit).mend == ("" if level is Level.OK else "ulimit -n 16384")


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 11), Level.OK), ((3, 14), Level.OK), ((3, 15), Level.WARN), ((3, 10), Level.WARN)],
)
def test_a_python_that_no_release_was_tested_with_is_warned_of(version: tuple[int, int], level: Level) -> None:
    finding = python_version(version, [(3, 11), (3, 12), (3, 13), (3, 14)])

    assert finding.level is level
    assert finding.mend.startswith("" if level is Level.OK else "python3.14 -m venv .venv && ")


def test_the_python_that_runs_is_looked_at(call: Call, environment: dict[str, str]) -> None:
    assert findings(call, environment, "worker")["Python"][0] == "ok"


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


@pytest.mark.kafka
async def test_keys_that_lie_in_wrong_partitions_are_counted_with_the_line_that_mends_it(
    kafka: EmbeddedKafka, topic_prefix: str
) -> None:
    settings = Settings(bootstrap=kafka.bootstrap, topic_prefix=topic_prefix, partitions=3)
    clients = client_settings(settings)
    await apply(clients, layout_of(settings))
    changelog = full_name_of(settings, CONTACTS_CHANGELOG)
    assert (await places_of_contacts(settings, clients, 10.0)).level is Level.OK

    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for partition in range(3):
            await producer.send_and_wait(changelog, key=b"lost-lead", value=b"\x01", partition=partition)
    finding = await places_of_contacts(settings, clients, 10.0)

    assert finding.level is Level.FAIL
    assert "keeps 2 contacts in partitions where they do not belong" in finding.sentence
    repair = f"streamprocessor topics repair --bootstrap {kafka.bootstrap} --topic-prefix {topic_prefix}"
    assert finding.mend.removeprefix(".venv/bin/") == repair
    assert (await places_of_contacts(settings, clients, 0.0)).level is Level.WARN
