"""Mail as a subscription's target, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import flag, text
from streamprocessor.contract.subscriptions.digests import Digest
from streamprocessor.contract.subscriptions.time_zones import time_zone

MOST_RECIPIENTS = 20
LONGEST_ADDRESS = 254

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"[A-Za-z0-9_'+.&~=-]{{1,64}}@{_LABEL}(\.{_LABEL})*", re.ASCII)
"""Addresses that need no quotes and no encoding in any place of a mail."""

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Email:
    """To whom a subscription's mails go.

    recipients: their addresses. sender: an address; None: that of the settings. digest: when the day's announcements
    go out as one mail; None: each is a mail.
    """

    recipients: tuple[str, ...]
    sender: str | None = None
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class MailTarget:
    """From which address mails go to which others."""

    sender: str
    recipients: tuple[str, ...]

    @property
    def url(self) -> str:
        """The recipients as one address, by which a target is told from another."""
        return f"mailto:{','.join(self.recipients)}"


def is_address(address: str) -> bool:
    """Whether the text is one mail address, plain and alone."""
    return len(address) <= LONGEST_ADDRESS and ADDRESS.fullmatch(address) is not None


def domain_of(address: str) -> str:
    """What follows the address's last @, in lower case."""
    return address.rpartition("@")[2].lower()


def mail_address(located: LocatedNode) -> str:
    """One mail address, plain and alone."""
    address = text(located)
    if not is_address(address):  # not shown: it may be a person's
        located.fail("wanted a mail address such as sales@example.com; got another text")
    return address


def read_email(located: LocatedNode) -> Email:
    """The target; problems are noted with their lines."""
    fields = located.fields("to", "from", "digest")
    return Email(
        recipients=fields.required("to", _recipients, ()),
        sender=fields.read("from", mail_address, None),
        digest=fields.read("digest", _digest, None),
    )


def _recipients(located: LocatedNode) -> tuple[str, ...]:
    items = located.items("a list of mail addresses")
    if len(items) > MOST_RECIPIENTS:
        located.fail(f"wanted at most {MOST_RECIPIENTS} mail addresses; got {len(items)}")
    addresses = tuple(mail_address(item) for item in items)
    if len(set(addresses)) != len(addresses):
        located.fail("wanted each mail address once; got one twice")
    return addresses


def _digest(located: LocatedNode) -> Digest:
    fields = located.fields("at", "time_zone", "business_days")
    return Digest(
        at=fields.required("at", _time, time()),
        time_zone=fields.read("time_zone", time_zone, "UTC"),
        business_days=fields.read("business_days", flag, False),
    )


def _time(located: LocatedNode) -> time:
    if not isinstance(located.value, str) or not _TIME.fullmatch(located.value):
        located.refuse("a time of the day such as 08:00")
    return time.fromisoformat(located.value)
