"""What SDKs, mail providers, pages and forms send to a collector, with anything in any place."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from tests.collector.formats.test_jitsu import TRACK as JITSU_TRACK
from tests.collector.formats.test_posthog import EVENT as POSTHOG_EVENT
from tests.collector.formats.test_segment import TRACK
from tests.collector.formats.test_snowplow import VIEW
from tests.collector.formats.test_snowplow import described as snowplow_described
from tests.collector.providers.senders import SENDERS, cases_of, sns_envelope
from tests.collector.test_work_before_keys import BODIES, FORMATS
from tests.collector.tracking.test_beacon import SUBMISSION, VISIT
from tests.fuzz.json_values import mutated, odd_text, odd_value, written
from tests.fuzz.requests import METHODS, ODD_IDS, Request, packed, rendered, sender, wrong_bytes
from tests.harness.collectors import KEY

BROWSER_KEY = "browser-key-of-the-tests"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ROUTES = [route for wire_format in FORMATS.values() for route in wire_format.routes]
EVENT = {
    "id": "e-1",
    "contact_id": "c-42",
    "type": "page_visit",
    "occurred_at": "2026-11-22T07:59:00.000Z",
    "properties": {"path": "/pricing"},
    "context": {"ip": "198.51.100.7", "actor": "human"},
}
_UPDATES = (
    {"update": "attributes", "attributes": {"job_title": "CEO", "company": None}},
    {"update": "identify", "anonymous_id": "anon:0123456789abcdef"},
    {"update": "merge", "from": "c-43"},
    {"update": "unmerge", "from": "c-43"},
    {"update": "erase"},
    {"update": "do_not_score", "do_not_score": True},
    {"update": "suppressed", "suppressed": True},
    {"update": "verdict", "event_id": "e-1", "actor": "human"},
)
_CALLS = ("track", "page", "screen", "identify", "group", "alias")
_SPECIAL = ("$identify", "$create_alias", "$set", "$groupidentify", "$merge_dangerously", "$pageview")
_HOOKS = [(sender.provider, case["payload"]) for sender in SENDERS for case in cases_of(sender)]


def credentials(random: Random) -> Mapping[str, str]:
    """The headers of one who sends: with the key of a server, of a page, a wrong one or none."""
    key = random.choice((*[KEY] * 6, *[BROWSER_KEY] * 6, "wrong", "\xff", "k" * 9_000))
    header = random.choice(
        (
            {"authorization": f"Bearer {key}"},
            {"authorization": "Basic " + b64encode(f"{key}:".encode()).decode()},
            {"authorization": key},
            {"x-write-key": key},
            {"origin": "https://shop.example", "x-write-key": key},
            {},
        )
    )
    return header


def sent(random: Random) -> Request:
    """A documented body, changed, on the path that it is for; seldom on another."""
    method, path, content_type, body = random.choice(_SENT)(random)
    if random.random() < 0.03:
        _, path = random.choice(ROUTES)
    if random.random() < 0.15:
        body = wrong_bytes(random, body)
    headers = {"content-type": content_type, **credentials(random), **sender(random)}
    if random.random() < 0.1:
        headers["content-encoding"], body = packed(random, body)
    return Request("sent", rendered(method, path, headers, body if method != "GET" else b""))


def odd(random: Random) -> Request:
    """Odd ids, odd methods, texts too deep or large, on any path."""
    method, path = random.choice(ROUTES)
    for name in ("token", "form", "type"):
        path = path.replace("{" + name + "}", quote(random.choice(ODD_IDS), safe=random.choice(("", "/"))))
    if random.random() < 0.1:
        method = random.choice(METHODS[:8])
    if random.random() < 0.3:
        path += "?" + urlencode(
            {"writeKey": KEY, str(odd_value(random))[:50]: str(odd_value(random))[:9_000]}, errors="replace"
        )
    content_type, of_size = random.choice(list(BODIES.values()))
    body = odd_text(random) if random.random() < 0.5 else of_size(random.choice((10, 1_000, 60_000, 500_000)))
    headers = {"content-type": random.choice((content_type, JSON, FORM, "text/plain", "x")), **credentials(random)}
    if random.random() < 0.3:
        headers["content-encoding"], body = packed(random, body)
    has_body = method not in ("GET", "HEAD")
    return Request("odd", rendered(method, path, headers | sender(random), body if has_body else b""))


_Sent = tuple[str, str, str, bytes]


def several(random: Random, *items: Any) -> list[Any]:
    """The items, changed, seldom so many times that they are as many as a batch or a request may hold."""
    changed = [mutated(random, item) for item in items]
    if random.random() < 0.04:
        most_bytes = random.choice((200_000, 490_000, 1_000_000, 9_900_000))
        most = min(random.choice((2_500, 2_501, 10_000)), most_bytes // len(written(changed) or b" ") * len(changed))
        changed = changed * max(1, most // max(1, len(changed)))
    return changed


def _native(random: Random) -> _Sent:
    items = several(random, *(random.choice((EVENT, {**EVENT, **random.choice(_UPDATES)})) for _ in range(3)))
    if random.random() < 0.3:
        return "POST", "/v1/events", "application/x-ndjson", b"\n".join(map(written, items))
    return "POST", "/v1/events", JSON, written(random.choice((items, items[0], {"events": items})))


def _segment(random: Random) -> _Sent:
    call = random.choice(_CALLS)
    item = {**TRACK, "type": call, "traits": {"email": "jane@example.com"}, "previousId": "u-2", "groupId": "g-1"}
    if random.random() < 0.5:
        return "POST", f"/v1/{call}", JSON, written(mutated(random, {**item, "writeKey": BROWSER_KEY}))
    batch = {"batch": several(random, item, TRACK), "writeKey": BROWSER_KEY, "sentAt": EVENT["occurred_at"]}
    return "POST", "/v1/batch", JSON, written(mutated(random, batch))


def _jitsu(random: Random) -> _Sent:
    call = random.choice(_CALLS)
    path = random.choice((f"/api/s/{call}", f"/api/s/s2s/{call}"))
    return "POST", path, JSON, written(mutated(random, {**JITSU_TRACK, "type": call}))


def _posthog(random: Random) -> _Sent:
    item = {**POSTHOG_EVENT, "event": random.choice(_SPECIAL)}
    path = random.choice(("/batch/", "/capture/", "/i/v1/analytics/events"))
    batch = {"api_key": BROWSER_KEY, "batch": several(random, item, POSTHOG_EVENT), "sent_at": EVENT["occurred_at"]}
    return "POST", path, JSON, written(mutated(random, {**item, "api_key": KEY} if path == "/capture/" else batch))


def _snowplow(random: Random) -> _Sent:
    view = {**VIEW, "aid": BROWSER_KEY}
    unstructured = {
        **view,
        "e": "ue",
        "ue_pr": written(mutated(random, snowplow_described("x", snowplow_described("y", {"a": 1})))).decode(),
    }
    item = mutated(random, random.choice((view, unstructured)))
    if random.random() < 0.4 and isinstance(item, dict):
        query = urlencode({name: str(value)[:4_000] for name, value in item.items()}, errors="replace")
        return "GET", f"/i?{query}", "", b""
    data = {
        "schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
        "data": several(random, item, view),
    }
    return "POST", "/com.snowplowanalytics.snowplow/tp2", JSON, written(data)


def _beacon(random: Random) -> _Sent:
    content = {
        "key": BROWSER_KEY,
        "anonymous_id": "0123456789abcdef",
        "events": [VISIT, SUBMISSION],
        "automated": False,
    }
    return "POST", "/b", "text/plain;charset=UTF-8", written(mutated(random, content))


def _form(random: Random) -> _Sent:
    fields = {"_key": BROWSER_KEY, "_sp_id": "0123456789abcdef", "email": "ada@example.com", "name": "Ada"}
    changed = mutated(random, {**fields, "_next": "https://www.example.com/thanks"})
    pairs = [(name, str(value)) for name, value in changed.items()] if isinstance(changed, dict) else [("_key", "x")]
    pairs += [(f"field {number}", str(odd_value(random))) for number in range(random.choice((0, 3, 190)))]
    path = "/f/" + quote(random.choice(("contact", *ODD_IDS[:20])), safe="")
    if random.random() < 0.5:
        return "POST", path, FORM, urlencode(pairs, errors="replace").encode()
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs]
    return "POST", path, "multipart/form-data; boundary=b", "".join([*parts, "--b--\r\n"]).encode("utf-8", "replace")


def _hook(random: Random) -> _Sent:
    provider, payload = random.choice(_HOOKS)
    payload = several(random, *payload) if isinstance(payload, list) else mutated(random, payload)
    if provider == "mandrill":
        return "POST", "/hooks/mandrill", FORM, urlencode({"mandrill_events": written(payload)}).encode()
    if provider == "ses" and random.random() < 0.9:
        payload = mutated(random, sns_envelope(written(payload).decode()))
    return "POST", f"/hooks/{provider}", random.choice((JSON, "text/plain")), written(payload)


def _token(random: Random) -> _Sent:
    token = quote(random.choice(ODD_IDS), safe="") + random.choice(("", ".k1", ".k1." + "A" * 43))
    return "GET", random.choice((f"/o/{token}.gif", f"/c/{token}", "/beacon.js")), "", b""


_SENT = (_native, _segment, _jitsu, _posthog, _snowplow, _beacon, _form, _hook, _hook, _token)
