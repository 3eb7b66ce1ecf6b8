"""Each door, each kind of key, each act: what the policy allows gets through, and what it refuses does not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import httpx
import orjson
import pytest

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.formats.registry import all_formats
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.handler import CollectorContext, FormatHandler
from streamprocessor.collector.http.keys import Keys
from streamprocessor.collector.http.limits import LimitPolicy, SenderLimiter, SenderLimits
from streamprocessor.collector.http.wire_format import DecodedEvents, HttpRequest, ParsedRequest
from streamprocessor.collector.metrics import Metrics
from streamprocessor.collector.tracking.beacon import beacon
from streamprocessor.collector.tracking.forms import forms
from streamprocessor.collector.tracking.tokens import Tracked
from streamprocessor.contract.access_policy import DOORS, IMPORT, Act, KeyKind, is_allowed
from streamprocessor.settings import Settings
from tests.collector.formats.sdk_requests import CONTACT_IDS, VOCABULARY
from tests.collector.http.test_handler import MemoryWriter
from tests.collector.tracking.requests import KEYS, NOW_MS, READING, SITES
from tests.harness.input_topics import INPUT_TOPICS

SECRETS = {KeyKind.BROWSER: "a-public-key", KeyKind.WRITE: "a-secret-key"}
WORDS = (CONTACT_IDS, VOCABULARY)
FORMATS = {
    wire_format.name: wire_format
    for wire_format in (
        *(native(), segment(*WORDS), jitsu(*WORDS), posthog(*WORDS), posthog_v1(*WORDS), snowplow(*WORDS)),
        *(beacon(KEYS, READING), forms(KEYS, READING, SITES)),
    )
}
CHIEF = {"title": "chief"}
ATTRIBUTES = {"update": "attributes", "attributes": CHIEF}
VICTIM = {"email": "victim@corp.example"}

Acts: TypeAlias = dict[Act, dict[str, Any]]
"""What is said through one door, by what it is."""

NATIVE: Acts = {
    Act.EVENT: {"contact_id": "c-42", "type": "download"},
    Act.IDENTIFY: {"contact_id": "c-42", "update": "identify", "anonymous_id": "anon:v"},
    Act.TRAITS: {"contact_id": "anon:v", **ATTRIBUTES},
    Act.TRAITS_OF_ANOTHER: {"contact_id": "c-45", **ATTRIBUTES},
    Act.ADDRESS: {"contact_id": "mallory", "update": "identify", "anonymous_id": "email:0c9d"},
    Act.MERGE: {"contact_id": "mallory", "update": "merge", "from": "c-46"},
    Act.UNMERGE: {"contact_id": "c-42", "update": "unmerge", "from": "c-46"},
    Act.SUPPRESSED: {"contact_id": "c-44", "update": "suppressed", "suppressed": True},
    Act.OPT_OUT: {"contact_id": "c-44", "type": "unsubscribe"},
    Act.LEAD: {"contact_id": "c-44", "type": "lead_rejected"},
    Act.DO_NOT_SCORE: {"contact_id": "c-43", "update": "do_not_score", "do_not_score": True},
    Act.VERDICT: {"contact_id": "c-42", "update": "verdict", "event_id": "e", "actor": "scanner"},
    Act.ERASE: {"contact_id": "c-42", "update": "erase"},
    Act.ACTOR: {"contact_id": "c-42", "type": "download", "context": {"actor": "human"}},
}
SEGMENT: Acts = {
    Act.EVENT: {"type": "track", "userId": "c-42", "anonymousId": "v", "event": "Downloaded"},
    Act.IDENTIFY: {"type": "identify", "userId": "c-42", "anonymousId": "v"},
    Act.ALIAS: {"type": "alias", "userId": "mallory", "previousId": "c-60"},
    Act.GROUP: {"type": "group", "userId": "c-42", "anonymousId": "v", "groupId": "g", "traits": {"name": "G"}},
    Act.TRAITS: {"type": "identify", "anonymousId": "v", "traits": CHIEF},
    Act.TRAITS_OF_ANOTHER: {"type": "identify", "userId": "c-45", "traits": CHIEF},
    Act.ADDRESS: {"type": "identify", "userId": "mallory", "anonymousId": "v", "traits": VICTIM},
    Act.OPT_OUT: {"type": "track", "userId": "c-44", "event": "Email Marked as Spam"},
    Act.LEAD: {"type": "track", "userId": "c-44", "event": "Lead Rejected"},
}
POSTHOG: Acts = {
    Act.OPT_OUT: {"event": "Unsubscribed", "distinct_id": "c-44"},
    Act.LEAD: {"event": "lead rejected", "distinct_id": "c-44"},
    Act.EVENT: {"event": "downloaded", "distinct_id": "c-42"},
    Act.IDENTIFY: {"event": "$identify", "distinct_id": "c-42", "properties": {"$anon_distinct_id": "v"}},
    Act.ALIAS: {"event": "$create_alias", "distinct_id": "mallory", "properties": {"alias": "c-61"}},
    Act.GROUP: {
        "event": "$groupidentify",
        "distinct_id": "c-42",
        "properties": {"$group_type": "company", "$group_key": "g", "$device_id": "v"},
    },
    Act.TRAITS: {"event": "$set", "distinct_id": "c-42", "properties": {"$set": CHIEF, "$device_id": "v"}},
    Act.TRAITS_OF_ANOTHER: {"event": "$set", "distinct_id": "c-45", "properties": {"$set": CHIEF}},
    Act.ADDRESS: {
        "event": "$identify",
        "distinct_id": "mallory",
        "properties": {"$anon_distinct_id": "v", "$set": VICTIM},
    },
}


def self_described(data: dict[str, Any]) -> str:
    inner = {"schema": "iglu:org.example/identify/jsonschema/1-0-0", "data": data}
    return json.dumps({"schema": "iglu:unstruct/unstruct_event/jsonschema/1-0-0", "data": inner})


SNOWPLOW: Acts = {
    Act.OPT_OUT: {"e": "se", "uid": "c-44", "se_ac": "unsubscribe"},
    Act.LEAD: {"e": "se", "uid": "c-44", "se_ac": "lead_rejected"},
    Act.EVENT: {"e": "pv", "uid": "c-42", "url": "https://www.example.com/"},
    Act.IDENTIFY: {"e": "pv", "uid": "c-42", "duid": "v", "url": "https://www.example.com/"},
    Act.TRAITS: {"e": "ue", "duid": "v", "ue_pr": self_described(CHIEF)},
    Act.TRAITS_OF_ANOTHER: {"e": "ue", "uid": "c-45", "ue_pr": self_described(CHIEF)},
    Act.ADDRESS: {"e": "ue", "uid": "mallory", "duid": "v", "ue_pr": self_described(VICTIM)},
}
SUBMITTED = {"type": "form_submission", "url": "https://www.example.com/", "form": "contact"}
BEACON: Acts = {
    Act.EVENT: {"type": "page_visit", "url": "https://www.example.com/"},
    Act.IDENTIFY: SUBMITTED | {"fields": {"email": "ada@example.com"}},
    Act.TRAITS: SUBMITTED | {"fields": {"company": "Ada & Co"}},
}
FORMS: Acts = {
    Act.EVENT: {"email": "ada@example.com"},
    Act.IDENTIFY: {"email": "ada@example.com", "_sp_id": "visitor-0001"},
    Act.TRAITS: {"company": "Ada & Co", "_sp_id": "visitor-0001"},
}
POSTHOG_V1 = {act: {"uuid": f"uuid-{act}", **item} for act, item in POSTHOG.items()}
SPOKEN: dict[str, Acts] = {
    "native": NATIVE,
    "segment": SEGMENT,
    "jitsu": SEGMENT,
    "posthog": POSTHOG,
    "posthog-v1": POSTHOG_V1,
    "snowplow": {act: {"eid": f"e-{act}", **item} for act, item in SNOWPLOW.items()},
    "beacon": BEACON,
    "forms": FORMS,
}
#: door → its path, and the body that holds these items, with a key where the format has it there
REQUESTS: dict[str, tuple[str, Callable[[str, list[dict[str, Any]]], dict[str, Any]]]] = {
    "native": ("/v1/events", lambda _, items: {"json": items}),
    "segment": ("/v1/batch", lambda key, items: {"json": {"writeKey": key, "batch": items}}),
    "jitsu": ("/api/s/event", lambda _, items: {"json": items[0]}),
    "posthog": ("/batch/", lambda key, items: {"json": {"api_key": key, "batch": items}}),
    "posthog-v1": ("/i/v1/analytics/events", lambda _, items: {"json": {"batch": items}}),
    "snowplow": (
        "/com.snowplowanalytics.snowplow/tp2",
        lambda key, items: {"json": {"data": [{"aid": key, **item} for item in items]}},
    ),
    "beacon": ("/b", lambda key, items: {"json": {"key": key, "anonymous_id": "visitor-0001", "events": items}}),
    "forms": (
        "/f/contact",
        lambda key, items: {
            "content": urlencode({"_key": key, **items[0]}),
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
    ),
}
CELLS = [
    (door, kind, act)
    for door, kind, act in itertools.product(SPOKEN, (KeyKind.BROWSER, KeyKind.WRITE), Act)
    if act in DOORS[door].says
]


NO_LIMITS = SenderLimits(0, 0, 0)


class Door:
    """One door of a collector that writes to memory."""

    def __init__(
        self,
        name: str,
        kind: KeyKind,
        origins: dict[str, frozenset[str]] | None = None,
        limits: SenderLimits = NO_LIMITS,
    ) -> None:
        self.kind, self.wire_format, self.writer, self.metrics = kind, FORMATS[name], MemoryWriter(), Metrics()
        self.context = CollectorContext(
            keys=Keys({"site": SECRETS[KeyKind.BROWSER]}, {"crm": SECRETS[KeyKind.WRITE]}, origins),
            limiter=SenderLimiter(LimitPolicy(limits), float),
            client_ips=ClientIps((), False),
            topics=INPUT_TOPICS,
            durable_writer=self.writer,
            metrics=self.metrics,
            clock_ms=lambda: NOW_MS,
        )

    async def say(self, *items: dict[str, Any], path: str = "", **headers: str) -> httpx.Response:
        usual_path, body_of = REQUESTS[self.wire_format.name]
        body = body_of(SECRETS[self.kind], list(items))
        return await self.post(path or usual_path, body, headers)

    async def post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
        app = httpx.ASGITransport(app=FormatHandler(path, {"POST": self.wire_format}, self.context))
        sent = {"x-write-key": SECRETS[self.kind], **body.pop("headers", {}), **(headers or {})}
        async with httpx.AsyncClient(transport=app, base_url="http://h", headers=sent) as client:
            return await client.post(path, **body)

    @property
    def written(self) -> list[dict[str, Any]]:
        return [orjson.loads(record.value) for record in self.writer.records]

    def forbidden(self, act: Act) -> float:
        labels = {"door": self.wire_format.name, "key": self.kind, "act": act}
        return self.metrics.registry.get_sample_value("leadscore_collector_forbidden_total", labels) or 0


def as_by_a_server(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was written, as if the server's key had let it in: without what tells that a browser's did."""
    unmarked = [{name: value for name, value in record.items() if name != "rank"} for record in values]
    return [record | {"id": record["id"].removeprefix("browser:")} | _source_of_server(record) for record in unmarked]


def _source_of_server(record: dict[str, Any]) -> dict[str, Any]:
    return {"context": record["context"] | {"source": "crm"}} if "context" in record else {}


def test_every_door_of_the_policy_is_tried_with_every_act_that_it_has_words_for(tmp_path: Path) -> None:
    assert {door: set(acts) for door, acts in SPOKEN.items()} == {
        name: set(door.says) for name, door in DOORS.items() if name != IMPORT
    }
    there = all_formats(Settings(data_dir=str(tmp_path)), CONTACT_IDS)
    assert {wire_format.name for wire_format in there if wire_format.needs_key} == set(SPOKEN)


@pytest.mark.parametrize(("name", "kind", "act"), CELLS, ids=[f"{door}-{kind}-{act}" for door, kind, act in CELLS])
async def test_what_the_policy_says_of_a_door_a_key_and_an_act_is_so(name: str, kind: KeyKind, act: Act) -> None:
    by_server, door = Door(name, KeyKind.WRITE), Door(name, kind)
    await by_server.say(SPOKEN[name][act])
    all_of_it = by_server.written
    assert all_of_it

    answer = await door.say(SPOKEN[name][act])

    if is_allowed(name, kind, act):
        assert as_by_a_server(door.written) == all_of_it
        assert answer.status_code < 400
        assert door.forbidden(act) == 0
    else:
        assert door.forbidden(act) == len(all_of_it) - len(door.written) > 0
        assert answer.status_code == (403 if not door.written and name != "posthog-v1" else 200)
        assert f"{act}: wanted a key that may say so; got a browser key" in answer.text
    rank = "browser" if kind is KeyKind.BROWSER else None
    assert [record.get("rank") for record in door.written] == [rank] * len(door.written)


@pytest.mark.parametrize("name", [name for name in SPOKEN if name not in ("jitsu", "forms")])
async def test_of_a_batch_only_what_may_not_be_said_is_refused(name: str) -> None:
    acts = SPOKEN[name]
    items = [
        item | ({"uuid": str(position)} if name == "posthog-v1" else {}) for position, item in enumerate(acts.values())
    ]
    door = Door(name, KeyKind.BROWSER)

    answer = await door.say(*items)

    refused = [position for position, act in enumerate(acts) if not is_allowed(name, KeyKind.BROWSER, act)]
    assert answer.status_code in (200, 204)
    if name == "posthog-v1":
        named = [int(uuid) for uuid, result in answer.json()["results"].items() if "details" in result]
    else:
        named = [item["index"] for item in answer.json()["rejected"]] if refused else []
    assert sorted(set(named)) == refused
    alone = Door(name, KeyKind.BROWSER)
    await alone.say(*[item for position, item in enumerate(items) if position not in refused])
    assert all(record in door.written for record in alone.written)


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("native", "/v1/events", {"contact_id": "c-42", "update": "erase"}),
        ("native", "/v1/events", {"contact_id": "c-43", "update": "do_not_score", "do_not_score": True}),
        ("native", "/v1/events", {"contact_id": "c-44", "update": "suppressed", "suppressed": True}),
        ("native", "/v1/events", {"contact_id": "c-44", "type": "spam_complaint"}),
        ("native", "/v1/events", {"contact_id": "c-44", "type": "email_bounce", "properties": {"kind": "hard"}}),
        ("native", "/v1/events", {"contact_id": "email:0c9d", "type": "unsubscribe"}),
        ("native", "/v1/events", {"contact_id": "c-44", "type": "resubscribe"}),
        ("native", "/v1/events", {"contact_id": "anon:v", "type": "resubscribe"}),
        ("segment", "/v1/track", {"userId": "c-44", "anonymousId": "v", "event": "resubscribe"}),
        ("segment", "/v1/track", {"anonymousId": "v", "event": "resubscribe"}),
        ("posthog", "/capture/", {"event": "resubscribe", "distinct_id": "v", "properties": {"$is_identified": False}}),
        ("native", "/v1/events", {"contact_id": "c-45", **ATTRIBUTES}),
        ("native", "/v1/events", {"contact_id": "mallory", "update": "merge", "from": "c-46"}),
        ("native", "/v1/events", {"contact_id": "mallory", "update": "identify", "anonymous_id": "c-46"}),
        ("native", "/v1/events", {"contact_id": "anon:v", "update": "identify", "anonymous_id": "anon:w"}),
        ("native", "/v1/events", {"contact_id": "anon:v", "update": "identify", "anonymous_id": 46}),
        ("segment", "/v1/alias", {"userId": "mallory", "previousId": "c-60"}),
        (
            "posthog",
            "/capture/",
            {"event": "$create_alias", "distinct_id": "mallory", "properties": {"alias": "c-61"}},
        ),
        (
            "posthog",
            "/capture/",
            {"event": "$merge_dangerously", "distinct_id": "mallory", "properties": {"alias": "c-61"}},
        ),
    ],
)
async def test_what_was_done_to_anybody_with_a_key_out_of_a_page_is_done_no_more(
    name: str, path: str, body: dict[str, Any]
) -> None:
    door = Door(name, KeyKind.BROWSER)
    key = SECRETS[KeyKind.BROWSER]

    answer = await door.post(path, {"content": orjson.dumps({**body, "writeKey": key, "api_key": key})})

    assert (answer.status_code, door.written) == (403, [])


@pytest.mark.parametrize("type_", [[], {}, ["unsubscribe"], 1, None])
async def test_a_type_that_is_no_text_is_refused_by_itself(type_: object) -> None:
    door = Door("native", KeyKind.BROWSER)

    answer = await door.say({"contact_id": "anon:v", "type": type_}, {"contact_id": "anon:v", "type": "download"})

    assert answer.status_code == 200
    assert [record["type"] for record in door.written] == ["download"]


@pytest.mark.parametrize(("kind", "contact"), [(KeyKind.BROWSER, "anon:v"), (KeyKind.WRITE, "c-44")])
async def test_a_visitor_unsubscribes_itself_with_a_public_key_and_a_server_whom_it_names(
    kind: KeyKind, contact: str
) -> None:
    door = Door("segment", kind)

    answer = await door.say({"type": "track", "userId": "c-44", "anonymousId": "v", "event": "Email Unsubscribed"})

    assert answer.status_code == 200
    assert [(record["contact_id"], record["type"]) for record in door.written] == [(contact, "unsubscribe")]
    assert [record.key.decode() for record in door.writer.records] == [contact]


async def test_who_knows_an_address_takes_nothing_that_is_filed_under_it() -> None:
    door = Door("segment", KeyKind.BROWSER)

    answer = await door.post("/v1/identify", {"json": {"userId": "mallory", "anonymousId": "v", "traits": VICTIM}})

    assert answer.status_code == 200
    assert [item["reason"] for item in answer.json()["rejected"]] == ["not-with-this-key"]
    assert [record.get("anonymous_id") for record in door.written] == [None, "anon:v"]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("segment", {"type": "identify", "userId": "anon:mallory", "anonymousId": "v"}),
        ("jitsu", {"type": "identify", "userId": "anon:mallory", "anonymousId": "v"}),
        ("posthog", {"event": "$identify", "distinct_id": "anon:mallory", "properties": {"$anon_distinct_id": "v"}}),
        ("snowplow", {"e": "pv", "uid": "anon:mallory", "duid": "v", "url": "https://www.example.com/"}),
    ],
)
async def test_no_browser_makes_one_visitor_another_one(name: str, item: dict[str, Any]) -> None:
    door = Door(name, KeyKind.BROWSER)

    answer = await door.say(item)

    assert "merge: wanted a key that may say so" in answer.text
    assert all("update" not in record for record in door.written)


@pytest.mark.parametrize(
    "inside",
    [
        {"update": "erase"},
        {"update": "identify", "anonymous_id": "anon:v"},
        {"type": "x", "context": {"actor": "human"}},
    ],
)
@pytest.mark.parametrize("kind", [KeyKind.BROWSER, KeyKind.WRITE])
async def test_nothing_is_smuggled_in_an_envelope_within_an_envelope(kind: KeyKind, inside: dict[str, Any]) -> None:
    door = Door("native", kind)
    outside = NATIVE[Act.IDENTIFY] | {"specversion": "1.0", "data": inside}

    answer = await door.say({"specversion": "1.0", "data": outside})

    assert door.written == []
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("kind", [KeyKind.BROWSER, KeyKind.WRITE])
async def test_an_envelope_with_nothing_readable_within_is_refused_by_itself(kind: KeyKind) -> None:
    door = Door("native", kind)
    empty = {"specversion": "1.0", "data": 5, "contact_id": "c-1", "type": "x"}

    answer = await door.say({"specversion": "1.0", "data": empty}, NATIVE[Act.EVENT])

    assert answer.status_code == 200
    assert (answer.json()["accepted"], [item["index"] for item in answer.json()["rejected"]]) == (1, [0])


async def test_a_browser_cannot_say_that_it_is_none() -> None:
    door = Door("native", KeyKind.BROWSER)

    await door.say(NATIVE[Act.IDENTIFY] | {"rank": None}, NATIVE[Act.TRAITS] | {"rank": "server"})

    assert [record["rank"] for record in door.written] == ["browser", "browser"]


@pytest.mark.parametrize("said_id", ["order-1001", 1001, "o" * 300, None], ids=["text", "number", "long", "none"])
async def test_an_event_of_a_browser_never_has_the_id_of_a_servers(said_id: object) -> None:
    by_server, by_browser = Door("native", KeyKind.WRITE), Door("native", KeyKind.BROWSER)
    event = {**NATIVE[Act.EVENT], "id": said_id, "occurred_at": "2027-01-15T08:00:00Z"}

    for door in (by_server, by_browser):
        await door.say(event, event)

    of_server, of_browser = ({record["id"] for record in door.written} for door in (by_server, by_browser))
    assert (len(of_server), len(of_browser)) == (1, 1)  # what is sent again is the same event
    assert of_server.isdisjoint(of_browser)


async def test_what_the_token_of_a_mail_proves_is_no_browsers_word() -> None:
    door = Door("forms", KeyKind.BROWSER)
    token = KEYS.sign("visitor", Tracked("c-42", expires_at_ms=NOW_MS + 1))

    await door.say({"_sp": token, "_sp_id": "visitor-0001", "company": "Ada & Co"})

    ranks = {record.get("update"): record.get("rank") for record in door.written}
    assert ranks == {None: "browser", "identify": None, "attributes": "browser"}


@pytest.mark.parametrize("name", ["segment", "posthog", "posthog-v1", "snowplow"])
async def test_of_a_batch_above_the_burst_no_item_is_decoded(name: str) -> None:
    door = Door(name, KeyKind.BROWSER, limits=SenderLimits(events_per_second=10))
    decoded = list[int]()
    decode = door.wire_format.decode

    def counted(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        decoded.append(parsed.item_count)
        return decode(request, parsed)

    door.wire_format = replace(door.wire_format, decode=counted)
    item = SPOKEN[name][Act.EVENT]

    too_many = await door.say(*[item] * 21)
    as_many_as_may_be = await door.say(*[item] * 20)

    assert (too_many.status_code, as_many_as_may_be.status_code) == (413, 200)
    assert decoded == [20]


# ---- origins ---------------------------------------------------------------------------------------------------

OURS = {"site": frozenset({"https://www.example.com"})}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://www.example.com"}, 200),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "https://elsewhere.example", "referer": "https://www.example.com/"}, 403),
        ({"origin": "null", "referer": "https://www.example.com/"}, 403),
        ({"referer": "https://www.example.com/pricing?x=1"}, 200),
        ({"referer": "https://www.example.com.elsewhere.example/"}, 403),
        ({"referer": "https://["}, 403),
        ({}, 403),
    ],
)
async def test_a_browser_key_that_is_for_some_pages_opens_to_them_alone(headers: dict[str, str], status: int) -> None:
    answer = await Door("native", KeyKind.BROWSER, OURS).say(NATIVE[Act.EVENT], **headers)
    assert answer.status_code == status


async def test_a_write_key_is_for_no_page_so_it_asks_for_none() -> None:
    answer = await Door("native", KeyKind.WRITE, OURS).say(NATIVE[Act.ERASE])
    assert answer.status_code == 200
