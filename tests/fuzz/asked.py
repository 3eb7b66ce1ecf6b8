"""What nobody should ask of an api, a delivery process or a worker: odd ids, odd JSON, YAML and files."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from urllib.parse import quote, urlencode

from tests.fuzz.json_values import mutated, odd_text, odd_value, written
from tests.fuzz.requests import METHODS, ODD_IDS, Request, packed, rendered, sender, wrong_bytes
from tests.harness.apis import ALL, NO_ERASE, READ_ONLY
from tests.harness.deliveries import TOKEN

_OF_CONTACTS = ("", "/explanation", "/history", "/events", "/forecast", "/export")
_QUERY = (
    "contact_id",
    "cursor",
    "limit",
    "sort",
    "order",
    "filter",
    "segment",
    "score",
    "stage",
    "at",
    "format",
    "search",
)
_LISTS = (
    *("contacts", "scores", "hot-leads", "model", "segments", "subscriptions", "imports", "session", "nothing"),
    "tokens",
    *("segments/all/export", "scores/engagement/values", "scores/engagement/distribution", "hot-leads/stream"),
)
_SEGMENT = {
    "scores": [{"score": "engagement", "stages": ["warm", "hot"], "at_least": 25}],
    "attributes": [{"attribute": "company", "exists": True}, {"attribute": "job_title", "contains": "CEO"}],
}
_SUBSCRIPTION = {
    "url": "https://127.0.0.1:1/hook",
    "events": ["became-hot-lead", "score-updated"],
    "signed": False,
    "secrets": ["env:HOOK_SECRET"],
    "template": "cloudevents",
    "filter": {"scores": [{"score": "engagement", "stages": ["hot"]}]},
}
_MAPPING = "type: email_open\ncontact_id: {column: id}\noccurred_at: {column: at, format: iso}\n"
_YAML = (
    *(_MAPPING, "[" * 5_000, "{a: " * 5_000, "- " * 9_000, "&a [*a]", "!!python/object:os.system x", "? " * 5_000),
    *(
        "a: &a [x]\nb: &b [*a,*a]\n" + "c: [*b,*b]\n" * 500,
        "a: 1\n" * 2_000,
        "%YAML 9.9\n---\n...",
        "\t",
        "\x00",
        "|" + "9" * 99,
    ),
    "".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}' if n else 'lol'] * 10)}]\n" for n in range(10)),
)
_FILES = (
    *(
        "id,at\nc-1,2026-11-22T08:00:00Z\n",
        "id,at\n" + '"' * 90_000,
        "id" + ",x" * 40_000,
        "\0",
        "\ufeffid\n1",
        "a\r" * 9_000,
    ),
    '{"contact_id":"c-1","type":"email_open","occurred_at":"2026-11-22T08:00:00Z","id":"e"}\n' * 500,
    *(
        '{"contact_id":"c-70","update":"erase"}',
        '127.0.0.1 - - [22/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 1\n' * 99,
    ),
)
_FORMATS = ("csv", "jsonl", "parquet", "xlsx", "access-log", "", "x")


def tokens(random: Random) -> Mapping[str, str]:
    """The headers of one who asks an api: with a token that may all, that may less, a wrong one, a cookie or none."""
    token = random.choice((*[ALL] * 10, READ_ONLY, NO_ERASE, "wrong", "\xff"))
    if random.random() < 0.1:
        return random.choice(({}, {"cookie": f"streamprocessor_session={token}"}, {"authorization": token}))
    return {"authorization": f"Bearer {token}"}


def of_api(random: Random) -> Request:
    """A request of an odd kind to an api."""
    method, target, content_type, body = random.choice((_contact, _list, _put, _import, _sign_in))(random)
    headers = {"content-type": content_type, **tokens(random), **sender(random)}
    if body and random.random() < 0.15:
        headers["content-encoding"], body = packed(random, body)
    return Request("odd", rendered(_seldom_other(random, method), target, headers, body))


def of_delivery(random: Random) -> Request:
    """A request to a delivery process."""
    name = quote(random.choice(("of-the-file", *ODD_IDS)), safe=random.choice(("", "/")))
    path = random.choice(
        ("", f"/{name}", f"/{name}/ping", f"/{name}/enable", f"/{name}/resend", f"/{name}/resend", f"/{name}/x")
    )
    target = random.choice(
        (f"/api/subscriptions{path}", f"/api/subscriptions{path}", "/api/undeliverable" + _query(random))
    )
    method = "POST" if path.endswith(("ping", "enable", "resend")) else "GET"
    body = (
        b""
        if method == "GET"
        else random.choice((odd_text(random), written(mutated(random, {"webhook_ids": ["a", "b"]}))))
    )
    token = random.choice((TOKEN, TOKEN, TOKEN, "wrong", "\xff", ""))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return Request("odd", rendered(_seldom_other(random, method), target, headers, body))


def of_health(random: Random) -> Request:
    """A request to what every process answers without a token."""
    path = random.choice(("livez", "readyz", "metrics", "status", "openapi.json", quote(random.choice(ODD_IDS))))
    body = odd_text(random) if random.random() < 0.2 else b""
    target = "/" + path + (_query(random) if random.random() < 0.3 else "")
    return Request(
        "health", rendered(_seldom_other(random, "GET"), target, {"accept": str(odd_value(random))[:500]}, body)
    )


def _seldom_other(random: Random, method: str) -> str:
    return random.choice(METHODS[:8]) if random.random() < 0.05 else method


def _query(random: Random) -> str:
    pairs = [(random.choice(_QUERY), str(odd_value(random))[:9_000]) for _ in range(random.randint(0, 4))]
    return "?" + urlencode(pairs, errors="replace")[:20_000]


def _contact(random: Random) -> tuple[str, str, str, bytes]:
    chosen, end = random.choice(("c-1", "c-42", *ODD_IDS)), random.choice(_OF_CONTACTS)
    method = "DELETE" if not end and random.random() < 0.3 else "GET"
    if random.random() < 0.5:
        return method, f"/api/contacts/{quote(chosen, safe=random.choice(('', '/')))}{end}", "", b""
    return method, f"/api/contact{end}?{urlencode({'contact_id': chosen})}", "", b""


def _list(random: Random) -> tuple[str, str, str, bytes]:
    return "GET", f"/api/{random.choice(_LISTS)}{_query(random)}", "", b""


def _put(random: Random) -> tuple[str, str, str, bytes]:
    room, content = random.choice((("segments", _SEGMENT), ("subscriptions", _SUBSCRIPTION)))
    name = quote(random.choice(("warm", "hook", *ODD_IDS)), safe="")
    body = written(mutated(random, content)) if random.random() < 0.8 else odd_text(random)
    method = random.choice(("PUT", "PUT", "PUT", "DELETE", "GET"))
    end = random.choice(("", "", "", "/export", "/ping", "/resend", "/deliveries"))
    return "POST" if end in ("/ping", "/resend") else method, f"/api/{room}/{name}{end}", "application/json", body


def _import(random: Random) -> tuple[str, str, str, bytes]:
    mapping = random.choice(_YAML)
    if random.random() < 0.3:
        mapping = wrong_bytes(random, mapping.encode()).decode("utf-8", "replace")
    # As much as a request's line may have: 32 KiB with what is quoted.
    query = urlencode({"format": random.choice(_FORMATS), "mapping_text": mapping[:9_500]}, errors="replace")
    body = random.choice(_FILES).encode()
    if random.random() < 0.3:
        body = wrong_bytes(random, body)
    return "POST", f"/api/imports?{query}", random.choice(("text/csv", "application/x-ndjson", "x")), body


def _sign_in(random: Random) -> tuple[str, str, str, bytes]:
    body = random.choice((written(mutated(random, {"token": random.choice((ALL, READ_ONLY, "x"))})), odd_text(random)))
    return random.choice(("POST", "POST", "GET", "DELETE")), "/api/session", "application/json", body
