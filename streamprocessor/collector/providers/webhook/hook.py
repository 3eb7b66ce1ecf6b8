"""A provider's webhook as a wire format: who sent it is checked first, then each item is read by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from streamprocessor.collector.http.json_answers import json_answer, refusal_in_json, rejected_items
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    RefusedItem,
    WireFormat,
)
from streamprocessor.collector.providers.webhook.fetching import DocumentFetch
from streamprocessor.collector.providers.webhook.mail_events import MailEvent, entry_of, has_placeholder
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.errors import RecordError

MAX_BODY_BYTES = 1024 * 1024


class Provider(NamedTuple):
    """What sets one provider apart.

    name: as in the path.
    check: raises RefusalError where the sender is not proved.
    items: the objects that a checked request holds; raises RefusalError.
    events: what happened, by one such object; nothing for a kind that does not count.
    max_body_bytes: the largest batch that the provider posts, and some more.
    max_unchecked_bytes: of a body that is read before `check` looks at the request; a larger one is read only where
        `check` lets the headers pass. None: any is read first, for `check` has to see it.
    max_trial_bytes: of the body by which the provider tries an address before there is a secret; 0: it does not.
    """

    name: str
    check: Callable[[HttpRequest], None]
    items: Callable[[HttpRequest], list[Any]]
    events: Callable[[dict[str, Any]], Iterable[MailEvent]]
    max_body_bytes: int = MAX_BODY_BYTES
    max_unchecked_bytes: int | None = None
    max_trial_bytes: int = 0

    def unconfigured(self) -> Provider:
        """The provider where no secret is set: what comes is refused unread, but for a trial."""
        return self._replace(max_unchecked_bytes=self.max_trial_bytes)


class ProviderSetup(NamedTuple):
    """What this installation sets for one provider.

    secret: whatever proves the provider; None where none is set, and its webhook answers 403.
    public_url: of the collector, as providers call it; None where it is not set.
    fetch: for documents of the provider, such as certificates.
    data_folder: where a provider's module may keep what it has to remember; None: nowhere.
    """

    secret: str | None
    public_url: str | None
    fetch: DocumentFetch
    data_folder: Path | None = None


def hook(provider: Provider, contact_ids: ContactIds) -> WireFormat:
    """The wire format of `POST /hooks/{provider}`, and of the unsigned HEAD by which providers try an address.

    Answers 200 to whatever was proved to come from the provider: what can't be used, a second delivery would not mend.
    """

    def admit(request: HttpRequest) -> None:
        most = provider.max_unchecked_bytes
        announced = request.headers.get("content-length", "")
        is_small = announced.isdigit() and most is not None and int(announced[:18]) <= most
        if request.method != "HEAD" and most is not None and not is_small:
            provider.check(request)

    def parse(request: HttpRequest) -> ParsedRequest:
        if request.method == "HEAD":
            return ParsedRequest(None, [])
        provider.check(request)
        return ParsedRequest(None, provider.items(request))

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        decoded = DecodedEvents()
        for position, item in enumerate(parsed.payload):
            if not isinstance(item, dict):
                decoded.refused.append(
                    RefusedItem(position, reason_codes.NOT_AN_OBJECT, "item: wanted an object; got another kind")
                )
                continue
            try:
                for event in provider.events(item):
                    entry = entry_of(provider.name, event, contact_ids, request.received_at_ms, position)
                    decoded.entries.append(entry)
                    decoded.placeholder_ids += has_placeholder(event)
            except RecordError as error:
                decoded.refused.append(RefusedItem(position, error.reason, error.detail))
        return decoded

    path = f"/hooks/{provider.name}"
    return WireFormat(
        name=provider.name,
        routes=(("POST", path), ("HEAD", path)),
        parse=parse,
        decode=decode,
        accepted_answer=_accepted_answer,
        refusal_answer=_refusal_answer,
        admit=admit,
        needs_key=False,
        max_body_bytes=provider.max_body_bytes,
    )


def _accepted_answer(request: HttpRequest, parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    """200; kinds that do not count are accepted too. `rejected` lists the items that could not be used."""
    if request.method == "HEAD":
        return HttpAnswer(200, b"")
    accepted = len(parsed.payload) - len({item.position for item in decoded.refused})
    return json_answer(200, {"accepted": accepted, "rejected": rejected_items(decoded.refused)})


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    """The refusal's status; providers that hold a password send it once they were asked (401)."""
    challenge = (("www-authenticate", 'Basic realm="hooks"'),) if refusal.status == 401 else ()
    return refusal_in_json(refusal)._replace(headers=challenge)
