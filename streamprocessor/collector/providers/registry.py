"""The mail providers that the collector understands: each is the module of that name beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.providers.webhook.fetching import DocumentFetch
from streamprocessor.collector.providers.webhook.hook import Provider, ProviderSetup, hook
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.settings import MAIL_PROVIDERS


def provider_formats(
    secrets: Mapping[str, str | None],
    contact_ids: ContactIds,
    public_url: str | None,
    fetch: DocumentFetch,
    data_folder: Path | None = None,
) -> tuple[WireFormat, ...]:
    """The wire formats of all providers.

    secrets: by provider; one without a secret answers 403.
    public_url: of the collector, as providers call it; None where it is not set: Mandrill needs it.
    fetch: for Amazon's certificates; the server gives a BackgroundFetch.
    data_folder: where Mailgun's tokens outlive the process; None: nowhere.

    Raises OperatorError for a secret that can't be one.
    """
    setups = {name: ProviderSetup(secrets.get(name), public_url, fetch, data_folder) for name in MAIL_PROVIDERS}
    return tuple(hook(_provider(name, setup), contact_ids) for name, setup in setups.items())


def _provider(name: str, setup: ProviderSetup) -> Provider:
    provider = _builder_of(name)(setup)
    return provider if setup.secret else provider.unconfigured()


def _builder_of(name: str) -> Callable[[ProviderSetup], Provider]:
    """The function of the provider's module that is called like it."""
    builder: Callable[[ProviderSetup], Provider] = getattr(import_module(f"{__package__}.{name}"), name)
    return builder
