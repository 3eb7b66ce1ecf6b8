"""A connection that fails says which of all things is wrong, in every process and command; one file, for one broker."""

from __future__ import annotations

import asyncio
import gc
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, InvalidTopicError, NodeNotReadyError

from streamprocessor.errors import EXIT_MUST_RESTART, EXIT_USAGE, BrokerAwayError, BrokerError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected
from streamprocessor.kafka.diagnosis import stages
from streamprocessor.kafka.diagnosis.diagnosis import broker_error
from streamprocessor.kafka.login.token_command import TokenCommand
from streamprocessor.kafka.login.token_provider import TokenProvider
from streamprocessor.settings import PREFIX, Settings
from tests.cli.conftest import Call
from tests.harness.processes import ADDRESS_SALT, SALT
from tests.harness.secured_kafka import PASSWORD, STRANGER, USER, SecuredKafka, unsecured_token
from tests.harness.system import Sent, System
from tests.harness.workers import WorkerProcess

LOGIN = ("SASL_PLAINTEXT", "PLAIN", USER)
LOGIN_FIELDS = ("security_protocol", "sasl_mechanism", "sasl_username", "sasl_password")
FINE = "fine"

#: Protocol, mechanism, user, password; the files of TLS by name; what comes of it. A door's name is its address.
CASES: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "plaintext": (("PLAIN",), {}, FINE),
    "tls": (("TLS", "SSL"), {"ssl_ca": "authority"}, FINE),
    "mutual tls": (("MUTUAL", "SSL"), {"ssl_ca": "authority", "ssl_cert": "client"}, FINE),
    "login": (("LOGIN", *LOGIN, PASSWORD), {}, FINE),
    "login over tls": (("TLSLOGIN", "SASL_SSL", "PLAIN", USER, PASSWORD), {"ssl_ca": "authority"}, FINE),
    "address": (("no-such-name.invalid:9092",), {}, "the name no-such-name.invalid does not resolve; wanted"),
    "not running": (("127.0.0.1:1",), {}, "nothing listens there; wanted a running Kafka; got '.*refused|Connect call"),
    "several addresses": (("127.0.0.1:1,LOGIN", *LOGIN, "wrong"), {}, r": 127.0.0.1:\d+: the broker refuses our login"),
    "plaintext to tls": (("TLS",), {}, "the broker speaks TLS there; .* got PLAINTEXT from us: set .*PROTOCOL=SSL,"),
    "plaintext login to tls": (("TLSLOGIN", *LOGIN, PASSWORD), {}, "the broker speaks TLS there; .*PROTOCOL=SASL_SSL,"),
    "tls to plaintext": (
        ("PLAIN", "SSL"),
        {"ssl_ca": "authority"},
        "the broker speaks plaintext there; .*got SSL from us: set .*PROTOCOL=PLAINTEXT,",
    ),
    "unknown authority": (
        ("TLS", "SSL"),
        {"ssl_ca": "stranger"},
        "signed by an unknown authority; wanted one in .*stranger.ca.pem; got 'CN=authority': name .*_SSL_CA_FILE",
    ),
    "no authority named": (("TLS", "SSL"), {}, "signed by an unknown authority; wanted one that this system trusts;"),
    "host name": (
        ("localhost:TLS", "SSL"),
        {"ssl_ca": "authority"},
        "certificate is for another host name; wanted localhost; got '127.0.0.1':",
    ),
    "no client certificate": (("MUTUAL", "SSL"), {"ssl_ca": "authority"}, "does not take our certificate; .*got none"),
    "client certificate of a stranger": (
        ("MUTUAL", "SSL"),
        {"ssl_ca": "authority", "ssl_cert": "intruder"},
        "does not take our certificate; wanted one whose authority it trusts; got .*intruder.pem",
    ),
    "no client certificate by tls 1.2": (
        ("MUTUAL12", "SSL"),
        {"ssl_ca": "authority"},
        "no TLS connection can be agreed upon; .*HANDSHAKE_FAILURE.* whether the broker asks for a certificate of ours",
    ),
    "client certificate of a stranger by tls 1.2": (
        ("MUTUAL12", "SSL"),
        {"ssl_ca": "authority", "ssl_cert": "intruder"},
        "does not take our certificate; wanted one whose authority it trusts; got .*intruder.pem",
    ),
    "password": (
        ("LOGIN", *LOGIN, "wrong"),
        {},
        "the broker refuses our login; wanted a name and password that it knows for PLAIN; got '.*' for user 'worker'",
    ),
    "password of scram": (
        ("TLSLOGIN", "SASL_SSL", "SCRAM-SHA-512", USER, "wrong"),
        {"ssl_ca": "authority"},
        "the broker refuses our login; wanted a name and password that it knows for SCRAM-SHA-512",
    ),
    "mechanism": (
        ("LOGIN", "SASL_PLAINTEXT", "SCRAM-SHA-512", USER, PASSWORD),
        {},
        "doesn't know our SASL mechanism; wanted PLAIN, OAUTHBEARER; got SCRAM-SHA-512",
    ),
    "no login": (
        ("LOGIN",),
        {},
        "the broker wants a login there; wanted one by PLAIN, OAUTHBEARER; .*=SASL_PLAINTEXT,",
    ),
    "login where none is wanted": (("PLAIN", *LOGIN, PASSWORD), {}, "the broker takes no login there; .*=PLAINTEXT,"),
}
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # see sockets_of_ended_loops

MAY_PASS = {"address", "not running"}

PROCESSES = ("worker", "collector", "delivery", "api")
COMMANDS = (
    ("topics", "check"),
    ("topics", "apply"),
    ("model", "apply"),
    ("model", "diff", "deploy/scoring.yaml"),
    ("status",),
    ("explain", "c-42"),
    ("export", "c-42"),
    ("import", "EVENTS"),
    ("simulate", "--events", "1"),
    ("dead-letters", "list"),
)

Environment = dict[str, str]


@pytest.mark.kafka
async def test_each_fault_of_a_connection_has_a_sentence_of_its_own(
    secured: SecuredKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "STAGE_SECONDS", 60.0)  # all at once on a busy machine: none of them is silent
    secured.authority.certificate("client", ["client"])
    secured.stranger.certificate("intruder", ["client"])

    ends = dict(zip(CASES, await asyncio.gather(*(_try(secured, *case[:2]) for case in CASES.values())), strict=True))

    odd = {name: ends[name][1] for name, (*_, words) in CASES.items() if not re.search(words, ends[name][1])}
    assert odd == {}
    assert {name for name, (kind, _) in ends.items() if kind is BrokerAwayError} == MAY_PASS


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo {token}", FINE),
        ("echo abc", """the broker refuses our token; wanted one that it trusts; got '{"status":"invalid_token"}':"""),
        ("no-such-program", "the command no-such-program gives no token: .*got No such file or directory: check"),
    ],
)
async def test_a_token_lets_in_or_it_is_said_why_not(secured: SecuredKafka, command: str, words: str) -> None:
    tokens = TokenProvider(TokenCommand(command.format(token=unsecured_token(USER))), {})
    settings = ClientSettings(secured.addresses["LOGIN"], "SASL_PLAINTEXT", "OAUTHBEARER", sasl_tokens=tokens)

    kind, sentence = await _said(settings)

    assert re.search(words, sentence), sentence
    assert kind is not BrokerAwayError


@pytest.mark.kafka
async def test_a_broker_that_sends_clients_on_to_where_none_is_is_told_from_one_that_is_away(
    secured: SecuredKafka,
) -> None:
    settings = ClientSettings(secured.addresses["PLAIN"])
    error = await broker_error(settings, NodeNotReadyError(), advertised=[("no-such-name.invalid", 9092)])

    assert "which sends clients on to other addresses (advertised.listeners): no-such-name.invalid:9092: the" in str(
        error
    )


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (NodeNotReadyError(), BrokerAwayError, "it answers now; wanted an answer before; got NodeNotReadyError"),
        (InvalidTopicError(), BrokerError, "it refused what was asked for; got .*InvalidTopicError"),
        (GroupAuthorizationFailedError("g"), BrokerError, "no right to do that; .*got .*GroupAuthorizationFailed"),
    ],
)
async def test_a_broker_that_lets_us_in_is_not_blamed_for_the_connection(
    secured: SecuredKafka, raised: Exception, kind: type[BrokerError], words: str
) -> None:
    error = await broker_error(ClientSettings(secured.addresses["PLAIN"]), raised, "the work")

    assert type(error) is kind
    assert re.search(f"^the work: Kafka can't be used at .*{words}", str(error))


async def test_what_takes_a_connection_and_never_answers_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "STAGE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        error = await broker_error(ClientSettings(address), NodeNotReadyError())

    assert isinstance(error, BrokerAwayError)
    assert "no answer comes from there; wanted one within 0.2 s; got none" in str(error)


async def test_what_ends_a_connection_may_be_a_proxy_before_a_broker_that_is_away() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for protocol in ("PLAINTEXT", "SSL"):
            kind, sentence = await _said(ClientSettings(address, protocol))
            assert kind is BrokerAwayError
            assert "what listens there doesn't speak Kafka, or not yet;" in sentence


@pytest.fixture
def environment(secured: SecuredKafka, tmp_path: Path) -> Callable[..., Environment]:
    """Makes the settings of a process that logs in with a name and password."""

    def make(user: str, password: str) -> Environment:
        settings = {
            "bootstrap": secured.addresses["LOGIN"],
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_username": user,
            "sasl_password": password,
            "data_dir": str(tmp_path),
            "erasure_salt": SALT,
            "address_salt": ADDRESS_SALT,
            **{f"{name}_port": "0" for name in ("metrics", "collector", "delivery", "api")},
        }
        return {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}

    return make


@pytest.fixture(autouse=True)
def sockets_of_ended_loops() -> Iterator[None]:
    """Close what refused clients of aiokafka now and then leave open when their loop ends, before a later test does."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def fetching_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker in this process leaves aiokafka as it is for the tests after it."""
    monkeypatch.setattr("streamprocessor.stream.worker.use_raw_fetching", lambda: None)


@pytest.fixture
def words_of(tmp_path: Path) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """The words of a command, with a file of events where they name one."""
    events = tmp_path / "events.jsonl"
    events.write_text('{"contact_id": "c-42", "type": "page_visit", "occurred_at": "2026-01-01T00:00:00Z"}\n')
    return lambda words: tuple(str(events) if word == "EVENTS" else word for word in words)


@pytest.mark.kafka
def test_a_wrong_password_ends_each_process_and_command_with_its_sentence(
    call: Call, environment: Callable[..., Environment], words_of: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> None:
    wrong = environment(USER, "wrong")
    ends = {words: call(*words_of(words), env=wrong) for words in (*((name,) for name in PROCESSES), *COMMANDS)}

    assert {words: end.exit_code for words, end in ends.items()} == dict.fromkeys(ends, EXIT_USAGE)
    pattern = (
        r"streamprocessor: Kafka can't be used at 127.0.0.1:\d+ over SASL_PLAINTEXT as user 'worker': the broker refu"
    )
    assert [words for words, end in ends.items() if not re.search(pattern, end.stderr)] == []


@pytest.mark.kafka
def test_a_missing_right_ends_each_process_and_command_with_the_name_of_topic_or_group(
    call: Call, environment: Callable[..., Environment], words_of: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> None:
    without_rights = environment(STRANGER, PASSWORD)
    ends = {
        words: call(*words_of(words), env=without_rights) for words in (*((name,) for name in PROCESSES), *COMMANDS)
    }

    assert {words: end.exit_code for words, end in ends.items()} == dict.fromkeys(ends, EXIT_USAGE)
    pattern = r"streamprocessor: ([a-z]+: )?Kafka does not allow User:stranger what it needs: [A-Z]+ on (topic|group) "
    assert {words: end.stderr for words, end in ends.items() if not re.search(pattern, end.stderr)} == {}


def test_a_kafka_that_is_not_there_asks_for_a_new_start(call: Call) -> None:
    salts = {f"{PREFIX}ERASURE_SALT": SALT, f"{PREFIX}ADDRESS_SALT": ADDRESS_SALT}
    for words in (("topics", "check"), ("explain", "c-42")):  # processes wait for it
        end = call(*words, "--bootstrap", "127.0.0.1:1", env=salts)
        assert end.exit_code == EXIT_MUST_RESTART
        assert "nothing listens there; wanted a running Kafka" in end.stderr


@pytest.mark.kafka
async def test_a_worker_scores_with_a_token_that_a_command_prints(secured: SecuredKafka, tmp_path: Path) -> None:
    system = System(Settings(bootstrap=secured.addresses["PLAIN"], app_id="token", partitions=1))
    await system.create()
    by_token = {
        "bootstrap": secured.addresses["LOGIN"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_token_command": f"echo {unsecured_token(USER)}",
    }
    worker = WorkerProcess(system.settings.model_copy(update=by_token), "blue", tmp_path).start()
    try:
        await worker.ready()
        await system.send([Sent("email-opens", b"jane", {"id": "1"})])
        await system.until_applied()
    finally:
        code = worker.stop()

    assert code == 0, worker.tail()


async def _try(secured: SecuredKafka, words: tuple[str, ...], files: dict[str, str]) -> tuple[type | None, str]:
    address, *rest = words
    login: dict[str, Any] = dict(zip(LOGIN_FIELDS, rest, strict=False))
    for name, where in secured.addresses.items():
        address = re.sub(rf"\b{name}$", where.partition(":")[2] if f":{name}" in address else where, address)
    return await _said(ClientSettings(address, **login, **_files(secured, files)))


def _files(secured: SecuredKafka, names: dict[str, str]) -> dict[str, Any]:
    folder = secured.authority.file.parent
    return {
        argument: folder / (f"{name}.ca.pem" if argument == "ssl_ca" else f"{name}.pem")
        for argument, name in names.items()
    }


async def _said(settings: ClientSettings) -> tuple[type | None, str]:
    try:
        async with connected(settings):
            return None, FINE
    except BrokerError as error:
        return type(error), str(error)
