"""The wire formats that the collector understands: one line each, and its routes are there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.formats.vocabulary import read_vocabulary
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.providers.directory import PROVIDERS, provider_formats
from streamprocessor.collector.providers.fetching import BackgroundFetch
from streamprocessor.collector.tracking.registry import own_tracking
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.settings import Settings


def all_formats(settings: Settings, naming: ContactIds, topics: Collection[Topic]) -> list[WireFormat]:
    """Every format, set up. Raises OperatorError where a setting can't be used."""
    vocabulary = read_vocabulary(topics, Path(settings.vocabulary) if settings.vocabulary else None)
    secrets = {name: settings.hook_secret(name) for name in PROVIDERS}
    hooks = provider_formats(secrets, naming, settings.public_url or None, BackgroundFetch())
    return [
        native(topics),
        segment(naming, vocabulary),
        replace(snowplow(naming, vocabulary), credentials=True),  # its browsers' tracker sends them by default
        posthog(naming, vocabulary),
        posthog_v1(naming, vocabulary),
        jitsu(naming, vocabulary),
        *own_tracking(settings, naming),
        *hooks,
    ]
