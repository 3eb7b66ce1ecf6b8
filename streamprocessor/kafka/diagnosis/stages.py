"""A connection to one broker, opened a stage at a time: name, port, encryption, protocol, login.

Each stage returns its fault, or None where it passes; the first fault is the reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, OAuthAuthenticator, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    NoError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    for_code,
)
from aiokafka.protocol.admin import SaslAuthenticateRequest, SaslHandShakeRequest

from streamprocessor.contract.foreign_text import one_line
from streamprocessor.kafka.diagnosis import fault as faults
from streamprocessor.kafka.diagnosis.certificate import any_certificate, refused_certificate
from streamprocessor.kafka.diagnosis.fault import BrokerAddress, Fault
from streamprocessor.kafka.login.token_error import TokenError

STAGE_SECONDS = 5.0
_ANY_MECHANISM = "PLAIN"
# What OpenSSL says where the other side ends the connection, or speaks something else, instead of answering in TLS.
_NOT_TLS = {"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}
_CLIENT_CERTIFICATE = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "ALERT_UNKNOWN_CA")
_FAILURES = (KafkaError, OSError)

_Stage = Callable[[BrokerAddress], Coroutine[Any, Any, Fault | None]]


async def fault_at(address: BrokerAddress) -> Fault | None:
    """Why the broker at the address can't be used; None where it can."""
    try:
        for stage in (_name, _port, _encryption, _protocol, _token, _login):
            fault = await stage(address)
            if fault is not None:
                return fault
        return None
    finally:
        await asyncio.sleep(0)  # sockets are closed in the loop's next turn, and a command's loop may end with us


def _within_stage_seconds(stage: _Stage) -> _Stage:
    """The stage, whose fault is silence where it takes longer."""

    @wraps(stage)
    async def limited(address: BrokerAddress) -> Fault | None:
        try:
            async with asyncio.timeout(STAGE_SECONDS):
                return await stage(address)
        except TimeoutError:
            return faults.silent(STAGE_SECONDS)

    return limited


async def _name(address: BrokerAddress) -> Fault | None:
    try:
        async with asyncio.timeout(STAGE_SECONDS):
            await _resolve(address)
    except TimeoutError:
        return faults.unresolved(address.host, f"no answer within {STAGE_SECONDS:g} s")
    except (socket.gaierror, UnicodeError) as error:
        return faults.unresolved(address.host, one_line(getattr(error, "strerror", None) or error))
    return None


@_within_stage_seconds
async def _port(address: BrokerAddress) -> Fault | None:
    """The fault of the port; each of the name's addresses is tried by itself, of which asyncio would make one error."""
    last: OSError | None = None
    for ip, port in await _resolve(address):
        try:
            _, writer = await asyncio.open_connection(ip, port)
        except TimeoutError:
            raise
        except OSError as error:
            last = error
        else:
            writer.transport.abort()
            return None
    return faults.not_running(one_line(last))


@_within_stage_seconds
async def _encryption(address: BrokerAddress) -> Fault | None:
    if not address.settings.uses_tls:
        return None
    try:
        context = address.settings.ssl_context()
        _, writer = await asyncio.open_connection(address.host, address.port, ssl=context, server_hostname=address.host)
    except TimeoutError:
        raise
    except ssl.SSLCertVerificationError as error:
        return await refused_certificate(address, error)
    except OSError as error:
        if _is_about_our_certificate(error):  # TLS 1.2; with TLS 1.3 it is said after the handshake
            return faults.no_client_certificate(address.settings, _words(error))
        if await _speaks_kafka_in_plaintext(address):
            return faults.tls_to_plaintext(address.settings)
        is_alert = isinstance(error, ssl.SSLError) and error.reason not in _NOT_TLS and not _is_end(error)
        return faults.no_tls(_words(error)) if is_alert else faults.cut_off(_words(error))
    writer.transport.abort()
    return None


@_within_stage_seconds
async def _protocol(address: BrokerAddress) -> Fault | None:
    try:
        async with _connection(address):
            return None
    except _FAILURES as error:
        if not address.settings.uses_tls and await _speaks_tls(address):
            return faults.plaintext_to_tls(address.settings)
        cause = error.__cause__ or error
        if _is_about_our_certificate(cause):
            return faults.no_client_certificate(address.settings, _words(cause))
        return faults.cut_off(_words(error))


async def _token(address: BrokerAddress) -> Fault | None:
    """The fault that keeps us from having a token; what gives it has a time limit of its own."""
    if address.settings.logs_in_by_token and address.settings.sasl_tokens is not None:
        try:
            await address.settings.sasl_tokens.token()
        except TokenError as error:
            return Fault(error.sentence, error.is_transient)
    return None


@_within_stage_seconds
async def _login(address: BrokerAddress) -> Fault | None:
    settings = address.settings
    try:
        async with _connection(address) as connection:
            mechanism = settings.sasl_mechanism if settings.uses_sasl else _ANY_MECHANISM
            answer = await connection.send(SaslHandShakeRequest(mechanism))
            error, mechanisms = for_code(answer.error_code), one_line(", ".join(answer.enabled_mechanisms))
            if error is IllegalSaslStateError:
                return faults.no_login_wanted(settings) if settings.uses_sasl else None
            if not settings.uses_sasl:
                return faults.login_wanted(settings, mechanisms)
            if error is UnsupportedSaslMechanismError:
                return faults.wrong_mechanism(settings, mechanisms)
            if error is not NoError:
                return faults.cut_off(error.__name__)
            if settings.logs_in_by_token:
                return await _token_login(address, connection)
        async with _connection(address, **settings.login()):
            return None
    except TokenError as error:
        return Fault(error.sentence, error.is_transient)
    except SaslAuthenticationFailed as error:
        return faults.wrong_login(settings, _words(error))
    except _FAILURES as error:
        return faults.cut_off(_words(error))


async def _token_login(address: BrokerAddress, connection: AIOKafkaConnection) -> Fault | None:
    """The fault of a login by token, which aiokafka would not see: it ignores what the broker answers to a bad one."""
    payload, _ = await OAuthAuthenticator(sasl_oauth_token_provider=address.settings.sasl_tokens).step(None)
    answer = await connection.send(SaslAuthenticateRequest(payload))
    is_refused = for_code(answer.error_code) is not NoError or answer.sasl_auth_bytes
    reason = answer.error_message or (answer.sasl_auth_bytes or b"").decode("utf-8", "replace")
    return faults.wrong_login(address.settings, one_line(reason)) if is_refused else None


async def _resolve(address: BrokerAddress) -> list[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return [(str(where[0]), int(where[1])) for *_, where in infos]


@asynccontextmanager
async def _connection(address: BrokerAddress, **login: Any) -> AsyncIterator[AIOKafkaConnection]:
    """A connection that has answered what it can do; without login arguments nobody is logged in on it."""
    settings = address.settings
    encryption = "SSL" if settings.uses_tls else "PLAINTEXT"
    connection = await create_conn(
        address.host,
        address.port,
        security_protocol=f"SASL_{encryption}" if login else encryption,
        ssl_context=settings.ssl_context(),
        **login,
    )
    try:
        yield connection
    finally:
        connection.close()


async def _speaks_kafka_in_plaintext(address: BrokerAddress) -> bool:
    with contextlib.suppress(*_FAILURES):
        connection = await create_conn(address.host, address.port, security_protocol="PLAINTEXT")
        connection.close()
        return True
    return False


async def _speaks_tls(address: BrokerAddress) -> bool:
    try:
        _, writer = await asyncio.open_connection(address.host, address.port, ssl=any_certificate())
    except ssl.SSLError as error:
        return error.reason not in _NOT_TLS and not _is_end(error)
    except OSError:
        return False
    writer.transport.abort()
    return True


def _is_about_our_certificate(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) and any(word in (error.reason or "") for word in _CLIENT_CERTIFICATE)


def _is_end(error: OSError) -> bool:
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _words(error: BaseException) -> str:
    return one_line(error) or type(error).__name__
