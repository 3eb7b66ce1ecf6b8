"""The wire formats that the collector understands: one line each, and its routes are there."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.formats.sdk_settings import sdk_settings
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.formats.vocabulary import read_vocabulary
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.providers.registry import provider_formats
from streamprocessor.collector.providers.webhook.fetching import BackgroundFetch
from streamprocessor.collector.tracking.registry import own_tracking
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.settings import MAIL_PROVIDERS, Settings


def all_formats(settings: Settings, contact_ids: ContactIds) -> list[WireFormat]:
    """Every format, set up. Raises OperatorError where a setting can't be used."""
    vocabulary = read_vocabulary(Path(settings.vocabulary) if settings.vocabulary else None)
    secrets = {name: settings.hook_secret(name) for name in MAIL_PROVIDERS}
    return [
        native(),
        segment(contact_ids, vocabulary),
        snowplow(contact_ids, vocabulary),
        posthog(contact_ids, vocabulary),
        posthog_v1(contact_ids, vocabulary),
        *sdk_settings(),
        jitsu(contact_ids, vocabulary),
        *own_tracking(settings, contact_ids),
        *provider_formats(secrets, contact_ids, settings.public_url or None, BackgroundFetch(), settings.data_path),
    ]
