"""All providers together: what the server mounts and what the settings hold."""

import pytest

from streamprocessor.collector.providers.registry import provider_formats
from streamprocessor.errors import OperatorError
from streamprocessor.settings import MAIL_PROVIDERS, read_settings
from tests.collector.providers.senders import CONTACT_IDS, amazon


def test_each_provider_has_its_path_and_no_key() -> None:
    formats = provider_formats({}, CONTACT_IDS, None, amazon)
    assert [wire_format.routes for wire_format in formats] == [
        (("POST", f"/hooks/{name}"), ("HEAD", f"/hooks/{name}")) for name in MAIL_PROVIDERS
    ]
    assert not any(wire_format.needs_key for wire_format in formats)


def test_each_provider_has_its_setting() -> None:
    settings = read_settings({f"STREAMPROCESSOR_HOOK_{name.upper()}_SECRET": f"of {name}" for name in MAIL_PROVIDERS})
    assert [settings.hook_secret(name) for name in MAIL_PROVIDERS] == [f"of {name}" for name in MAIL_PROVIDERS]
    assert "of sendgrid" not in repr(settings)


def test_a_provider_that_is_not_there_has_no_setting() -> None:
    with pytest.raises(OperatorError, match="STREAMPROCESSOR_HOOK_SENDGRIT_SECRET is not a setting"):
        read_settings({"STREAMPROCESSOR_HOOK_SENDGRIT_SECRET": "s"})


def test_mandrills_key_without_the_public_url_refuses_to_start() -> None:
    with pytest.raises(OperatorError, match="STREAMPROCESSOR_PUBLIC_URL"):
        provider_formats({"mandrill": "key"}, CONTACT_IDS, "", amazon)
    provider_formats({"mandrill": "unverified"}, CONTACT_IDS, "", amazon)
