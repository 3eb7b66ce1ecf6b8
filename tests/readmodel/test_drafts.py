"""Subscriptions over the API: refused where they name what is not there, previewed, tried, signed by kept secrets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import Engine, delete, insert
from starlette.applications import Starlette

from streamprocessor.contract.display import Display
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.tables import contacts, history, hot_leads
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.delivery.conftest import receiver
from tests.delivery.leads import Lead
from tests.delivery.receivers import Received, Receiver, status
from tests.harness.apis import ALL, READ_ONLY, TOKENS, bearer
from tests.harness.deliveries import SECRET
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp, store_records
from tests.readmodel.conftest import MODEL
from tests.readmodel.databases import opened_database
from tests.readmodel.draft_delivery import DraftDelivery, draft_delivery

__all__ = ["receiver"]

WRITE_ONLY = "token-that-may-only-write"
PATH = "/api/subscriptions/crm"
SAID: dict[str, Any] = {"url": "https://hooks.example.com/a", "events": ["became-hot-lead"], "signed": False}


class Topic:
    """The subscriptions topic, without Kafka."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    @property
    def known(self) -> dict[str, dict[str, Any] | None]:
        found = {name: orjson.loads(value) for name, value in self.values.items()}
        return {name: value if isinstance(value, dict) else None for name, value in found.items()}

    async def put(self, name: str, value: bytes | None) -> None:
        if value is None:
            del self.values[name]
        else:
            self.values[name] = value


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Jane, who became a hot lead twice, and Joe, of whom nothing was announced."""
    with opened_database("", tmp_path_factory.mktemp("drafts") / "read-model.sqlite") as engine:
        store_records(engine, {"jane": record({"name": "Jane Smith", "company": "Acme"}), "joe": record({"seats": 7})})
        with writing(engine) as connection:
            for number, lead in enumerate((Lead("jane", 1, NOW_MS), Lead("jane", 2, NOW_MS)), 1):
                connection.execute(insert(hot_leads).values(number=number, **lead_row(lead)))
        yield engine


@pytest_asyncio.fixture
async def delivery(tmp_path: Path) -> AsyncIterator[DraftDelivery]:
    async with draft_delivery(tmp_path, MODEL, NOW_MS) as found:
        yield found


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def app(engine: Engine, tmp_path: Path, delivery: DraftDelivery, topic: Topic) -> ApiApp:
    return ApiApp(engine, tmp_path, topic, delivery.client, tokens=f"{TOKENS},hooks/write={WRITE_ONLY}")


@pytest.fixture
def http(app: ApiApp) -> httpx.AsyncClient:
    return app.client(headers=bearer(ALL))


def record(attributes: dict[str, Any]) -> Record:
    """A contact with these attributes who sent a form."""
    found = SCORER.blank()
    form = Event("e", "form_submission", NOW_MS, NOW_MS, {"form": "contact"}, {})
    SCORER.apply_in_place(found, [form, AttributesWritten("a", NOW_MS, NOW_MS, attributes)])
    return found


def lead_row(lead: Lead) -> dict[str, Any]:
    headers = dict(lead.headers())
    said = lead.value().decode()
    return {"event_id": headers["ce_id"].decode(), "contact_id": lead.contact_id, "at_ms": lead.at_ms, "said": said}


@pytest.mark.parametrize(
    ("said", "sentences"),
    [
        (
            {"when": {"score": "engagment"}},
            ["when: score", "did you mean 'engagement'", "wanted one of engagement, fit"],
        ),
        ({"when": {"score": "engagement", "to": "hott"}}, ["when: to", "did you mean 'hot'", "got 'hott'"]),
        (
            {"events": ["score-updated"], "when": {"segment": {"entered": "warm"}}},
            ["when: segment", "wanted one of warm-companies; got 'warm'"],
        ),
        ({"template": "slak"}, ["template", "did you mean 'slack'", "cloudevents, flat, lead, mail, slack, own.yaml"]),
        (
            {"template": "gone.yaml", "when": {"score": "no", "to": "hot"}},
            ["when: score", "template", "got 'gone.yaml'"],
        ),
    ],
)
async def test_what_names_something_that_is_not_there_is_refused_with_what_is(
    http: httpx.AsyncClient, topic: Topic, said: dict[str, Any], sentences: list[str]
) -> None:
    for method, path, body in (
        ("PUT", PATH, SAID | said),
        ("POST", "/api/subscriptions/preview", {"subscription": SAID | said}),
        ("POST", "/api/subscriptions/test", {"subscription": SAID | said}),
    ):
        refused = await http.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown-name"), path
        for sentence in sentences:
            assert sentence in refused.json()["detail"]
    assert topic.values == {}


@pytest.mark.parametrize(
    "odd",
    [b'{"url": 99999999999999999999}', b'{"url": "\\ud800"}', b'{"\\ud800": 1}', b'{"a":' * 900 + b"1" + b"}" * 900],
)
async def test_what_can_not_be_written_as_json_is_refused(http: httpx.AsyncClient, odd: bytes) -> None:
    for path in ("/api/subscriptions/preview", "/api/subscriptions/test"):
        refused = await http.post(path, content=b'{"subscription": ' + odd + b"}")
        assert (refused.status_code, refused.json()["code"]) == (400, "bad-body")


async def test_a_segment_that_names_a_score_or_a_stage_that_is_not_there_is_refused(http: httpx.AsyncClient) -> None:
    for filter_, sentence in (
        ({"scores": [{"score": "fitt"}]}, "did you mean 'fit'"),
        ({"scores": [{"score": "fit", "stages": ["C"]}]}, "wanted one of B, A; got 'C'"),
    ):
        for method, path in (("PUT", "/api/segments/own"), ("POST", "/api/segments/count")):
            refused = await http.request(method, path, json=filter_)
            assert (refused.status_code, refused.json()["code"]) == (400, "unknown-name")
            assert sentence in refused.json()["detail"]


async def test_while_delivery_is_away_all_but_templates_is_looked_at(
    engine: Engine, tmp_path: Path, topic: Topic
) -> None:
    away = DeliveryClient("http://127.0.0.1:1", "token")
    client = ApiApp(engine, tmp_path, subscriptions=topic, delivery=away).client(headers=bearer(ALL))
    refused = await client.put(PATH, json=SAID | {"template": "slak", "when": {"to": "no"}})
    assert "template" not in refused.json()["detail"]
    assert (await client.put(PATH, json=SAID | {"template": "slak"})).status_code == 200
    assert (await client.get("/api/choices")).json()["templates"] is None
    secret = await client.put(PATH, json={"url": SAID["url"], "events": SAID["events"], "secrets": "generate"})
    assert (secret.status_code, secret.json()["code"]) == (503, "delivery-away")
    await away.close()


async def test_a_delivery_of_an_earlier_release_takes_subscriptions_and_is_away_for_what_it_does_not_know(
    engine: Engine, tmp_path: Path, topic: Topic
) -> None:
    listening = listening_socket("delivery", "127.0.0.1", 0)
    earlier = DeliveryClient(f"http://127.0.0.1:{listening.getsockname()[1]}", "token")
    client = ApiApp(engine, tmp_path, topic, earlier).client(headers=bearer(ALL))
    async with serving(Starlette(routes=[]), listening):
        assert (await client.put(PATH, json=SAID)).status_code == 200
        for method, path, body in (
            ("PUT", PATH, {"url": SAID["url"], "events": SAID["events"], "secrets": "generate"}),
            ("POST", "/api/subscriptions/preview", {"subscription": SAID}),
            ("POST", "/api/subscriptions/test", {"subscription": SAID}),
        ):
            refused = await client.request(method, path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (503, "delivery-away")
            assert "earlier release" in refused.json()["detail"]
        await earlier.close()


async def test_what_a_later_model_dropped_is_listed_and_marked(
    http: httpx.AsyncClient, delivery: DraftDelivery, topic: Topic
) -> None:
    topic.values["old"] = orjson.dumps(SAID | {"when": {"score": "gone", "to": "hot"}})
    topic.values["odd"] = b'["no subscription"]'
    delivery.rows = [
        {"name": name, "source": source, "state": "well", "waiting": 0, "refused": None, "missing": missing}
        for name, source, missing in (("old", "topic", []), ("of-the-file", "file", ["when: segment: gone"]))
    ]
    listed = {row["name"]: row for row in (await http.get("/api/subscriptions")).json()["subscriptions"]}
    assert [row.partition("; got")[0] for row in listed["old"]["missing"]] == [
        "when: score: unknown word 'gone'; wanted one of engagement, fit, grade, interest"
    ]
    assert listed["old"]["state"] == "well"
    assert listed["of-the-file"]["missing"] == ["when: segment: gone"]
    assert (await http.get("/api/subscriptions/old")).json()["missing"] == listed["old"]["missing"]


async def test_choices_are_what_there_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/choices")).json() == {
        "attributes": ["company", "name", "seats"],
        "segments": ["warm-companies"],
        "templates": ["cloudevents", "flat", "lead", "mail", "slack", "own.yaml"],
    }


async def test_the_message_of_the_newest_hot_lead_is_shown_and_its_signature_is_not(http: httpx.AsyncClient) -> None:
    subscription = {"url": "", "events": ["became-hot-lead"], "template": "own.yaml", "secrets": "generate"}
    shown = (await http.post("/api/subscriptions/preview", json={"name": "crm", "subscription": subscription})).json()
    assert (shown["contact_id"], shown["event"], shown["method"]) == ("jane", "became-hot-lead", "POST")
    assert shown["display_name"] == "Jane Smith"
    assert shown["headers"] == {
        "webhook-id": "inc:jane:engagement:2/crm",
        "webhook-timestamp": str(NOW_MS // 1000),
        "webhook-signature": "v1,...",
        "content-type": "application/json",
    }
    assert orjson.loads(shown["body"]) == {"who": "jane", "name": "Jane Smith"}
    assert shown["matches"]


async def test_the_preview_calls_its_lead_by_the_display_of_the_model_in_force(
    app: ApiApp, http: httpx.AsyncClient
) -> None:
    app.scorer = Scorer(replace(SCORER.model, display=Display(name=(("company",),))))
    shown = (await http.post("/api/subscriptions/preview", json={"name": "crm", "subscription": SAID})).json()
    assert (shown["contact_id"], shown["display_name"]) == ("jane", "Acme")


async def test_who_may_not_read_is_not_told_whether_a_filter_holds_anybody(http: httpx.AsyncClient) -> None:
    filter_ = {"attributes": [{"attribute": "name", "equals": "Jane Smith"}]}
    kept = await http.put("/api/segments/known", json=filter_, headers=bearer(WRITE_ONLY))
    assert (kept.status_code, kept.json()["count"]) == (200, None)
    assert (await http.put("/api/segments/known", json=filter_)).json()["count"] == 1


async def test_a_mail_is_shown_as_it_is_read(http: httpx.AsyncClient) -> None:
    subscription = {"email": {"to": ["sales@example.com"]}, "events": ["became-hot-lead"]}
    shown = (await http.post("/api/subscriptions/preview", json={"name": "s", "subscription": subscription})).json()
    subject = shown["headers"].pop("subject")
    assert subject.startswith("Jane Smith became a hot lead (")
    assert (shown["method"], shown["headers"]) == ("MAIL", {"from": "leads@example.com", "to": "sales@example.com"})
    assert shown["body"].splitlines()[0] == subject


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({"score": "engagement", "to": "hot"}, True),
        ({"score": "fit"}, False),
        ({"attributes": [{"attribute": "company", "equals": "acme"}]}, True),
        ({"attributes": [{"attribute": "company", "equals": "Bolt"}]}, False),
    ],
)
async def test_the_preview_says_whether_the_filter_asks_for_the_lead(
    http: httpx.AsyncClient, when: dict[str, Any], matches: bool
) -> None:
    body = {"subscription": SAID | {"when": when}, "contact_id": "jane"}
    assert (await http.post("/api/subscriptions/preview", json=body)).json()["matches"] is matches


async def test_a_contact_of_whom_nothing_was_announced_is_refused_and_without_anybody_the_lead_is_made_up(
    http: httpx.AsyncClient, app: ApiApp
) -> None:
    refused = await http.post("/api/subscriptions/preview", json={"subscription": SAID, "contact_id": "joe"})
    assert (refused.status_code, refused.json()["code"]) == (404, "no-announcement")
    made_up = await http.post("/api/subscriptions/preview", json={"subscription": SAID | {"events": ["score-updated"]}})
    assert (made_up.json()["contact_id"], made_up.json()["at"]) == (None, None)
    assert "a test of the subscription" in made_up.json()["body"]
    assert [bool(line["contact"]) for line in app.audited()[-2:]] == [False, False]


async def test_changes_are_shown_of_the_last_step_of_who_is_still_there(
    http: httpx.AsyncClient, app: ApiApp, engine: Engine
) -> None:
    step = {"contact_id": "jane", "at": "2026-11-22T08:00:00Z", "sequence": 3, "changed": ["engagement"]}
    step |= {"scores": {"engagement": {"score": 25, "previous": 3, "stage": "warm", "previous_stage": "cold"}}}
    of_nobody = step | {"contact_id": "gone", "sequence": 1}
    subscription = SAID | {"events": ["score-updated"], "when": {"segment": {"entered": "warm-companies"}}}
    with writing(engine) as connection:
        for said, at_ms in ((step, NOW_MS), (of_nobody, NOW_MS + 1)):
            row = {"contact_id": said["contact_id"], "sequence": said["sequence"], "at_ms": at_ms}
            connection.execute(insert(history).values(said=orjson.dumps(said).decode(), **row))
    try:
        shown = (await http.post("/api/subscriptions/preview", json={"subscription": subscription})).json()
        assert (shown["contact_id"], shown["event"], shown["matches"]) == ("jane", "score-updated", True)
        assert app.audited()[-1]["contact"] is not None, "who looks at somebody is noted"
        assert "jane" not in app.audit_file.read_text()
    finally:
        with writing(engine) as connection:
            connection.execute(delete(history))


async def test_names_are_shown_to_those_alone_who_may_read(
    app: ApiApp, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"subscription": SAID | {"template": "own.yaml"}}
    for token in (READ_ONLY, WRITE_ONLY):
        refused = await app.client(headers=bearer(token)).post("/api/subscriptions/preview", json=body)
        assert refused.status_code == 403
        assert "Jane" not in refused.text
    assert (await http.post("/api/subscriptions/preview", json=body)).status_code == 200
    assert "Jane" not in caplog.text
    assert "Jane" not in app.audit_file.read_text()
    assert (await app.client(headers=bearer(READ_ONLY)).post("/api/subscriptions/test", json=body)).status_code == 403


async def test_a_test_tells_status_time_and_the_first_words_of_the_answer(
    http: httpx.AsyncClient, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer(_: web.Request, received: Received) -> web.StreamResponse:
        receiver.taken.append(received)
        return web.Response(status=422, text="no \x1b such field" + "x" * 500)

    caplog.set_level(logging.DEBUG)
    receiver.answer = answer
    subscription = {"url": receiver.url, "events": ["became-hot-lead"], "secrets": ["env:HOOK_SECRET"]}
    app_answer = await http.post("/api/subscriptions/test", json={"name": "crm", "subscription": subscription})
    outcome = app_answer.json()
    assert (outcome["delivered"], outcome["status"], outcome["reason"]) == (False, 422, "status-422")
    assert outcome["answer"].startswith(r"no \x1b such field")
    assert len(outcome["answer"]) < 250
    assert 0 <= outcome["milliseconds"] < 5_000
    assert outcome["signed"]
    assert receiver.taken[0].headers["webhook-id"].startswith("ping:")
    assert receiver.taken[0].headers["webhook-signature"].startswith("v1,")
    assert "such field" not in caplog.text

    receiver.answer = status(200)
    unsigned = {"url": receiver.url, "events": ["became-hot-lead"], "secrets": "generate"}
    outcome = (await http.post("/api/subscriptions/test", json={"subscription": unsigned})).json()
    assert (outcome["delivered"], outcome["status"], outcome["signed"]) == (True, 200, False)
    await receiver.stop()
    outcome = (await http.post("/api/subscriptions/test", json={"subscription": unsigned})).json()
    assert (outcome["delivered"], outcome["status"], outcome["reason"]) == (False, None, "no-connection")


@pytest.mark.parametrize(
    ("url", "code"), [("https://10.0.0.1/", "bad-body"), ("env:HOOK_NOWHERE", "bad-body"), ("env:PATH", "bad-body")]
)
async def test_a_test_goes_nowhere_where_a_subscription_may_not_go(
    http: httpx.AsyncClient, url: str, code: str
) -> None:
    refused = await http.post("/api/subscriptions/test", json={"subscription": SAID | {"url": url}})
    assert (refused.status_code, refused.json()["code"]) == (400, code)


async def test_a_secret_is_made_told_once_and_named_by_a_reference(
    http: httpx.AsyncClient, delivery: DraftDelivery, topic: Topic
) -> None:
    said = {word: value for word, value in SAID.items() if word != "signed"}
    put = (await http.put(PATH, json=said | {"secrets": "generate"})).json()
    assert put["secret"].startswith("whsec_")
    assert topic.known["crm"] == said | {"secrets": ["kept:crm/1"]}
    assert len(delivery.plan("crm", topic.values["crm"]).signers) == 1
    for path in (PATH, "/api/subscriptions"):
        again = await http.get(path)
        assert put["secret"] not in again.text
    assert (await http.get(PATH)).json()["secret"] is None

    replaced = (await http.post(f"{PATH}/secret")).json()
    assert replaced["secret"] not in ("", put["secret"])
    assert topic.known["crm"] == said | {"secrets": ["kept:crm/2", "kept:crm/1"]}
    plan = delivery.plan("crm", topic.values["crm"])
    assert (len(plan.signers_at(NOW_MS)), len(plan.signers_at(NOW_MS + 86_400_000))) == (2, 1)
    assert (await http.post("/api/subscriptions/nobody/secret")).status_code == 404


async def test_a_secret_of_ones_own_is_replaced_and_one_of_another_subscription_is_refused(
    http: httpx.AsyncClient, topic: Topic
) -> None:
    said = {word: value for word, value in SAID.items() if word != "signed"}
    assert (await http.put(PATH, json=said | {"secrets": ["env:HOOK_A", "env:HOOK_B"]})).status_code == 200
    await http.post(f"{PATH}/secret")
    assert topic.known["crm"] == said | {"secrets": ["kept:crm/1", "env:HOOK_A"]}
    stolen = await http.put("/api/subscriptions/other", json=said | {"secrets": ["kept:crm/1"]})
    assert stolen.status_code == 400
    assert "wanted a secret that is kept for 'other'" in stolen.json()["detail"]
    both = await http.put("/api/subscriptions/other", json=SAID | {"secrets": "generate"})
    assert "got both" in both.json()["detail"]
    assert SECRET not in stolen.text + both.text


async def test_no_secret_is_made_for_what_the_file_holds_or_what_is_refused(
    http: httpx.AsyncClient, delivery: DraftDelivery
) -> None:
    delivery.rows = [{"name": "crm", "source": "file", "state": "well", "waiting": 0, "refused": None, "missing": []}]
    said = {"url": SAID["url"], "events": SAID["events"], "secrets": "generate"}
    assert (await http.put(PATH, json=said)).status_code == 409
    assert (await http.put("/api/subscriptions/other", json=said | {"template": "no"})).status_code == 400
    assert delivery.drafts.resolver.kept.known == {}


async def test_a_filter_is_counted_before_it_is_kept(http: httpx.AsyncClient, engine: Engine) -> None:
    filter_ = {"attributes": [{"attribute": "company", "equals": "ACME"}]}
    counted = await asyncio.gather(*(http.post("/api/segments/count", json=body) for body in (filter_, {})))
    assert [answer.json() for answer in counted] == [{"count": 1}, {"count": 2}]
    with engine.connect() as connection:
        assert connection.execute(contacts.select()).all()
