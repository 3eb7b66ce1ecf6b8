"""The mail providers that the collector understands: one line each, and its webhook is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.providers.brevo import brevo
from streamprocessor.collector.providers.fetching import DocumentFetch
from streamprocessor.collector.providers.hook import Provider, ProviderSetup, hook
from streamprocessor.collector.providers.mailersend import mailersend
from streamprocessor.collector.providers.mailgun import mailgun
from streamprocessor.collector.providers.mailjet import mailjet
from streamprocessor.collector.providers.mandrill import mandrill
from streamprocessor.collector.providers.postmark import postmark
from streamprocessor.collector.providers.resend import resend
from streamprocessor.collector.providers.sendgrid import sendgrid
from streamprocessor.collector.providers.ses import ses
from streamprocessor.collector.providers.sparkpost import sparkpost

_BUILDERS: dict[str, Callable[[ProviderSetup], Provider]] = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "mailjet": mailjet,
    "brevo": brevo,
    "sparkpost": sparkpost,
    "mailersend": mailersend,
    "resend": resend,
    "ses": ses,
    "mandrill": mandrill,
}
PROVIDERS = tuple(_BUILDERS)


def provider_formats(
    secrets: Mapping[str, str | None], contact_ids: ContactIds, public_url: str | None, fetch: DocumentFetch
) -> tuple[WireFormat, ...]:
    """The wire formats of all providers.

    secrets: by provider; one without a secret answers 403.
    public_url: of the collector, as providers call it; None where it is not set: Mandrill needs it.
    fetch: for Amazon's certificates; the server gives a BackgroundFetch.

    Raises OperatorError for a secret that can't be one.
    """
    setups = {name: ProviderSetup(secrets.get(name), public_url, fetch) for name in PROVIDERS}
    return tuple(hook(build(setups[name]), contact_ids) for name, build in _BUILDERS.items())
