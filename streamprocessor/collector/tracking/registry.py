"""Our own tracking, set up: pixel, click, beacon and forms, and the keys of their tokens."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.tracking.beacon import beacon, beacon_script
from streamprocessor.collector.tracking.click import click
from streamprocessor.collector.tracking.form_reading.submission import FormReading
from streamprocessor.collector.tracking.forms import forms
from streamprocessor.collector.tracking.pixel import pixel
from streamprocessor.collector.tracking.sites import read_sites
from streamprocessor.collector.tracking.tokens import TokenKeys, token_keys
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.field_words import read_form_words
from streamprocessor.process.stored_secrets import stored_pairs
from streamprocessor.settings import Settings

KEYS_FILE = "token-keys"


def own_tracking(settings: Settings, contact_ids: ContactIds) -> tuple[WireFormat, ...]:
    """The formats of our own tracking. Raises OperatorError where keys or sites can't be used."""
    keys, sites = token_keys_of(settings), read_sites(settings.allowed_sites)
    reading = FormReading(contact_ids, read_form_words(settings.form_attributes))
    return pixel(keys), click(keys, sites), beacon_script(), beacon(keys, reading), forms(keys, reading, sites)


def token_keys_of(settings: Settings) -> TokenKeys:
    """The keys that sign and verify; where none are set, a random one that stays in the data folder."""
    return token_keys(stored_pairs(settings.token_keys, settings.data_path / KEYS_FILE, "STREAMPROCESSOR_TOKEN_KEYS"))
