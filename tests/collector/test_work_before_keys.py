"""What is done with a request before its key or signature was looked at grows no faster than the request does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from streamprocessor.collector.formats.registry import all_formats
from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError, WireFormat
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.settings import MAIL_PROVIDERS, Settings
from tests.collector.providers.senders import RESEND_SECRET, TOPIC, public_key_of, sendgrid_key
from tests.collector.tracking.requests import NOW_MS
from tests.harness.steps import steps_of

SHORT_BYTES = 20_000
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
BODIES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "lines of JSON": ("application/x-ndjson", lambda size: b'{"a":1}\n' * (size // 8)),
    "blank lines": (JSON, lambda size: b"\n" * size),
    "numbers in lines": (JSON, lambda size: b"1\n" * (size // 2)),
    "open lists": (JSON, lambda size: b"[" * size),
    "names": (JSON, lambda size: b"{" + b",".join(b'"%06d": 1' % n for n in range(size // 12)) + b"}"),
    "items": (JSON, lambda size: b'{"batch": [' + b",".join([b'{"a":1}'] * (size // 8)) + b"]}"),
    "what is no number": (JSON, lambda size: b"[" + b"NaN," * (size // 4) + b"1]"),
    "halves of characters": (JSON, lambda size: b'["' + b"\\ud800" * (size // 6) + b'"]'),
    "bytes that are no UTF-8": (JSON, lambda size: b'["' + b"\xff" * size + b'"]'),
    "fields": (FORM, lambda size: b"a=1&" * (size // 4)),
    "percent signs": (FORM, lambda size: b"%" * size),
    "one long field": (FORM, lambda size: b"mandrill_events=" + b"%5B" * (size // 3)),
    "parts": (MULTIPART, lambda size: PART * (size // len(PART))),
    "a part that never ends": (MULTIPART, lambda size: PART[:-3] + b"\r\n-" * (size // 3)),
    "headers of a part": (MULTIPART, lambda size: b"--b\r\n" + b"a: b\r\n" * (size // 6)),
}


def formats() -> dict[str, WireFormat]:
    secrets = dict.fromkeys((f"hook_{name}_secret" for name in MAIL_PROVIDERS), "user:password-of-the-tests")
    own = {"sendgrid": public_key_of(sendgrid_key()), "resend": RESEND_SECRET, "ses": TOPIC}
    secrets |= {f"hook_{name}_secret": secret for name, secret in own.items()}
    settings = Settings(token_keys="k=a-secret-that-is-long-enough", public_url="https://h.example", **secrets)
    return {each.name: each for each in all_formats(settings, ContactIds("a salt"))}


FORMATS = formats()


def steps_before_key(wire_format: WireFormat, content_type: str, body: bytes) -> int:
    method, path = wire_format.routes[0]
    request = HttpRequest(method, path, "", {"content-type": content_type}, body, body, NOW_MS)

    def parse() -> None:
        with suppress(RefusalError):
            wire_format.parse(request)

    return steps_of(parse)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("body", BODIES)
def test_a_request_twice_as_long_takes_about_twice_the_steps(name: str, body: str) -> None:
    content_type, of_size = BODIES[body]
    short = steps_before_key(FORMATS[name], content_type, of_size(SHORT_BYTES))
    long = steps_before_key(FORMATS[name], content_type, of_size(2 * SHORT_BYTES))

    assert long <= 2.1 * short + 500


def test_a_body_that_holds_no_key_is_not_read_before_the_key_was_seen() -> None:
    nothing, much = (steps_before_key(FORMATS["native"], JSON, body) for body in (b"", b"x\n" * 250_000))

    assert much == nothing


def test_of_too_many_lines_none_is_read() -> None:
    body = b"x\n" * 250_000
    request = HttpRequest("POST", "/v1/events", "", {"content-type": "application/x-ndjson"}, body, body, NOW_MS)

    with pytest.raises(RefusalError, match="wanted at most 2500 events; got 250000") as refused:
        FORMATS["native"].decode(request, FORMATS["native"].parse(request))

    assert refused.value.status == 413
