"""All ten providers, by the name in their path."""

from __future__ import annotations

from collections.abc import Mapping

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.collector.providers.brevo import brevo
from streamprocessor.collector.providers.mailersend import mailersend
from streamprocessor.collector.providers.mailgun import mailgun
from streamprocessor.collector.providers.mailjet import mailjet
from streamprocessor.collector.providers.mandrill import mandrill
from streamprocessor.collector.providers.postmark import postmark
from streamprocessor.collector.providers.resend import resend
from streamprocessor.collector.providers.sendgrid import sendgrid
from streamprocessor.collector.providers.ses import ses
from streamprocessor.collector.providers.sns import Fetch
from streamprocessor.collector.providers.sparkpost import sparkpost

_BY_SECRET_ALONE = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "mailjet": mailjet,
    "brevo": brevo,
    "sparkpost": sparkpost,
    "mailersend": mailersend,
    "resend": resend,
}
PROVIDERS = (*_BY_SECRET_ALONE, "ses", "mandrill")


def provider_formats(
    secrets: Mapping[str, str | None], naming: ContactIds, public_url: str | None, fetch: Fetch
) -> tuple[WireFormat, ...]:
    """The wire formats of all providers. secrets: by provider; one without a secret answers 403.

    public_url: of the collector, as providers call it; needed by Mandrill. fetch: for Amazon's certificates, the
    server gives a BackgroundFetch. Raises OperatorError for a secret that can't be one.
    """
    formats = [build(secrets.get(name), naming) for name, build in _BY_SECRET_ALONE.items()]
    return (*formats, ses(secrets.get("ses"), naming, fetch), mandrill(secrets.get("mandrill"), naming, public_url))
