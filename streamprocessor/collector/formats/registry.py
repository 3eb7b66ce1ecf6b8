"""The wire formats that the collector understands: the modules of these names beside this one."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from streamprocessor.collector.formats.vocabulary import Vocabulary, read_vocabulary
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.providers.registry import provider_formats
from streamprocessor.collector.providers.webhook.fetching import BackgroundFetch
from streamprocessor.collector.tracking.registry import own_tracking
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.settings import MAIL_PROVIDERS, Settings

_NAMES = (
    "native",
    "segment",
    "snowplow",
    "posthog",
    "sdk_settings",
    "jitsu",
)

SetUp: TypeAlias = Callable[[ContactIds, Vocabulary], list[WireFormat]]


def all_formats(settings: Settings, contact_ids: ContactIds) -> list[WireFormat]:
    """Every format, set up. Raises OperatorError where a setting can't be used."""
    vocabulary = read_vocabulary(Path(settings.vocabulary) if settings.vocabulary else None)
    secrets = {name: settings.hook_secret(name) for name in MAIL_PROVIDERS}
    return [
        *(wire_format for name in _NAMES for wire_format in _formats_of(name)(contact_ids, vocabulary)),
        *own_tracking(settings, contact_ids),
        *provider_formats(secrets, contact_ids, settings.public_url or None, BackgroundFetch(), settings.data_path),
    ]


def _formats_of(name: str) -> SetUp:
    """The function `formats` of the format's module."""
    set_up: SetUp = import_module(f"{__package__}.{name}").formats
    return set_up
