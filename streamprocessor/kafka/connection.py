"""How a Kafka client connects: by the settings; and where it can't, with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, MetadataEmptyBrokerList

from streamprocessor.errors import BrokerAwayError, BrokerError, NotAllowedError, OperatorError
from streamprocessor.kafka.clients import BY_TOKEN, ClientSettings
from streamprocessor.kafka.diagnosis.diagnosis import broker_error
from streamprocessor.kafka.diagnosis.principal import not_allowed
from streamprocessor.kafka.login.token_command import TokenCommand
from streamprocessor.kafka.login.token_provider import TokenProvider, TokenSource
from streamprocessor.settings import Settings

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def client_settings(settings: Settings) -> ClientSettings:
    """How clients reach Kafka; raises BrokerError where the parts don't fit together."""
    if not settings.bootstrap:
        message = "no Kafka named; wanted --bootstrap HOST:PORT (or STREAMPROCESSOR_BOOTSTRAP); `up` starts one itself"
        raise BrokerError(message)
    mechanism = settings.sasl_mechanism or "SCRAM-SHA-512"
    return ClientSettings(
        bootstrap=settings.bootstrap,
        security_protocol=settings.security_protocol,
        sasl_mechanism=mechanism,
        sasl_username=settings.sasl_username or None,
        sasl_password=settings.sasl_password or None,
        sasl_tokens=_token_provider(settings) if mechanism == BY_TOKEN else None,
        ssl_ca=Path(settings.ssl_ca_file) if settings.ssl_ca_file else None,
        ssl_cert=Path(settings.ssl_certificate_file) if settings.ssl_certificate_file else None,
        ssl_key=Path(settings.ssl_key_file) if settings.ssl_key_file else None,
        ssl_key_password=settings.ssl_key_password or None,
    )


@asynccontextmanager
async def connected(settings: ClientSettings, timeout_ms: int = 10_000) -> AsyncIterator[AIOKafkaClient]:
    """A bare connection to the cluster, for administration.

    Raises BrokerAwayError when no broker can be reached, or when one goes away or doesn't answer in time; BrokerError
    where one answers and a person must act: encryption, certificates or login are not as they must be; NotAllowedError,
    with who we are to Kafka, where one in the block says which rights are missing.
    """
    client = AIOKafkaClient(**settings.arguments(), request_timeout_ms=timeout_ms)
    try:
        await client.bootstrap()
        if settings.logs_in_by_token and not client.cluster.brokers():
            await _refuse_a_refused_token(settings)
        yield client
    except (KafkaError, OSError) as error:
        brokers = [(broker.host, broker.port) for broker in client.cluster.brokers()]
        raise await broker_error(settings, error, advertised=brokers) from error
    except NotAllowedError as error:
        raise not_allowed(settings, [str(error)]) from error
    finally:
        await client.close()


async def _refuse_a_refused_token(settings: ClientSettings) -> None:
    """Raise BrokerError where the token was refused: aiokafka reads that as an answer, in which there are no brokers.

    There may be none for a moment, too, until they are heard again.
    """
    error = await broker_error(settings, MetadataEmptyBrokerList())
    if not isinstance(error, BrokerAwayError):
        raise error


def _token_provider(settings: Settings) -> TokenProvider:
    command, url = settings.sasl_token_command, settings.sasl_token_url
    if bool(command) == bool(url):
        message = (
            "Kafka connection: SASL token: wanted either STREAMPROCESSOR_SASL_TOKEN_COMMAND or "
            f"STREAMPROCESSOR_SASL_TOKEN_URL, because the mechanism is {BY_TOKEN}; got {'both' if url else 'neither'}"
        )
        raise OperatorError(message)
    return TokenProvider(_token_command(command) if command else _client_credentials(settings), _extensions(settings))


def _token_command(command: str) -> TokenSource:
    try:
        return TokenCommand(command)
    except ValueError as error:
        message = f"STREAMPROCESSOR_SASL_TOKEN_COMMAND: wanted a program and its arguments; got {error}"
        raise OperatorError(message) from error


def _client_credentials(settings: Settings) -> TokenSource:
    from streamprocessor.kafka.login.client_credentials import ClientCredentials  # aiohttp is long to import

    url = urlsplit(settings.sasl_token_url)
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
        message = (
            f"STREAMPROCESSOR_SASL_TOKEN_URL: wanted https://..., for the secret goes there; got {url.scheme or 'none'}"
        )
        raise OperatorError(message)
    if not settings.sasl_client_id or not settings.sasl_client_secret:
        message = (
            "Kafka connection: SASL token: wanted STREAMPROCESSOR_SASL_CLIENT_ID and _SASL_CLIENT_SECRET for "
            f"{url.hostname}; got {'no secret' if settings.sasl_client_id else 'no id'}"
        )
        raise OperatorError(message)
    return ClientCredentials(
        settings.sasl_token_url, settings.sasl_client_id, settings.sasl_client_secret, settings.sasl_scope
    )


def _extensions(settings: Settings) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in settings.sasl_extensions.split(",") if pair]
    if not all(name.strip() and is_pair and value.strip() for name, is_pair, value in pairs):
        message = f"STREAMPROCESSOR_SASL_EXTENSIONS: wanted name=value,name=value; got '{settings.sasl_extensions}'"
        raise OperatorError(message)
    return {name.strip(): value.strip() for name, _, value in pairs}
